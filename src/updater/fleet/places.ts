import { keyAt, nodeAt, readDocument } from './document';
import type { Path, Place } from './document';

/** Where the key that a path ends with stands in a fleet file; undefined where there is none, or the text is not readable. */
export function placeOf(text: string, path: Path): Place | undefined {
  return keyAt(readDocument(text).root, path);
}

/** The ids of the systems in a fleet file, and where each stands, in the order of the file. */
export function systemPlaces(text: string): { id: string; place: Place }[] {
  const systems = nodeAt(readDocument(text).root, ['systems']);
  if (systems?.type !== 'object') return [];
  return (systems.children ?? []).flatMap(({ children }) => {
    const key = children?.[0];
    return key === undefined ? [] : [{ id: String(key.value), place: key }];
  });
}
