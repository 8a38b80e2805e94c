import { defineConfig } from 'vitest/config';

/** One code-server and one fleet for all files: they run one after the other. Started by `npm run e2e`. */
export default defineConfig({
  test: {
    name: 'e2e',
    include: ['test/e2e/**/*.test.ts'],
    testTimeout: 90_000,
    hookTimeout: 90_000,
    fileParallelism: false,
    reporters: ['verbose'],
  },
});
