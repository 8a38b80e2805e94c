import { readFileSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
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

/** Largest first: a long file that begins last would run alone. */
class LargestFirst extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const size = ({ moduleId }: TestSpecification) => statSync(moduleId).size;
    return Promise.resolve([...files].sort((a, b) => size(b) - size(a)));
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LargestFirst },
    projects: [
      {
        plugins: [scriptsAsText],
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          testTimeout: 20_000,
          // One fewer than there are processors would be one on many a machine, and the long ones wait.
          maxWorkers: Math.max(3, availableParallelism() - 1),
        },
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
          maxWorkers: 3,
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
