import { damaged, truncated, type BoundedFile } from './bounded-file';
import { peResources } from './pe-resources';
import { parseVersionResource, type VersionResource } from './version-resource';

/** A processor that Windows runs on. */
export type Machine = 'x86' | 'x64' | 'arm64';

/** A Windows program, as far as its headers and its version resource tell. */
export interface PeFile {
  /** What the program itself runs on; undefined for a processor that no VMS server has. */
  machine: Machine | undefined;
  isLibrary: boolean;
  /** Bytes from the start to the end of its last section; what follows was appended. */
  end: number;
  sections: readonly Section[];
  version: VersionResource | undefined;
}

export interface Section {
  name: string;
  /** Place in memory, relative to the image. */
  address: number;
  memory: number;
  /** Place and length in the file. */
  at: number;
  length: number;
}

const machines: Record<number, Machine> = { 0x14c: 'x86', 0x8664: 'x64', 0xaa64: 'arm64' };
const libraryFlag = 0x2000;
/** Numbers of the data directories (PE format, "Optional Header Data Directories"). */
const directories = { resources: 2, certificates: 4 };
/** The loader of Windows takes no more. */
const mostSections = 96;

/**
 * Reads the headers and the version resource of a Windows program: some kilobytes, wherever they lie. Undefined where the
 * file begins as a DOS program and is no Windows one. Throws `package.corrupt` where the file ends before a section or
 * before its signature, as the headers place them.
 */
export async function readPe(file: BoundedFile): Promise<PeFile | undefined> {
  const dos = await file.read(0, 64);
  const at = dos.readUInt32LE(60);
  // Small programs of 16 bits have code there, so a place far away is no sign of a cut.
  if (at < 64 || at > 2 ** 20) return undefined;
  const head = await file.read(at, 24);
  if (head.toString('latin1', 0, 4) !== 'PE\0\0') return undefined;

  const optional = await file.read(at + 24, head.readUInt16LE(20));
  const sections = await readSections(file, at + 24 + optional.length, head.readUInt16LE(6));
  const directory = directoriesOf(optional);
  const certificates = directory(directories.certificates);
  // The one directory that is named by its place in the file: the signature is appended.
  if (certificates.size > 0) file.mustHold(certificates.place + certificates.size);

  const bytes = await peResources(file, sections, directory(directories.resources).place);
  return {
    machine: machines[head.readUInt16LE(4)],
    isLibrary: (head.readUInt16LE(22) & libraryFlag) !== 0,
    end: Math.max(0, ...sections.map((section) => section.at + section.length)),
    sections,
    version: bytes === undefined ? undefined : parseVersionResource(bytes),
  };
}

async function readSections(file: BoundedFile, at: number, count: number): Promise<Section[]> {
  if (count > mostSections) throw damaged(`its header claims ${count} sections`);
  const table = await file.read(at, count * 40);
  return Array.from({ length: count }, (_, index) => {
    const entry = table.subarray(index * 40, index * 40 + 40);
    const length = entry.readUInt32LE(16);
    const section: Section = {
      name: entry.toString('latin1', 0, 8).replace(/\0.*$/s, ''),
      memory: entry.readUInt32LE(8),
      address: entry.readUInt32LE(12),
      length,
      // A section without bytes in the file has a place that means nothing.
      at: length === 0 ? 0 : entry.readUInt32LE(20),
    };
    if (section.at + length > file.size) throw truncated(file.size, section.at + length);
    return section;
  });
}

/** The data directories: a place and a size each; zeros where there is none of that number. */
function directoriesOf(optional: Buffer): (number: number) => { place: number; size: number } {
  if (optional.length < 2) throw damaged('it has no optional header');
  const first = optional.readUInt16LE(0) === 0x20b ? 112 : 96;
  const count = optional.length < first ? 0 : optional.readUInt32LE(first - 4);
  return (number) => {
    const at = first + number * 8;
    if (number >= count || at + 8 > optional.length) return { place: 0, size: 0 };
    return { place: optional.readUInt32LE(at), size: optional.readUInt32LE(at + 4) };
  };
}
