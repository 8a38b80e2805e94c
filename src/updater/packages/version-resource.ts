/** What a program says of itself in its version resource (VS_VERSIONINFO). */
export interface VersionResource {
  /** "4.3.1.0"; undefined where the fixed part is missing or all zeros. */
  fixedProductVersion: string | undefined;
  fixedFileVersion: string | undefined;
  /** By name ("ProductName", …), trimmed; empty ones are left out. The first table, English before the others. */
  strings: ReadonlyMap<string, string>;
}

/** A block of the resource: a key, a value and blocks within it. */
interface Block {
  key: string;
  value: Buffer;
  children: Buffer;
}

const fixedSignature = 0xfeef04bd;

/**
 * Reads a version resource. What is cut off or makes no sense is left out, never an error: real ones are often built
 * carelessly, and what cannot be read can be said by a person.
 */
export function parseVersionResource(bytes: Buffer): VersionResource {
  const [root] = blocks(bytes);
  const fixed = root?.key === 'VS_VERSION_INFO' ? root.value : Buffer.alloc(0);
  const hasFixed = fixed.length >= 24 && fixed.readUInt32LE(0) === fixedSignature;
  const tables = blocks(root?.children ?? Buffer.alloc(0))
    .filter(({ key }) => key === 'StringFileInfo')
    .flatMap(({ children }) => blocks(children));
  const table = tables.find(({ key }) => /^0409/.test(key)) ?? tables[0];
  return {
    fixedFileVersion: hasFixed ? fourNumbers(fixed, 8) : undefined,
    fixedProductVersion: hasFixed ? fourNumbers(fixed, 16) : undefined,
    strings: new Map(
      blocks(table?.children ?? Buffer.alloc(0))
        .map(({ key, value }): [string, string] => [key, text(value)])
        .filter(([, value]) => value !== ''),
    ),
  };
}

/** The blocks that stand one behind the other, each at a multiple of four. */
function blocks(bytes: Buffer): Block[] {
  const found: Block[] = [];
  for (let at = 0; at + 6 <= bytes.length;) {
    const length = bytes.readUInt16LE(at);
    if (length < 6) break;
    const block = bytes.subarray(at, Math.min(at + length, bytes.length));
    const isText = block.readUInt16LE(4) === 1;
    const keyEnd = endOfText(block, 6);
    const valueAt = aligned(keyEnd + 2);
    // Texts are counted in characters, though some compilers count bytes: the block's own end is the bound.
    const valueLength = block.readUInt16LE(2) * (isText ? 2 : 1);
    found.push({
      key: block.toString('utf16le', 6, keyEnd),
      value: block.subarray(valueAt, valueAt + valueLength),
      children: block.subarray(aligned(valueAt + valueLength)),
    });
    at += aligned(length);
  }
  return found;
}

/** Where the 16-bit zero is that ends a text. */
function endOfText(bytes: Buffer, from: number): number {
  let at = from;
  while (at + 1 < bytes.length && bytes.readUInt16LE(at) !== 0) at += 2;
  return at;
}

function aligned(at: number): number {
  return (at + 3) & ~3;
}

function text(value: Buffer): string {
  return value.toString('utf16le', 0, endOfText(value, 0)).trim();
}

/** Two 32-bit words, the high one first: "4.3.1.0". */
function fourNumbers(fixed: Buffer, at: number): string | undefined {
  const numbers = [2, 0, 6, 4].map((offset) => fixed.readUInt16LE(at + offset));
  return numbers.every((number) => number === 0) ? undefined : numbers.join('.');
}
