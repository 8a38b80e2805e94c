import type { Library } from '../packages/library';
import type { PackageInfo } from '../packages/package-info';
import type { Action } from '../plan/plan';
import { notThere, type Product, type Supply } from '../products/product';
import type { Facts } from '../targets/facts';
import type { Platform } from '../targets/platform';
import { transfer } from '../targets/transfer';
import type { Contact } from './contact';
import type { Supplies } from './supply';

export interface Errand {
  contact: Contact;
  platform: Platform;
  product: Product;
  action: Action;
  library: Library;
  supplies: Supplies;
  /** What this computer has; asked for again once something was fetched. */
  supply: () => Promise<Supply>;
  /** Cancelled or let go: either way it ends, for no job on the server goes on with it; what has arrived is kept. */
  signal: AbortSignal;
}

/**
 * Brings to a server what an action needs and it has not, by way of this computer's library.
 * @param to the version that the action leads to; null: what is wanted
 * @returns whether anything was to be brought, or asked for by name: then its facts are others
 */
export async function bring(errand: Errand, facts: Facts, to: string | null): Promise<boolean> {
  const { contact, product, action, supplies, signal } = errand;
  const { server } = contact;
  const needs = async () =>
    notThere(product.needs({ server, facts, supply: await errand.supply(), to }, action), facts);
  const needed = await needs();
  if (needed.length === 0 && action !== 'download') return false;
  await contact.status('downloading', 'download', null);
  await supplies.fetch(
    server,
    needed,
    (file, done, total) => contact.progress(`fetch ${file}`, done, total),
    signal,
  );
  const missing = (await needs()).flatMap((need) => need.package ?? []);
  const total = missing.reduce((sum, { size }) => sum + size, 0);
  let before = 0;
  for (const info of missing) {
    await send(errand, info, (done) => contact.progress('download', before + done, total));
    before += info.size;
  }
  return true;
}

async function send(
  { contact, platform, library, signal }: Errand,
  info: PackageInfo,
  onProgress: (done: number) => void,
): Promise<void> {
  const { sha256, file, size } = info;
  const source = { sha256, file, size, path: library.path(info) };
  const result = await contact.persist(signal, (link) =>
    transfer(link, platform, source, { signal, onProgress }),
  );
  const how = result === 'had' ? 'was there' : 'is there, hashed on the server';
  await contact.log('download', `${file} (${sha256.slice(0, 12)}…) ${how}`);
}
