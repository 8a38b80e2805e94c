import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import { textFiles, textOf } from './scripts/lib/text-files.mjs';

/** The bundler loads remote scripts as text; the tests must see the same. */
const scriptsAsText = {
  name: 'scripts-as-text',
  enforce: 'pre' as const,
  load(id: string) {
    if (!textFiles.test(id)) return undefined;
    return `export default ${JSON.stringify(textOf(id, readFileSync(id, 'utf8')))}`;
  },
};

export default defineConfig({
  test: {
    projects: [
      {
        plugins: [scriptsAsText],
        test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 20_000 },
      },
      {
        plugins: [scriptsAsText],
        test: {
          name: 'targets',
          include: ['test/targets/**/*.test.ts'],
          exclude: ['test/targets/windows*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 600_000,
          globalSetup: 'test/lab/build-image.ts',
          // Machines of their own each, which mostly wait.
          maxWorkers: 2,
        },
      },
      {
        plugins: [scriptsAsText],
        test: {
          name: 'windows',
          include: ['test/targets/windows*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          // Machines of their own each, which mostly wait.
          maxWorkers: 3,
        },
      },
    ],
  },
});
