import { damaged, type BoundedFile } from './bounded-file';
import { readDirectory, type Stream } from './compound-directory';
import { SectorMap } from './sector-map';

/** The first eight bytes of every compound file (OLE, "structured storage"), of which a Windows Installer package is one. */
const signature = Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]);
const headerBytes = 512;
/** Bytes from which on a stream has sectors of its own. It stands in the header too, and is this everywhere. */
const miniCutoff = 4096;

/**
 * A compound file: a small file system in a file. Reads only the sectors that lead to what is asked for: an installer of 1 GB has
 * two million of them.
 */
export class CompoundFile {
  private miniMap: Promise<Buffer> | undefined;

  private constructor(
    private readonly file: BoundedFile,
    private readonly sectors: SectorMap,
    /** The class of the root: who wrote the file. Lower-case hex of its 16 bytes. */
    readonly rootClass: string,
    private readonly streams: ReadonlyMap<string, Stream>,
    private readonly mini: { sectorBytes: number; map: number; container: Stream },
  ) {}

  /** Throws `package.corrupt` where a table or any sector in use lies beyond the end of the file. */
  static async open(file: BoundedFile): Promise<CompoundFile> {
    const header = await file.read(0, headerBytes);
    const [sectorShift, miniShift] = [header.readUInt16LE(30), header.readUInt16LE(32)];
    const shapeKnown =
      [9, 12].includes(sectorShift) && miniShift === 6 && header.readUInt32LE(56) === miniCutoff;
    if (!header.subarray(0, 8).equals(signature) || !shapeKnown) throw damaged('its header makes no sense');
    const sectors = new SectorMap(file, header, 2 ** sectorShift);
    await sectors.checkEnd();
    const { root, streams } = readDirectory(await sectors.readChain(header.readUInt32LE(48)));
    return new CompoundFile(file, sectors, root.class, streams, {
      sectorBytes: 2 ** miniShift,
      map: header.readUInt32LE(60),
      container: root.stream,
    });
  }

  /** The whole of a small stream of the root; undefined where there is none of that name. More than `cap` bytes are damage. */
  async stream(name: string, cap: number): Promise<Buffer | undefined> {
    const stream = this.streams.get(name);
    if (stream === undefined) return undefined;
    if (stream.size > cap) throw damaged(`its part "${name}" claims ${stream.size} bytes`);
    return this.range(stream, 0, stream.size);
  }

  /** Some bytes of a stream; undefined where there is no such stream. Bytes beyond its end are damage. */
  async streamRange(name: string, from: number, length: number): Promise<Buffer | undefined> {
    const stream = this.streams.get(name);
    return stream && this.range(stream, from, length);
  }

  private async range(stream: Stream, from: number, length: number): Promise<Buffer> {
    if (from + length > stream.size) throw damaged('a text lies beyond the end of its table');
    if (length === 0) return Buffer.alloc(0);
    if (stream.size >= miniCutoff) {
      const chain = await this.sectors.chain(stream.start, from + length);
      return pieces(chain, this.sectors.bytes, from, length, (sector, at, count) =>
        this.file.read(this.sectors.place(sector) + at, count),
      );
    }
    // Small streams lie in sectors of 64 bytes within one common stream, and have a map of their own.
    const { sectorBytes, container } = this.mini;
    const chain = await this.miniChain(stream.start, Math.ceil((from + length) / sectorBytes));
    const common = await this.sectors.chain(container.start, container.size);
    return pieces(chain, sectorBytes, from, length, async (sector, at, count) =>
      pieces(common, this.sectors.bytes, sector * sectorBytes + at, count, (outer, outerAt, outerCount) =>
        this.file.read(this.sectors.place(outer) + outerAt, outerCount),
      ),
    );
  }

  private async miniChain(start: number, count: number): Promise<number[]> {
    this.miniMap ??= this.sectors.readChain(this.mini.map);
    const table = await this.miniMap;
    const chain = [start];
    while (chain.length < count) {
      const at = (chain.at(-1) ?? 0) * 4;
      // Also finds a chain that bites its own tail.
      if (at + 4 > table.length || chain.length * 4 > table.length)
        throw damaged('a chain of its sectors ends nowhere');
      chain.push(table.readUInt32LE(at));
    }
    return chain;
  }
}

/** Bytes `from` to `from + length` of what the sectors of a chain hold one after the other. */
async function pieces(
  chain: readonly number[],
  sectorBytes: number,
  from: number,
  length: number,
  read: (sector: number, at: number, count: number) => Promise<Buffer>,
): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let at = from; at < from + length;) {
    const sector = chain[Math.floor(at / sectorBytes)];
    if (sector === undefined) throw damaged('a chain of its sectors is too short');
    const within = at % sectorBytes;
    const count = Math.min(sectorBytes - within, from + length - at);
    parts.push(await read(sector, within, count));
    at += count;
  }
  return Buffer.concat(parts);
}
