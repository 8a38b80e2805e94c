import type { BuildOptions } from 'esbuild';

export declare function buildInParts(product: BuildOptions & { outdir: string }): Promise<void>;
