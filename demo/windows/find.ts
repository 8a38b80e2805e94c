import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Absolute path of a program of this computer. */
export function find(name: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => (name.startsWith('/') ? name : join(folder, name)))
    .find((file) => existsSync(file));
}
