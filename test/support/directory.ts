/** A directory of its own for a test file. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** Made now, removed after the last test of the file. */
export function testDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'varve-test-'));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
