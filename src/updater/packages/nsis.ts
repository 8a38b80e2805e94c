import { damaged, type BoundedFile } from './bounded-file';
import type { PeFile } from './pe';

/** 0xDEADBEEF and "NullsoftInst", behind four bytes of flags. */
const signature = Buffer.from('\xef\xbe\xad\xdeNullsoftInst', 'latin1');
const headerLength = 28;
/** The data begins at a multiple of this, behind the program. */
const step = 512;
const searched = 64 * 1024;
/** Flags of the original; a further one means a fork for large installers, which counts in another way. */
const knownFlags = 0xf;

/**
 * Throws `package.corrupt` where the file is an installer made by NSIS and ends before its data does. The data follows the
 * program as a plain appendix that Windows knows nothing of, so only NSIS's own header tells how long it must be.
 */
export async function checkNsisLength(file: BoundedFile, pe: PeFile): Promise<void> {
  const start = Math.ceil(pe.end / step) * step;
  const window = await file.readUpTo(start, searched);
  for (let at = 0; at + headerLength <= window.length; at += step) {
    if (!window.subarray(at + 4, at + 4 + signature.length).equals(signature)) continue;
    // Counted from the header's own first byte, the checksum at the end included.
    if ((window.readUInt32LE(at) & ~knownFlags) === 0)
      file.mustHold(start + at + window.readUInt32LE(at + 24));
    return;
  }
  if (pe.sections.some(({ name }) => name === '.ndata'))
    throw damaged('it is an installer whose contents, which follow the program, are missing');
}
