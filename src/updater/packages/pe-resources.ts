import { damaged, type BoundedFile } from './bounded-file';
import type { Section } from './pe';

const versionType = 16;
/** English (United States), then no language, then whatever comes first: names are recognised by their English words. */
const languages = [0x409, 0];
const mostEntries = 4096;
/** A version resource has some hundred bytes; this is room for dozens of languages. */
const mostBytes = 2 ** 18;

interface Entry {
  id: number;
  /** Relative to the start of the resources. */
  place: number;
  isFolder: boolean;
}

/**
 * The bytes of the version resource; undefined where there is none. Goes down the tree of resources by small reads instead of
 * reading the section: some setup programs keep their whole payload in it.
 */
export async function peResources(
  file: BoundedFile,
  sections: readonly Section[],
  address: number,
): Promise<Buffer | undefined> {
  if (address === 0) return undefined;
  const inFile = (place: number, length: number): number => {
    const section = sections.find(
      (each) => place >= each.address && place < each.address + Math.max(each.memory, each.length),
    );
    if (section === undefined || place - section.address + length > section.length)
      throw damaged('its resources lie outside of its sections');
    return section.at + place - section.address;
  };
  const folder = async (place: number): Promise<Entry[]> => {
    const head = await file.read(inFile(address + place, 16), 16);
    const named = head.readUInt16LE(12);
    const count = named + head.readUInt16LE(14);
    if (count > mostEntries) throw damaged(`its resources claim ${count} entries in one folder`);
    const table = await file.read(inFile(address + place + 16, count * 8), count * 8);
    return Array.from({ length: count }, (_, index) => {
      const target = table.readUInt32LE(index * 8 + 4);
      const id = index < named ? -1 : table.readUInt32LE(index * 8);
      return { id, place: target & 0x7fffffff, isFolder: target >= 2 ** 31 };
    });
  };

  const type = (await folder(0)).find(({ id, isFolder }) => id === versionType && isFolder);
  if (type === undefined) return undefined;
  const [name] = await folder(type.place);
  if (name?.isFolder !== true) return undefined;
  const inLanguages = (await folder(name.place)).filter(({ isFolder }) => !isFolder);
  const chosen =
    languages.flatMap((language) => inLanguages.find(({ id }) => id === language) ?? [])[0] ?? inLanguages[0];
  if (chosen === undefined) return undefined;
  const leaf = await file.read(inFile(address + chosen.place, 16), 16);
  const size = leaf.readUInt32LE(4);
  if (size > mostBytes) throw damaged(`its version resource claims ${size} bytes`);
  return file.read(inFile(leaf.readUInt32LE(0), size), size);
}
