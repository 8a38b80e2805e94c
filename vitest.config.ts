import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

/** The bundler loads remote scripts as text; the tests must see the same. */
const scriptsAsText = {
  name: 'scripts-as-text',
  enforce: 'pre' as const,
  load(id: string) {
    if (/\.(sh|bat|c|h|nsi|rc|wxs)$/.test(id))
      return `export default ${JSON.stringify(readFileSync(id, 'utf8'))}`;
    return undefined;
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
          testTimeout: 120_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
