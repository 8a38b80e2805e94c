import { damaged, truncated, type BoundedFile } from './bounded-file';

/** Numbers that are no sector: the end of a chain, a sector nobody uses. */
const endOfChain = 0xfffffffe;
const free = 0xffffffff;
/** Above it are marks, not sectors. */
const lastSector = 0xfffffffa;
/** Map sectors named in the header itself; further ones stand in a chain of lists. */
const inHeader = 109;
/** Bytes of a chain that is read whole: the directory, the map of the small sectors. */
const chainCap = 8 * 2 ** 20;

/**
 * Which sector follows which in a compound file (the FAT). Its own sectors are read when first needed: the map of 1 GB has
 * 8 MB.
 */
export class SectorMap {
  private readonly maps = new Map<number, Buffer>();
  /** By first sector, as far as each was followed. */
  private readonly chains = new Map<number, number[]>();
  private readonly mapCount: number;
  /** Where the sectors of the map are, as far as they are known. */
  private readonly mapPlaces: number[];
  private nextList: number;

  constructor(
    private readonly file: BoundedFile,
    header: Buffer,
    /** Bytes of a sector. */
    readonly bytes: number,
  ) {
    this.mapCount = header.readUInt32LE(44);
    this.nextList = header.readUInt32LE(68);
    this.mapPlaces = Array.from({ length: Math.min(inHeader, this.mapCount) }, (_, index) =>
      header.readUInt32LE(76 + index * 4),
    );
    // One sector of the map speaks of so many sectors that even the last one must lie far in the file.
    if (this.mapCount > Math.ceil(file.size / bytes)) throw truncated(file.size, this.mapCount * bytes);
  }

  /** Where a sector begins in the file. */
  place(sector: number): number {
    if (sector > lastSector) throw damaged('a chain of its sectors ends nowhere');
    return (sector + 1) * this.bytes;
  }

  /** Throws `package.corrupt` where a sector that is in use lies beyond the end of the file. */
  async checkEnd(): Promise<void> {
    for (let index = this.mapCount - 1; index >= 0; index -= 1) {
      const map = await this.map(index);
      for (let at = map.length - 4; at >= 0; at -= 4) {
        if (map.readUInt32LE(at) === free) continue;
        this.file.mustHold(this.place((index * map.length + at) / 4) + this.bytes);
        return;
      }
    }
    throw damaged('it claims to be empty');
  }

  /** The sectors of a chain, at least as many as hold `length` bytes. */
  async chain(start: number, length: number): Promise<readonly number[]> {
    const chain = this.chains.get(start) ?? [start];
    this.chains.set(start, chain);
    while (chain.length * this.bytes < length) {
      const next = await this.next(chain.at(-1) ?? endOfChain);
      // Also finds a chain that bites its own tail: it would hold more than the file.
      if (next > lastSector || chain.length * this.bytes > this.file.size)
        throw damaged('a chain of its sectors ends too early or never');
      chain.push(next);
    }
    return chain;
  }

  /** All that a chain holds. */
  async readChain(start: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let at = start; at !== endOfChain; at = await this.next(at)) {
      if ((parts.length + 1) * this.bytes > Math.min(chainCap, this.file.size))
        throw damaged('a chain of its sectors never ends');
      parts.push(await this.file.read(this.place(at), this.bytes));
    }
    return Buffer.concat(parts);
  }

  private async next(sector: number): Promise<number> {
    const perMap = this.bytes / 4;
    const map = await this.map(Math.floor(sector / perMap));
    return map.readUInt32LE((sector % perMap) * 4);
  }

  private async map(index: number): Promise<Buffer> {
    const known = this.maps.get(index);
    if (known !== undefined) return known;
    while (this.mapPlaces.length <= index) await this.readList();
    const map = await this.file.read(this.place(this.mapPlaces[index] ?? free), this.bytes);
    this.maps.set(index, map);
    return map;
  }

  /** One more list of where the map is; its last number names the next list. */
  private async readList(): Promise<void> {
    if (this.mapPlaces.length >= this.mapCount) throw damaged('a sector is beyond its own map');
    const list = await this.file.read(this.place(this.nextList), this.bytes);
    const numbers = Array.from({ length: this.bytes / 4 }, (_, index) => list.readUInt32LE(index * 4));
    this.nextList = numbers.pop() ?? endOfChain;
    this.mapPlaces.push(...numbers.slice(0, this.mapCount - this.mapPlaces.length));
  }
}
