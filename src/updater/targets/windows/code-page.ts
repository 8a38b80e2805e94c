import tables from 'iconv-lite/encodings/sbcs-data-generated';

/** Code pages whose characters take several bytes; the engine knows them by these names. */
const multiByte: Record<string, string> = {
  '932': 'shift_jis',
  '936': 'gbk',
  '949': 'euc-kr',
  '950': 'big5',
};

/**
 * What a Windows server printed, as text. Asked for UTF-8, most print it; a program that will not prints its lines in the OEM
 * code page, and `wmic` in UTF-16 in the middle of all the rest. Mojibake must not pass for a version.
 */
export function decodeOutput(bytes: Buffer): string {
  const narrow = withoutUtf16(bytes);
  const whole = utf8(narrow);
  if (whole !== undefined) return whole;
  // Figures and Latin letters are the same in every one of these code pages, so the page can be read before it is known.
  const page = /OEMCP\s+REG_SZ\s+(\d+)/.exec(narrow.toString('latin1'))?.[1] ?? '437';
  return lines(narrow)
    .map((line) => utf8(line) ?? decodePage(line, page))
    .join('');
}

function utf8(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Each with its line end, which is no part of a character in any of these encodings. */
function lines(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(0x0a, start);
    const next = end < 0 ? bytes.length : end + 1;
    found.push(bytes.subarray(start, next));
    start = next;
  }
  return found;
}

/** UTF-16 of plain letters, as `wmic` writes it whatever the code page: every other byte is a zero. */
function withoutUtf16(bytes: Buffer): Buffer {
  if (!bytes.includes(0)) return bytes;
  const mark = Buffer.from([0xff, 0xfe]);
  const kept: number[] = [];
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] === 0) continue;
    if (bytes[at] === mark[0] && bytes[at + 1] === mark[1]) at++;
    else kept.push(bytes[at] ?? 0);
  }
  return Buffer.from(kept);
}

function decodePage(bytes: Buffer, page: string): string {
  const name = multiByte[page];
  if (name !== undefined) return new TextDecoder(name).decode(bytes);
  const high = tables[`cp${page}`]?.chars ?? tables['cp437']?.chars ?? '';
  return Array.from(bytes, (byte) =>
    byte < 128 ? String.fromCharCode(byte) : (high[byte - 128] ?? '?'),
  ).join('');
}
