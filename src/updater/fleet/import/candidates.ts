import { fault } from '../entry';
import { servers } from '../model';
import type { Fleet } from '../model';
import { usualOs } from '../resolve';
import type { ServerEntry, SystemEntry } from '../schema';
import type { Found } from './found';

/** What becomes of the hosts of another file. */
export interface Candidates {
  /** Those that can be added, as they would be written. */
  fresh: { id: string; entry: ServerEntry; found: Found }[];
  /** Those that are in the fleet file already, under this id. */
  there: { name: string; id: string }[];
  /** Those that are the same machine as a fresh one, under this id. */
  twice: { name: string; id: string }[];
  unfit: { name: string; why: string }[];
}

/** @param written the system that they are for: what it says for its servers they need not say again */
export function candidates(found: readonly Found[], fleet: Fleet, written: SystemEntry): Candidates {
  const known = new Map<string, string>();
  const taken = new Set<string>();
  for (const server of servers(fleet)) {
    taken.add(server.id);
    known.set(machine(server), server.id);
    // A name in ~/.ssh/config stands for a port and a way too.
    if (server.port === undefined) known.set(server.host.toLowerCase(), server.id);
  }
  const usual: Partial<ServerEntry> = { port: 22, ...written, os: usualOs(written) };
  const own = new Set(taken);
  const sorted: Candidates = { fresh: [], there: [], twice: [], unfit: [] };
  for (const one of found) {
    const { name, unfit, way, alias, entry } = one;
    const keys = [machine({ ...way, jump: way.jump ?? written.jump })];
    if (alias !== undefined) keys.push(alias.toLowerCase());
    const there = keys.map((key) => known.get(key)).find((id) => id !== undefined);
    if (unfit !== undefined) sorted.unfit.push({ name, why: unfit });
    else if (there !== undefined) sorted[own.has(there) ? 'there' : 'twice'].push({ name, id: there });
    else {
      const id = freeId(name, taken);
      taken.add(id);
      for (const key of keys) known.set(key, id);
      sorted.fresh.push({ id, entry: without(entry, usual), found: one });
    }
  }
  return sorted;
}

function machine({ host, port, jump }: Found['way']): string {
  return JSON.stringify([host.toLowerCase(), port ?? 22, jump]);
}

/** The name as an id: what no id may hold becomes `-`, and a number behind it makes it unique. */
function freeId(name: string, taken: ReadonlySet<string>): string {
  const plain = name
    .replace(/[^\p{L}\p{M}\p{N} ._-]+/gu, '-')
    .replace(/^[^\p{L}\p{N}]+/u, '')
    .slice(0, 90)
    .trimEnd();
  const id =
    fault('id', plain) === undefined && !['__proto__', 'constructor', 'prototype'].includes(plain)
      ? plain
      : 'server';
  if (!taken.has(id)) return id;
  for (let number = 2; ; number += 1) if (!taken.has(`${id}-${number}`)) return `${id}-${number}`;
}

/** What is usual in the system need not be said again. */
function without(entry: ServerEntry, usual: Partial<ServerEntry>): ServerEntry {
  const said = Object.entries(entry).filter(([key, value]) => value !== usual[key as keyof ServerEntry]);
  return { host: entry.host, ...Object.fromEntries(said) };
}
