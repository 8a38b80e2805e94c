import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What may be asked of the process that works on a rollout. `by` is user@workstation. */
export type Request =
  | { ask: 'cancel'; by: string }
  | { ask: 'pause'; by: string }
  | { ask: 'continue'; by: string }
  | { ask: 'skip'; by: string; server: string; why: string };

const folder = (dir: string, id: string): string => join(dir, `${id}.asks`);
const isRequest = (name: string): boolean => name.endsWith('.json');

/** Asks it of the process that works on a rollout, whichever that is. */
export async function request(dir: string, id: string, what: Request): Promise<void> {
  const into = folder(dir, id);
  await mkdir(into, { recursive: true, mode: 0o700 });
  const name = join(into, `${String(Date.now()).padStart(15, '0')}-${randomBytes(3).toString('hex')}`);
  await writeFile(name, JSON.stringify(what), { mode: 0o600 });
  // Whole, or not there.
  await rename(name, `${name}.json`);
}

/** What was asked since it was looked at last, the oldest first. Each is seen once. */
export async function takeRequests(dir: string, id: string): Promise<Request[]> {
  const from = folder(dir, id);
  const names = (await readdir(from).catch(() => [] as string[])).filter(isRequest).sort();
  const found: Request[] = [];
  for (const name of names) {
    const file = join(from, name);
    const text = await readFile(file, 'utf8').catch(() => '');
    await rm(file, { force: true });
    const one = read(text);
    if (one !== undefined) found.push(one);
  }
  return found;
}

/** A request is asked of the process that works on a rollout; one that came too late for it is not for the next. */
export async function forgetRequests(dir: string, id: string): Promise<void> {
  await rm(folder(dir, id), { recursive: true, force: true });
}

function read(text: string): Request | undefined {
  let found: Partial<Record<string, unknown>>;
  try {
    found = Object(JSON.parse(text)) as Partial<Record<string, unknown>>;
  } catch {
    return undefined;
  }
  const { ask, by, server, why } = found;
  if (typeof by !== 'string') return undefined;
  if (ask === 'cancel' || ask === 'pause' || ask === 'continue') return { ask, by };
  if (ask === 'skip' && typeof server === 'string' && typeof why === 'string')
    return { ask, by, server, why };
  return undefined;
}
