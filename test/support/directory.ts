/** Scratch directories of the tests, in memory where the machine has such a file system. */
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A new directory that goes with the test. */
export function scratchDirectory(): string {
  const base = fs.existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  const directory = fs.mkdtempSync(join(base, 'varve-test-'));
  onTestFinished(() => fs.rmSync(directory, { recursive: true, force: true }));
  return directory;
}
