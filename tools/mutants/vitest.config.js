/**
 * The tests that reach the sources in their own process and thread: StrykerJS switches its mutants on
 * there. The others run what is built, or other programs.
 */
import { globSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

const OTHERWISE =
  /varve-command|rdiff-command|ordinary-user|pseudo-terminal|killed|child_process|shell\.js|dist\//;

export default defineConfig({
  test: {
    include: globSync('test/{cli,platform,remote,repo,scenarios,threads}/**/*.test.ts').filter(
      (file) => !OTHERWISE.test(readFileSync(file, 'utf8')),
    ),
    testTimeout: 60_000,
  },
});
