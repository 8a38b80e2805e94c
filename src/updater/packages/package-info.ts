import * as v from 'valibot';
import type { ProductId } from '../fleet/model';

export const packageKinds = ['core', 'module', 'dependencies', 'model', 'installer'] as const;
export type PackageKind = (typeof packageKinds)[number];

const products = ['eocortex', 'mirasys', 'banalytics'] as const satisfies readonly ProductId[];
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

export const machines = ['x86', 'x64', 'arm64'] as const;

/** What an installer says of itself beyond product, version and architecture. */
const installer = v.object({
  /** `exe` runs by itself, `msi` by msiexec. */
  format: v.picklist(['exe', 'msi']),
  /** Only whole distributions are taken into the library. */
  edition: v.literal('complete'),
  /** As its maker calls it; null where it does not say. */
  productName: v.nullable(v.string()),
  /**
   * What an `.exe` itself runs on, which a product need not: a setup program of 32 bits may install a product of 64, and yet
   * does not start on a server that runs no 32-bit programs. Null for an `.msi`, which Windows' own program installs.
   */
  program: v.nullable(v.picklist(machines)),
  /** `{…}`, the id of this very version in Windows' list of programs; null for an `.exe`. */
  productCode: v.nullable(v.string()),
});

/** What `package.json` in the library holds about a package. */
export const packageInfoSchema = v.object({
  sha256,
  /** Base name in the library. */
  file: v.pipe(v.string(), v.regex(/^[^/\\]+$/), v.notValue('..'), v.notValue('.')),
  /** Bytes. */
  size: count,
  product: v.picklist(products),
  kind: v.picklist(packageKinds),
  version: v.string(),
  /** `linux-x86_64`, …; of an installer `x64`, `x86` or `arm64`; null where one file serves every platform. */
  arch: v.nullable(v.string()),
  /** "group:artifact"; null for products without modules. */
  module: v.nullable(v.string()),
  /** "group:artifact" of the vendor's own modules that this one needs, from its pom. */
  dependsOn: v.array(v.string()),
  /** Seconds since 1970: when the vendor published it. */
  uploaded: count,
  /** Every file of an archive that is unpacked on a server (dependencies, model); null for the others. */
  contents: v.nullable(v.array(v.object({ path: v.string(), sha256, size: count }))),
  /** Only of kind `installer`. */
  installer: v.optional(installer),
  /** Where it was loaded from: a path or a URL, without query or secrets. */
  source: v.string(),
  /** ISO 8601, UTC. */
  loadedAt: v.string(),
});

export type PackageInfo = v.InferOutput<typeof packageInfoSchema>;

/** What looking into a file tells; the rest of a `PackageInfo` is known to whoever loaded it. */
export type Inspection = Omit<PackageInfo, 'sha256' | 'size' | 'uploaded' | 'source' | 'loadedAt'>;

/** What a person, the fleet file or a repository says about a file before it was looked into. Contradictions are `package.mismatch`. */
export interface InspectHints {
  product?: ProductId | undefined;
  kind?: PackageKind | undefined;
  /** "group:artifact". */
  module?: string | undefined;
  version?: string | undefined;
  arch?: string | undefined;
  /** Modules that the file may belong to, such as those of the fleet file. */
  modules?: readonly string[] | undefined;
}
