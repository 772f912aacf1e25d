import * as fs from 'node:fs';
import { join } from 'node:path';
import { chdir, cwd } from 'node:process';
import { describe, expect, onTestFinished, test } from 'vitest';
import { bytesToText, hasInvalidBytes, systemPath } from '../../src/platform/bytes.js';
import { withTextPath } from '../../src/platform/path-alias.js';
import { scratchDirectory } from '../support/directory.js';
import { openFilesBelow } from '../support/open-files.js';

const ODD = bytesToText(Buffer.from('caf\xe9', 'latin1'));

/** A file in a directory whose name is no text. */
function makeOdd(): { directory: string; file: string } {
  const directory = scratchDirectory();
  fs.mkdirSync(systemPath(join(directory, ODD)));
  const file = join(directory, ODD, 'file');
  fs.writeFileSync(systemPath(file), 'content');
  return { directory, file };
}

test('a path that is text stays as it is', () => {
  expect(withTextPath('/a/caf\xe9', (path) => [path])).toEqual(['/a/caf\xe9']);
});

describe('a path that is not', () => {
  test('stands for another while it is used, and nothing stays open', () => {
    const { directory, file } = makeOdd();
    const content = withTextPath(file, (path) => {
      expect(hasInvalidBytes(path)).toBe(false);
      expect(openFilesBelow(directory)).toHaveLength(1);
      return fs.readFileSync(path, 'utf8');
    });
    expect(content).toBe('content');
    expect(openFilesBelow(directory)).toEqual([]);
  });

  test('does so where its user fails', () => {
    const { directory, file } = makeOdd();
    const use = (): never => {
      throw new Error('no use');
    };
    expect(() => withTextPath(file, use)).toThrow('no use');
    expect(openFilesBelow(directory)).toEqual([]);
  });

  test('may be a path from where we are', () => {
    const { directory } = makeOdd();
    const before = cwd();
    chdir(directory);
    onTestFinished(() => chdir(before));
    expect(withTextPath(join(ODD, 'file'), (path) => fs.readFileSync(path, 'utf8'))).toBe(
      'content',
    );
    // The last name is the user's.
    fs.writeFileSync(systemPath(`${ODD}2`), '');
    const names = withTextPath(`${ODD}2`, (path) => fs.readdirSync(join(path, '..')));
    expect(names).toHaveLength(2);
  });
});
