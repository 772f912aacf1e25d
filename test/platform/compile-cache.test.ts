import * as fs from 'node:fs';
import module from 'node:module';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { keepCompiledCode } from '../../src/platform/compile-cache.js';
import { scratchDirectory } from '../support/directory.js';

/** Where Node is told to keep compiled code; it is not told for real. */
function kept(directories: readonly string[]): unknown[] {
  const enable = vi.spyOn(module, 'enableCompileCache').mockImplementation(() => ({ status: 0 }));
  onTestFinished(() => enable.mockRestore());
  keepCompiledCode(directories);
  return enable.mock.calls.splice(0).map(([directory]) => directory);
}

test('compiled code is kept in the last directory; those that are missing are made for their user', () => {
  const directory = scratchDirectory();
  const places = ['', 'a', 'a/b'].map((name) => join(directory, name));
  for (let time = 0; time < 2; time += 1) expect(kept(places)).toEqual([places[2]]);
  for (const place of places.slice(1)) expect(fs.statSync(place).mode & 0o777).toBe(0o700);
});

test.each(['first', 'last'])('nothing is kept where the %s cannot be made', (which) => {
  const directory = scratchDirectory();
  const good = join(directory, 'good');
  const bad = join(directory, 'missing/bad');
  expect(kept(which === 'first' ? [bad, good] : [good, bad])).toEqual([]);
  expect(fs.existsSync(bad)).toBe(false);
});

test('nothing is kept where no place is named', () => {
  expect(kept([])).toEqual([]);
});
