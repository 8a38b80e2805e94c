import { tableName } from '../../../src/updater/packages/msi-strings';

const sectorBytes = 512;
const [endOfChain, fatSector, none] = [0xfffffffe, 0xfffffffd, 0xffffffff];

export interface CompoundOptions {
  /** From which size on a stream has sectors of its own. */
  cutoff?: number;
  /** What a stream's size is said to be, over what it has. */
  sizes?: Record<string, number>;
}

/**
 * The bytes of a Windows Installer database of these tables, each of at most 31 characters. All have sectors of their own; the map of
 * the small sectors is a circle.
 */
export function compoundOf(tables: Record<string, Buffer>, options: CompoundOptions = {}): Buffer {
  const names = Object.keys(tables);
  const contents = Object.values(tables).map(padded);
  const used = 2 + contents.reduce((sum, { length }) => sum + length / sectorBytes, 0);
  const mapSectors = Math.ceil((used + 40) / (sectorBytes / 4));
  const fat = Buffer.alloc(mapSectors * sectorBytes, 0xff);
  for (let sector = 0; sector < mapSectors; sector++) fat.writeUInt32LE(fatSector, sector * 4);
  // Behind the map: the directory, the map of the small sectors, the streams.
  const chain = (from: number, bytes: number) => {
    const last = from + bytes / sectorBytes - 1;
    for (let sector = from; sector <= last; sector++)
      fat.writeUInt32LE(sector === last ? endOfChain : sector + 1, sector * 4);
    return last + 1;
  };
  const directory = Buffer.alloc(sectorBytes);
  const miniMap = Buffer.alloc(sectorBytes);
  for (let at = 0; at < miniMap.length; at += 4) miniMap.writeUInt32LE(at / 4, at);
  let next = chain(mapSectors + 1, sectorBytes);
  chain(mapSectors, sectorBytes);
  entry(directory, 0, { name: 'Root Entry', type: 5, child: 1, start: mapSectors + 1, size: sectorBytes });
  Buffer.from('84100c0000000000c000000000000046', 'hex').copy(directory, 80);
  names.forEach((name, index) => {
    const right = index + 1 < names.length ? index + 2 : none;
    const size = options.sizes?.[name] ?? tables[name]?.length ?? 0;
    entry(directory, index + 1, { name: tableName(name), type: 2, right, start: next, size });
    next = chain(next, contents[index]?.length ?? 0);
  });
  return Buffer.concat([header(mapSectors, options.cutoff ?? 4096), fat, directory, miniMap, ...contents]);
}

const padded = (bytes: Buffer) =>
  Buffer.concat([bytes, Buffer.alloc((sectorBytes - (bytes.length % sectorBytes)) % sectorBytes)]);

function header(mapSectors: number, cutoff: number): Buffer {
  const bytes = Buffer.alloc(sectorBytes, 0xff);
  Buffer.from('d0cf11e0a1b11ae1', 'hex').copy(bytes);
  bytes.writeUInt16LE(9, 30);
  bytes.writeUInt16LE(6, 32);
  bytes.writeUInt32LE(mapSectors, 44);
  bytes.writeUInt32LE(mapSectors, 48);
  bytes.writeUInt32LE(cutoff, 56);
  bytes.writeUInt32LE(mapSectors + 1, 60);
  bytes.writeUInt32LE(endOfChain, 68);
  for (let sector = 0; sector < mapSectors; sector++) bytes.writeUInt32LE(sector, 76 + sector * 4);
  return bytes;
}

interface Entry {
  name: string;
  type: number;
  start: number;
  size: number;
  right?: number;
  child?: number;
}

function entry(directory: Buffer, index: number, { name, type, start, size, right, child }: Entry): void {
  const at = index * 128;
  directory.write(name, at, 'utf16le');
  directory.writeUInt16LE(name.length * 2 + 2, at + 64);
  directory.writeUInt8(type, at + 66);
  directory.writeUInt32LE(none, at + 68);
  directory.writeUInt32LE(right ?? none, at + 72);
  directory.writeUInt32LE(child ?? none, at + 76);
  directory.writeUInt32LE(start, at + 116);
  directory.writeUInt32LE(size, at + 120);
}
