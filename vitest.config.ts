import { globSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

/** What belongs to the whole process: mocks, timers, environment, streams, descriptors, memory. */
const OF_THE_PROCESS =
  /\bvi\.(mock|doMock|stub|useFakeTimers|spyOn|resetModules|hoisted)|\bprocess\.(?!platform|arch|version|execPath|pid|get\w+id|kill)\w|\bglobalThis\b|defineProperty|support\/(in-thread-workers|plain-calls|open-files)\.js/;

const files = globSync('test/**/*.test.ts', { exclude: ['test/long/**'] });
const apart = files.filter((file) => OF_THE_PROCESS.test(readFileSync(file, 'utf8')));
const shared = { testTimeout: 60_000, pool: 'forks' } as const;

/** A process for each file costs a fifth of a second; all that can share one do. */
export default defineConfig({
  test: {
    maxWorkers: '100%',
    reporters: ['default', './test/support/count-reporter.ts'],
    projects: [
      { test: { ...shared, name: 'together', include: files, exclude: apart, isolate: false } },
      { test: { ...shared, name: 'apart', include: apart } },
    ],
  },
});
