import { FleetError } from '../errors';
import type { Algorithm } from './part';
import type { PackageSource } from './sources';

/** Strongest first. */
export const algorithms: readonly Algorithm[] = ['sha512', 'sha256', 'sha1', 'md5'];

const digits: Record<Algorithm, number> = { sha512: 128, sha256: 64, sha1: 40, md5: 32 };

/** A published checksum: lower-case hex. */
export interface Checksum {
  algorithm: Algorithm;
  hex: string;
}

/**
 * Reads what lies beside a file: bare hex, "hex  name" or "SHA256 (name) = hex". Undefined where it holds no such number (an
 * error page, for instance).
 */
export function parseChecksum(text: string, algorithm: Algorithm): Checksum | undefined {
  const count = digits[algorithm];
  const match = new RegExp(`(?<![0-9a-f])[0-9a-f]{${count}}(?![0-9a-f])`, 'i').exec(text.slice(0, 4096));
  return match === null ? undefined : { algorithm, hex: match[0].toLowerCase() };
}

/** The source, but `package.corrupt` where what arrives has another checksum than was published. */
export function verified(source: PackageSource, expected: Checksum | undefined): PackageSource {
  if (expected === undefined) return source;
  return {
    ...source,
    async write(path, options) {
      const written = await source.write(path, options);
      const { algorithm, hex } = expected;
      if (written.digests[algorithm] !== hex)
        throw new FleetError(
          'package.corrupt',
          `${source.file} has another ${algorithm.toUpperCase()} than the repository publishes for it.`,
          {
            hint: 'It was damaged on the way or replaced. Try again; if it stays so, ask whoever keeps the repository.',
          },
        );
      return written;
    },
  };
}
