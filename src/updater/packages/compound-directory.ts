import { damaged } from './bounded-file';

/** A file in a compound file. */
export interface Stream {
  /** Its first sector. */
  start: number;
  /** Bytes. */
  size: number;
}

interface Entry extends Stream {
  name: string;
  type: number;
  left: number;
  right: number;
  child: number;
  class: string;
}

const types = { stream: 2, root: 5 };
const none = 0xffffffff;
const entryBytes = 128;

/**
 * The streams of the root folder by their raw names. Those of inner folders stay out: an installer carries translations there,
 * which have tables of the same names.
 */
export function readDirectory(bytes: Buffer): {
  root: { class: string; stream: Stream };
  streams: Map<string, Stream>;
} {
  const entries = Array.from({ length: Math.floor(bytes.length / entryBytes) }, (_, index) =>
    readEntry(bytes.subarray(index * entryBytes, (index + 1) * entryBytes)),
  );
  const [root] = entries;
  if (root?.type !== types.root) throw damaged('its directory has no root');
  const streams = new Map<string, Stream>();
  const seen = new Set<number>();
  const waiting = [root.child];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (at === none || seen.has(at)) continue;
    seen.add(at);
    const entry = entries[at];
    if (entry === undefined) throw damaged('its directory points beyond its end');
    if (entry.type === types.stream) streams.set(entry.name, entry);
    waiting.push(entry.left, entry.right);
  }
  return { root: { class: root.class, stream: root }, streams };
}

function readEntry(bytes: Buffer): Entry {
  const nameBytes = Math.min(64, Math.max(2, bytes.readUInt16LE(64)));
  return {
    name: bytes.toString('utf16le', 0, nameBytes - 2),
    type: bytes.readUInt8(66),
    left: bytes.readUInt32LE(68),
    right: bytes.readUInt32LE(72),
    child: bytes.readUInt32LE(76),
    class: bytes.toString('hex', 80, 96),
    start: bytes.readUInt32LE(116),
    // The upper half is rubbish in files of 512-byte sectors, and no stream that is read has 4 GB.
    size: bytes.readUInt32LE(120),
  };
}
