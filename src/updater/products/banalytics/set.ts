import type { BanalyticsSettings, Server } from '../../fleet/model';
import { coreModule } from '../../packages/coordinates';
import type { Facts } from '../../targets/facts';

/** "group:artifact" → version: what is, or is to be, active. */
export type ModuleSet = Record<string, string>;

export interface ModuleChange {
  module: string;
  from: string | null;
  to: string | null;
}

export function settings(server: Server): BanalyticsSettings {
  if (server.banalytics === undefined) throw new Error(`${server.id} is no Banalytics server`);
  return server.banalytics;
}

/** The set that the fleet file wants, with the core at `to` where a version is asked for. Null means not installed. */
export function desiredSet(server: Server, to: string | null): ModuleSet {
  const wanted = Object.entries(settings(server).modules).filter(
    (entry): entry is [string, string] => entry[1] !== null,
  );
  const set = Object.fromEntries(wanted);
  // An empty set stays empty: a version asked for must not turn a mistake into a removal of everything else.
  if (to !== null && wanted.length > 0) set[coreModule] = to;
  return set;
}

/** Facts written by hand may name the installed version alone: that is the core's. */
export const activeSet = (facts: Facts): ModuleSet =>
  facts.modules ?? (facts.installed === null ? {} : { [coreModule]: facts.installed.version });

/** What differs between two sets; the core first, then by name. */
export function changes(from: ModuleSet, to: ModuleSet): ModuleChange[] {
  return [...new Set([...Object.keys(from), ...Object.keys(to)])]
    .sort((a, b) => Number(b === coreModule) - Number(a === coreModule) || (a < b ? -1 : 1))
    .filter((module) => from[module] !== to[module])
    .map((module) => ({ module, from: from[module] ?? null, to: to[module] ?? null }));
}

export const sameSet = (a: ModuleSet, b: ModuleSet): boolean => changes(a, b).length === 0;

const wordBreaks: Record<string, string> = { '\\t': '\t', '\\n': '\n', '\\r': '\r', '\\f': '\f' };

/** Java Properties, the little of it that the product writes: comments, `key=value`, and backslash escapes. */
export function readProperties(lines: readonly string[]): Map<string, string> {
  const entries = new Map<string, string>();
  for (const line of lines) {
    if (/^\s*(?:[#!]|$)/.test(line)) continue;
    const match = /^\s*((?:\\.|[^\\=:\s])+)\s*[=:]?\s*(.*?)\r?$/.exec(line);
    if (match?.[1] === undefined) continue;
    entries.set(unescape(match[1]), unescape(match[2] ?? ''));
  }
  return entries;
}

function unescape(text: string): string {
  // In one pass: a backslash that an escape stands for escapes nothing itself.
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/g, (pair, hex: string | undefined, one: string) =>
    hex === undefined ? (wordBreaks[pair] ?? one) : String.fromCharCode(parseInt(hex, 16)),
  );
}

/** The active set out of `modules-info.properties`: keys are `group:artifact:version`. */
export function readModulesInfo(lines: readonly string[]): ModuleSet {
  const set: ModuleSet = {};
  for (const key of readProperties(lines).keys()) {
    const [group, artifact, version, ...more] = key.split(':');
    if (group && artifact && version && more.length === 0) set[`${group}:${artifact}`] = version;
  }
  return set;
}

/** `modules-info.properties` for a set: the marker of a staged update. `uploaded` in seconds since 1970. */
export function writeModulesInfo(
  modules: readonly { module: string; version: string; uploaded: number }[],
): string {
  const lines = [...modules]
    .sort(
      (a, b) =>
        Number(b.module === coreModule) - Number(a.module === coreModule) || (a.module < b.module ? -1 : 1),
    )
    .map(({ module, version, uploaded }) => {
      const kind = module === coreModule ? 'core' : 'component';
      return `${`${module}:${version}`.replace(/[:=\s#!\\]/g, '\\$&')}=${kind}:${uploaded}`;
    });
  return ['#Staged by VMS Fleet', ...lines, ''].join('\n');
}
