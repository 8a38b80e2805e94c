// The demo fleet, as the tests and `npm start` use it.
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { inRepo, start } from './prepare.mjs';

/**
 * Starts the demo fleet and waits until its servers answer.
 * @param {string} folder where it lives; kept between starts
 * @param {{ deadline?: number, reset?: boolean, windows?: string }} [options] `deadline`: ms until it must be ready; `reset`: throw away
 *   what was there; `windows`: Windows-like servers too, and the folder for what takes long to make
 * @returns {Promise<{ fleet: string, dataDir: string, servers: { id: string, port: number }[],
 *   notes: string[], ended: Promise<number>, stop: () => Promise<void> }>} `fleet`: absolute path of the fleet file
 */
export async function startDemo(folder, { deadline = 120_000, reset = false, windows } = {}) {
  const program = inRepo('out', 'demo.cjs');
  if (!existsSync(program)) throw new Error('The demo fleet is not built (out/demo.cjs). Run: npm run build');
  const demo = start(
    process.execPath,
    [program, reset ? 'reset' : 'up', folder, ...(windows ? ['--windows', windows] : [])],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  // It ends when its input closes; that it may be gone by then is no error.
  demo.child.stdin.on('error', () => undefined);
  const ready = new Promise((resolve) => {
    createInterface({ input: demo.child.stdout }).on('line', (line) => {
      const message = parse(line);
      if (message?.ready === true) resolve(message);
    });
  });
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, deadline)));
  const first = await Promise.race([ready, demo.ended.then((code) => ({ code })), late]);
  clearTimeout(timer);
  if (first?.ready) return { ...first, ended: demo.ended, stop: () => demo.stop(15_000) };
  await demo.stop(15_000);
  const seconds = Math.round(deadline / 1000);
  throw new Error(
    first ? `The demo fleet ended with code ${first.code}` : `The demo fleet was not ready in ${seconds} s`,
  );
}

function parse(line) {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
