import { FleetError } from '../../errors';
import type { Found } from './found';
import type { Vars } from './inventory-groups';
import { hostOf } from './inventory-host';
import { readIni } from './inventory-ini';

/** Bytes; an inventory of 10,000 hosts has about one million. */
const mostBytes = 10 * 1024 * 1024;

/** @throws FleetError where a file of so many bytes is too large to be an inventory */
export function checkSize(bytes: number, file: string): void {
  if (bytes > mostBytes)
    throw new FleetError('usage', `${file} is larger than 10 MiB.`, {
      hint: 'Import one part of it after the other.',
    });
}

/**
 * Reads an Ansible inventory: INI, YAML, or what `ansible-inventory --list` prints. Nothing in it is run, no other file is read,
 * and passwords are never taken over. Hosts come in the order of the file.
 * @throws FleetError `usage` where it cannot be understood, with the line where there is one
 */
export async function readInventory(text: string, file: string): Promise<Found[]> {
  const plain = text.replace(/^\uFEFF/, '');
  if (plain.startsWith('#!') && !hasKnownEnding(file))
    throw new FleetError('usage', `${file} is a program that prints an inventory.`, {
      hint: 'It is not run here: save what "ansible-inventory --list" prints, and import that.',
    });
  const groups = isYaml(plain, file)
    ? (await import('./inventory-yaml')).readYaml(plain, file)
    : readIni(plain, file);
  const all = groups.ordered();
  return [...groups.hosts].map(([name, own]) => {
    const member = groups.of(name);
    const mine = all.filter((group) => member.has(group));
    const vars: Vars = new Map();
    for (const group of mine) {
      const shared = groups.group(group).vars;
      groups.count(shared.size);
      for (const [key, value] of shared) vars.set(key, value);
    }
    for (const [key, value] of own) vars.set(key, value);
    return hostOf(
      name,
      vars,
      mine.filter((group) => group !== 'all' && group !== 'ungrouped'),
    );
  });
}

function hasKnownEnding(file: string): boolean {
  return /\.(ya?ml|json|ini)$/i.test(file);
}

/** By its name, else by its first line that says something: a key of YAML, a brace of JSON, or neither. */
function isYaml(text: string, file: string): boolean {
  if (hasKnownEnding(file)) return !/\.ini$/i.test(file);
  const first = /^(?![ \t]*(?:[#;].*)?$).+/m.exec(text)?.[0] ?? '';
  return /^\s*(\{|---|[^\s[\]=]+:\s*(#.*)?$)/.test(first);
}
