import { FleetError } from '../../errors';
import type { Groups } from './inventory-groups';

const mostOfOne = 10_000;
/** Characters; a host's name has at most 253, ranges come on top. */
const longest = 1000;

/** Puts the hosts that a name stands for into a group: `web[01:50].example`, `db-[a:f]`, `host:2222`. */
export function addHosts(
  groups: Groups,
  group: string,
  pattern: string,
  vars: readonly (readonly [string, string])[],
): void {
  if (pattern.length > longest)
    throw new FleetError('usage', `"${pattern.slice(0, 40)}…" is too long for the name of a host.`, {
      hint: 'Correct the inventory; nothing was imported.',
    });
  const [, name = pattern, port] =
    /^(\[[0-9a-f:]*:[0-9a-f:.]*\]|[^:[]*(?:\[[^\]]*\][^:[]*)*):(\d+)$/i.exec(pattern) ?? [];
  const hosts = expand(name);
  groups.count(hosts.length * (vars.length + 1));
  for (const host of hosts) {
    const known = groups.host(host);
    if (port !== undefined) known.set('ansible_port', port);
    for (const [key, value] of vars) known.set(key, value);
    groups.group(group).hosts.add(host);
  }
}

/** The names that a pattern with ranges stands for, the rightmost range running fastest. */
function expand(pattern: string): string[] {
  const range = /\[([0-9a-z]+):([0-9a-z]+)(?::(\d+))?\]/i.exec(pattern);
  // An IPv6 address in brackets is no range.
  if (range === null || (/^\[[0-9a-f:.]*\]$/i.test(pattern) && (pattern.match(/:/g)?.length ?? 0) > 2))
    return [pattern.replace(/^\[(.*:.*:.*)\]$/, '$1')];
  const [whole, from = '', to = '', step = '1'] = range;
  const before = pattern.slice(0, range.index);
  const after = expand(pattern.slice(range.index + whole.length));
  const names = steps(from, to, Number(step), pattern);
  if (names.length * after.length > mostOfOne)
    throw new FleetError('usage', `"${pattern}" stands for more than ${mostOfOne} hosts.`, {
      hint: 'Correct the range in the inventory; nothing was imported.',
    });
  return names.flatMap((name) => after.map((rest) => `${before}${name}${rest}`));
}

function steps(from: string, to: string, step: number, pattern: string): string[] {
  const numbers = /^\d+$/.test(from) && /^\d+$/.test(to);
  const letters = /^[a-z]$/i.test(from) && /^[a-z]$/i.test(to);
  const start = numbers ? Number(from) : from.charCodeAt(0);
  const end = numbers ? Number(to) : to.charCodeAt(0);
  if (!(numbers || letters) || step < 1 || start > end || (end - start) / step >= mostOfOne)
    throw new FleetError('usage', `The range in "${pattern}" stands for no hosts, or for too many.`, {
      hint: 'A range is [01:50], [a:f] or [0:10:2], from the lower end to the higher.',
    });
  const found: string[] = [];
  for (let at = start; at <= end; at += step)
    found.push(numbers ? String(at).padStart(from.length, '0') : String.fromCharCode(at));
  return found;
}
