import { FleetError } from '../errors';
import { apply, type TextEdit } from './edit';
import { parseFleet } from './read';

/**
 * The text of a fleet file with edits made one after the other. A file that could be read can be read after them; one that could not
 * may need several to be mended.
 * @param file where it lies
 * @throws FleetError `fleet.invalid` or `usage`
 */
export function editedText(
  text: string,
  edits: readonly ((text: string) => TextEdit[])[],
  file: string,
): string {
  const after = edits.reduce((now, edit) => apply(now, edit(now)), text);
  const problem = problemOf(after, file);
  if (problem === undefined || problemOf(text, file) !== undefined) return after;
  throw new FleetError('fleet.invalid', `${file} would not be valid any more: ${problem}`, {
    hint: 'Nothing was changed.',
  });
}

function problemOf(text: string, file: string): string | undefined {
  const { fleet, problems } = parseFleet(text, file);
  return fleet === undefined ? problems.find(({ severity }) => severity === 'error')?.message : undefined;
}
