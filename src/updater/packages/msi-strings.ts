import { damaged } from './bounded-file';
import type { CompoundFile } from './compound-file';

/** Four bytes a string: a million strings. */
const poolCap = 4 * 2 ** 20;
/** No property that is of interest is longer. */
const longestText = 2 ** 16;
const longIdsFlag = 0x80000000;

/** Code pages of Windows by number, in the words of `TextDecoder`. */
const encodings: Record<number, string> = {
  65001: 'utf-8',
  866: 'ibm866',
  874: 'windows-874',
  932: 'shift_jis',
  936: 'gbk',
  949: 'euc-kr',
  950: 'big5',
};

/** Texts in a code page of Windows. One that is not known is taken for Western European: English names survive that. */
export function decoderOf(codePage: number): (bytes: Uint8Array) => string {
  const named = codePage >= 1250 && codePage <= 1258 ? `windows-${codePage}` : encodings[codePage];
  const decoder = new TextDecoder(named ?? 'windows-1252');
  return (bytes) => decoder.decode(bytes);
}

/** All texts of a database, by number: the tables hold only numbers. */
export class MsiStrings {
  private constructor(
    private readonly compound: CompoundFile,
    private readonly places: readonly { at: number; length: number }[],
    /** Bytes of a number in the tables. */
    readonly idBytes: 2 | 3,
    private readonly decode: (bytes: Uint8Array) => string,
  ) {}

  /** Undefined where the compound file is no database. */
  static async open(compound: CompoundFile): Promise<MsiStrings | undefined> {
    const pool = await compound.stream(tableName('_StringPool'), poolCap);
    if (pool === undefined || pool.length < 4) return undefined;
    const head = pool.readUInt32LE(0);
    // Number 0 is the empty text.
    const places = [{ at: 0, length: 0 }];
    let at = 0;
    for (let entry = 4; entry + 4 <= pool.length; entry += 4) {
      let length = pool.readUInt16LE(entry);
      const used = pool.readUInt16LE(entry + 2) > 0;
      if (length === 0 && used && entry + 8 <= pool.length) {
        // A text of 64 KB and more: its length fills the next entry.
        entry += 4;
        length = pool.readUInt32LE(entry);
      }
      places.push({ at, length });
      at += length;
    }
    const decode = decoderOf(head & 0x7fffffff);
    return new MsiStrings(compound, places, head >= longIdsFlag ? 3 : 2, decode);
  }

  /** The text of a number. Throws `package.corrupt` where there is none. */
  async text(id: number): Promise<string> {
    const place = this.places[id];
    if (place === undefined) throw damaged('a table names a text that is not there');
    const { at, length } = place;
    const bytes = await this.compound.streamRange(
      tableName('_StringData'),
      at,
      Math.min(length, longestText),
    );
    if (bytes === undefined) throw damaged('its texts are missing');
    return this.decode(bytes);
  }
}

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._';

/** The name of the stream that holds a table: two characters in one, so that 62 fit into the 31 of a compound file. */
export function tableName(table: string): string {
  const codes = [...table].map((character) => alphabet.indexOf(character));
  let name = '\u4840';
  for (let at = 0; at < codes.length; at += 2) {
    const [first = 0, second] = codes.slice(at, at + 2);
    name += String.fromCharCode(second === undefined ? 0x4800 + first : 0x3800 + first + second * 64);
  }
  return name;
}
