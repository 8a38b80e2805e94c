import { randomUUID } from 'node:crypto';
import { access, constants, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FleetError } from '../errors';
import { syncFolder } from '../packages/files';
import type { TextEdit } from './edit';
import { editedText } from './edited';

/**
 * Changes a fleet file on disk: all of it or nothing, whatever is pulled meanwhile. Comments, line ends, a byte order mark and the
 * rights of the file stay. Returns the text that it holds now.
 * @throws FleetError `fleet.invalid` or `usage`; the file is as it was
 */
export async function changeFleetFile(
  path: string,
  edits: ((text: string) => TextEdit[])[],
): Promise<string> {
  try {
    // A link stays a link: what it leads to is changed.
    const file = await realpath(path);
    // Putting another file in its place would not mind that it is read-only.
    await access(file, constants.W_OK);
    const before = await readFile(file, 'utf8');
    const after = editedText(before, edits, path);
    if (after !== before) await replace(file, after);
    return after;
  } catch (error) {
    if (error instanceof FleetError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new FleetError('usage', `${path} could not be changed (${code}).`, {
      hint: 'Check its permissions and those of its folder; it is as it was.',
      cause: error,
    });
  }
}

async function replace(file: string, text: string): Promise<void> {
  const beside = `${file}.${randomUUID()}`;
  try {
    const { mode } = await stat(file);
    const handle = await open(beside, 'wx', mode);
    try {
      await handle.writeFile(text);
      await handle.chmod(mode);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, file);
    await syncFolder(dirname(file));
  } finally {
    await rm(beside, { force: true });
  }
}
