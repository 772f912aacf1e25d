import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/long/**'],
    testTimeout: 60_000,
    pool: 'forks',
    maxWorkers: '100%',
    reporters: ['default', './test/support/count-reporter.ts'],
  },
});
