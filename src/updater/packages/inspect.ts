import { basename } from 'node:path';
import { FleetError } from '../errors';
import { look, type Appearance } from './appearance';
import { banalyticsArchive } from './banalytics-archive';
import { banalyticsJar } from './banalytics-jar';
import { fileProblem } from './files';
import { installers } from './installer';
import type { InspectHints, Inspection } from './package-info';
import type { ProductId } from '../fleet/model';
import { compareVersions } from './versions';

/** A file to be looked into. */
export interface Candidate {
  path: string;
  /** Base name. */
  file: string;
  appearance: Appearance;
  hints: InspectHints;
  signal: AbortSignal | undefined;
}

/** Knows one sort of package, of one product or of several that come the same way. */
export interface Inspector {
  products: readonly ProductId[];
  /** What it knows, for the sentence that nobody knows a file: "a module or core (.jar)". */
  knows: string;
  /** Whether the file is this inspector's to judge, by its name, its look and what was said about it. */
  takes(candidate: Candidate): boolean;
  /** Throws `package.corrupt`, `package.unknown` or `package.mismatch`. */
  inspect(candidate: Candidate): Promise<Inspection>;
}

/** Asked in this order; a further product adds its inspectors here. */
const inspectors: readonly Inspector[] = [banalyticsJar, banalyticsArchive, installers];

/**
 * Looks into a file on disk, to its last byte, and says which package it is. Throws
 * `package.corrupt` (damaged, cut off or dangerous to unpack), `package.unknown` (no package, or not clear which),
 * `package.mismatch` (another one than was said), `package.not-found`, `cancelled`. Messages begin with the file's name.
 */
export async function inspectFile(
  path: string,
  hints: InspectHints = {},
  options: { signal?: AbortSignal | undefined } = {},
): Promise<Inspection> {
  const file = basename(path);
  try {
    const candidate = { path, file, hints, signal: options.signal, appearance: await look(path) };
    const ofProduct = inspectors.filter(
      ({ products }) => hints.product === undefined || products.includes(hints.product),
    );
    const inspector = ofProduct.find((each) => each.takes(candidate));
    if (inspector === undefined) throw unknown(candidate, ofProduct);
    const found = await inspector.inspect(candidate);
    refuseContradiction(found, hints);
    return found;
  } catch (error) {
    throw named(file, fileProblem(error, path));
  }
}

function unknown({ appearance, hints }: Candidate, known: readonly Inspector[]): FleetError {
  if (known.length === 0)
    return new FleetError('package.unknown', `Packages of ${hints.product} cannot be read.`, {
      hint: `Products whose packages can be read: ${[...new Set(inspectors.flatMap(({ products }) => products))].join(', ')}.`,
    });
  return new FleetError(
    'package.unknown',
    `The file is no known package: it looks like ${appearance.words}.`,
    {
      hint: `A package is ${known.map(({ products, knows }) => `${knows} of ${products.join(' or ')}`).join(', or ')}.`,
    },
  );
}

function refuseContradiction(found: Inspection, hints: InspectHints): void {
  for (const key of ['product', 'kind', 'module', 'version', 'arch'] as const) {
    const said = hints[key];
    const is = found[key];
    if (said === undefined || is === null || said === is) continue;
    // 4.3.1 and 4.3.1.0 are one version.
    if (key !== 'version' || compareVersions(said, is) !== 0)
      throw new FleetError(
        'package.mismatch',
        `The file was said to be of ${key} ${said}, but is of ${key} ${is}.`,
        { hint: `Check that it is the right file, or leave out what was said about its ${key}.` },
      );
  }
}

function named(file: string, error: FleetError): FleetError {
  if (!error.message.startsWith('The file ')) return error;
  const { hint, cause } = error;
  return new FleetError(error.code, error.message.replace('The file', file), {
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause }),
  });
}
