/** Scratch directories of the tests, in memory where the machine has such a file system. */
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';

/** A new directory that goes with the test. */
export function scratchDirectory(): string {
  const directory = makeDirectory();
  onTestFinished(() => fs.rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A new directory that goes after the last test of the file. */
export function testDirectory(): string {
  const directory = makeDirectory();
  afterAll(() => fs.rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function makeDirectory(): string {
  const base = fs.existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  return fs.mkdtempSync(join(base, 'varve-test-'));
}
