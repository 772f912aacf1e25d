/** Scratch directories of the tests, in memory where the machine has such a file system. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';

const memoryPlace = findMemoryPlace();

/** One in memory and one on a disk, mostly: they differ in flags and in what times they take. */
export const places: readonly string[] = [...new Set([memoryPlace ?? tmpdir(), tmpdir()])];

/** A new directory that goes with the test. */
export function scratchDirectory(): string {
  const directory = makeDirectory();
  onTestFinished(() => fs.rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A new directory in `place` that goes after the last test of the file. */
export function testDirectory(place?: string): string {
  const directory = makeDirectory(place);
  afterAll(() => fs.rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Whether programs and modules may be loaded from a directory: a mount may forbid it. */
export function canExecuteIn(place: string): boolean {
  try {
    const directory = makeDirectory(place);
    const script = join(directory, 'script');
    fs.writeFileSync(script, '#!/bin/sh\n', { mode: 0o700 });
    const { status } = spawnSync(script);
    fs.rmSync(directory, { recursive: true });
    return status === 0;
  } catch {
    return false;
  }
}

/** Where programs may be run, in memory if possible. */
export function executablePlace(): string {
  const candidates = [...places, '/var/tmp', dirname(process.cwd())];
  return candidates.find(canExecuteIn) ?? tmpdir();
}

function makeDirectory(place = memoryPlace ?? tmpdir()): string {
  return fs.mkdtempSync(join(place, 'varve-test-'));
}

/** Where files are in memory, if this user may write there. */
function findMemoryPlace(): string | undefined {
  const place = '/dev/shm';
  try {
    fs.rmdirSync(fs.mkdtempSync(join(place, 'varve-test-')));
    return place;
  } catch {
    return undefined;
  }
}
