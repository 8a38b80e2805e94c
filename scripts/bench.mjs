// Measures the product against what people use today, in one run: `npm run bench`. Prints ratios, never a verdict by exit code.
// Options: --only sweep,transfer,activation; --rounds N (default 5); --quick: smaller files; --full: 1 GiB over the slow line
// too; --json: one document on stdout.
import { build } from 'esbuild';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureDebianPackages, ensureBuilt, ensureDependencies, inRepo, isDebian, run } from './lib/prepare.mjs';

await ensureDependencies();
await ensureBuilt();
