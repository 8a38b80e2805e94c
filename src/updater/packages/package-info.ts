import * as v from 'valibot';
import type { ProductId } from '../fleet/model';

export const packageKinds = ['core', 'module', 'dependencies', 'model', 'installer'] as const;
export type PackageKind = (typeof packageKinds)[number];

const products = ['eocortex', 'mirasys', 'banalytics'] as const satisfies readonly ProductId[];
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

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
  /** `linux-x86_64`, …; null where one file serves every platform. */
  arch: v.nullable(v.string()),
  /** "group:artifact"; null for products without modules. */
  module: v.nullable(v.string()),
  /** "group:artifact" of the vendor's own modules that this one needs, from its pom. */
  dependsOn: v.array(v.string()),
  /** Seconds since 1970: when the vendor published it. */
  uploaded: count,
  /** Every file of an archive that is unpacked on a server (dependencies, model); null for the others. */
  contents: v.nullable(v.array(v.object({ path: v.string(), sha256, size: count }))),
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
