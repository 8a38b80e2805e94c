import { damaged, type BoundedFile } from './bounded-file';
import { CompoundFile } from './compound-file';
import { decoderOf, MsiStrings, tableName } from './msi-strings';
import type { Machine } from './pe';

/** A Windows Installer database, as far as its Property table and its summary tell. */
export interface MsiFile {
  /** `patch`: an .msp, which changes an installation of one very version; `other`: no Windows Installer file. */
  kind: 'package' | 'patch' | 'other';
  /** From the summary's Template; undefined for a processor that no VMS server has. */
  machine: Machine | undefined;
  /** The Property table: "ProductName", "ProductVersion", "ProductCode", "Manufacturer", … */
  properties: ReadonlyMap<string, string>;
  /** The summary's Title and Subject. */
  title: string | undefined;
  subject: string | undefined;
}

/** Classes of the root: {000C1084-…} and {000C1086-0000-0000-C000-000000000046}. */
const classes: Record<string, MsiFile['kind']> = {
  '84100c0000000000c000000000000046': 'package',
  '86100c0000000000c000000000000046': 'patch',
};
const machines: Record<string, Machine> = {
  '': 'x86',
  intel: 'x86',
  x64: 'x64',
  amd64: 'x64',
  arm64: 'arm64',
};
const summaryName = '\u0005SummaryInformation';
const summaryCap = 2 ** 18;
/** Some ten thousand properties; real installers have hundreds. */
const propertyTableCap = 2 ** 16;
/** Numbers of the summary's entries, and the type of a text in it. */
const summaryIds = { codePage: 1, title: 2, subject: 3, template: 7 };
const textType = 30;

/** Throws `package.corrupt` where the file is cut off or its tables make no sense. */
export async function readMsi(file: BoundedFile): Promise<MsiFile> {
  const compound = await CompoundFile.open(file);
  const summary = readSummary(await compound.stream(summaryName, summaryCap));
  const strings = await MsiStrings.open(compound);
  // Not every tool writes the class; the tables are the surer sign.
  const kind = classes[compound.rootClass] ?? (strings === undefined ? 'other' : 'package');
  if (kind === 'package' && strings === undefined) throw damaged('it has no table of strings');
  return {
    kind,
    machine: machines[(summary.get(summaryIds.template) ?? '').split(';')[0]?.trim().toLowerCase() ?? ''],
    properties:
      kind === 'package' && strings !== undefined ? await readProperties(compound, strings) : new Map(),
    title: summary.get(summaryIds.title),
    subject: summary.get(summaryIds.subject),
  };
}

/** Its two columns lie one behind the other: all names, then all values. */
async function readProperties(compound: CompoundFile, strings: MsiStrings): Promise<Map<string, string>> {
  const table = await compound.stream(tableName('Property'), propertyTableCap);
  const properties = new Map<string, string>();
  if (table === undefined) return properties;
  const { idBytes } = strings;
  const rows = Math.floor(table.length / (2 * idBytes));
  for (let row = 0; row < rows; row += 1) {
    const [name, value] = [row, rows + row].map((cell) => table.readUIntLE(cell * idBytes, idBytes));
    properties.set(await strings.text(name ?? 0), await strings.text(value ?? 0));
  }
  return properties;
}

/** The texts of the summary by their numbers. What makes no sense is left out. */
function readSummary(bytes: Buffer | undefined): Map<number, string> {
  const texts = new Map<number, string>();
  if (bytes === undefined || bytes.length < 56) return texts;
  const section = bytes.subarray(bytes.readUInt32LE(44));
  const count =
    section.length < 8 ? 0 : Math.min(section.readUInt32LE(4), Math.floor(section.length / 8) - 1);
  const places = Array.from({ length: count }, (_, index) => ({
    id: section.readUInt32LE(8 + index * 8),
    at: section.readUInt32LE(12 + index * 8),
  })).filter(({ at }) => at + 8 <= section.length);
  const page = places.find(({ id }) => id === summaryIds.codePage);
  const decode = decoderOf(page === undefined ? 0 : section.readUInt16LE(page.at + 4));
  for (const { id, at } of places)
    if (section.readUInt32LE(at) === textType)
      texts.set(
        id,
        decode(section.subarray(at + 8, at + 8 + section.readUInt32LE(at + 4)))
          .replace(/\0.*$/s, '')
          .trim(),
      );
  return texts;
}
