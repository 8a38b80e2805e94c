import { getNodeValue } from 'jsonc-parser';
import { safeParse } from 'valibot';
import type { GenericSchema } from 'valibot';
import { addServers, apply, rootOf, systemNode } from './edit';
import type { TextEdit } from './edit';
import type { Fleet, System } from './model';
import { parseFleet } from './read';
import type { ServerEntry, SystemEntry } from './schema';
export { usualOs } from './resolve';
import { host, id, jump, label, user } from './values';

const fields = { host, id, jump, label, user } satisfies Record<string, GenericSchema>;

/** Why a text cannot stand in a field of a server, as a sentence; undefined if it can. */
export function fault(field: keyof typeof fields, text: string): string | undefined {
  const parsed = safeParse(fields[field], text);
  if (parsed.success) return undefined;
  const [{ message }] = parsed.issues;
  return `${field === 'id' ? '' : 'This '}${message.replace(/^an id/, 'An id')}.`;
}

export interface Address {
  host: string;
  port?: number;
  user?: string;
}

/** Reads `[user@]host[:port]`, an IPv6 address with a port in brackets. A string says what is wrong with it. */
export function parseAddress(text: string): Address | string {
  const [, user, bracketed, plain, written] =
    /^(?:([^@]*)@)?(?:\[([^\]]*)\]|([^@:[\]]*|[^@[\]]*:[^@[\]]*:[^@[\]]*?))(?::(\d*))?$/.exec(text.trim()) ??
    [];
  const host = bracketed ?? plain;
  if (host === undefined || host === '') return 'An address is host, host:port or user@host:port.';
  const wrong = fault('host', host) ?? (user === undefined ? undefined : fault('user', user));
  if (wrong !== undefined) return wrong;
  const port = written === undefined ? undefined : Number(written);
  if (port !== undefined && !(port >= 1 && port <= 65_535)) return 'A port is a number from 1 to 65535.';
  return { host, ...(port !== undefined && { port }), ...(user !== undefined && { user }) };
}

/** A free id for a server at this address: its name, else the next number after the last server of its system. */
export function suggestId(
  address: string,
  system: Pick<System, 'id' | 'servers'>,
  taken: ReadonlySet<string>,
): string {
  const [name = ''] = address.split('.');
  const isName = !/^\d+$/.test(name) && !address.includes(':') && fault('id', name) === undefined;
  if (isName && !taken.has(name)) return name;
  const last = isName ? name : (system.servers.at(-1)?.id ?? system.id);
  const [, stem = last, digits = ''] = /^(.*?)(\d{1,9})?$/su.exec(last) ?? [];
  for (let number = digits === '' ? 1 : Number(digits) + 1; ; number += 1) {
    const id = `${digits === '' ? `${stem}-` : stem}${String(number).padStart(digits.length, '0')}`;
    if (!taken.has(id)) return id;
  }
}

/** A system as it is written. @throws FleetError `usage` where there is none of this id */
export function writtenSystem(text: string, systemId: string): SystemEntry {
  return getNodeValue(systemNode(rootOf(text), systemId)) as SystemEntry;
}

export interface Grown {
  fleet: Fleet;
  edits: TextEdit[];
}

/** What a fleet file would be with further servers in a system, and the edits that make it so; or the first thing that speaks against it. */
export function withServers(
  text: string,
  file: string,
  systemId: string,
  added: readonly (readonly [id: string, entry: ServerEntry])[],
): Grown | string {
  const edits = addServers(text, systemId, added);
  const { fleet, problems } = parseFleet(apply(text, edits), file);
  return fleet === undefined
    ? (problems.find(({ severity }) => severity === 'error')?.message ?? 'The fleet file would have errors.')
    : { fleet, edits };
}
