import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { FleetError } from '../errors';

/** Whether a file of this name or path is a fleet file: `fleet.jsonc` or `*.fleet.jsonc`. */
export function isFleetFile(name: string): boolean {
  return /(?:^|\.)fleet\.jsonc$/.test(basename(name));
}

/** The path of the one fleet file in a folder. Throws `usage` if there is none, or several (listing them). */
export async function findFleetFile(dir: string): Promise<string> {
  const hint = 'Name the fleet file with -f FILE.';
  const entries = await readdir(dir, { withFileTypes: true }).catch((cause: unknown) => {
    throw new FleetError('usage', `The folder ${dir} cannot be read.`, { hint, cause });
  });
  const names = entries
    .filter((entry) => !entry.isDirectory() && isFleetFile(entry.name))
    .map(({ name }) => name)
    .sort();
  const [first] = names;
  if (first === undefined)
    throw new FleetError('usage', `There is no fleet file (fleet.jsonc or *.fleet.jsonc) in ${dir}.`, {
      hint,
    });
  if (names.length > 1)
    throw new FleetError('usage', `There are ${names.length} fleet files in ${dir}: ${names.join(', ')}.`, {
      hint,
    });
  return join(dir, first);
}
