/**
 * The tests that reach the sources in their own process and thread: StrykerJS switches its mutants on
 * there. The others run what is built, or other programs.
 */
import { globSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

const OTHERWISE =
  /\bTZ\b|varve-command|rdiff-command|ordinary-user|pseudo-terminal|umask|chdir|killed|child_process|runProgram|shell\.js|dist\//;

export default defineConfig({
  test: {
    include: globSync('test/{repo,cli,remote,platform,scenarios}/**/*.test.ts').filter(
      (file) => !OTHERWISE.test(readFileSync(file, 'utf8')),
    ),
    testTimeout: 60_000,
    pool: 'threads',
  },
});
