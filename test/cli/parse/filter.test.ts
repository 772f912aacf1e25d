import { Command } from 'commander';
import { expect, test } from 'vitest';
import {
  addFilterOptions,
  filterOptions,
  type FilterFlags,
} from '../../../src/cli/parse/filter.js';
import type { FilterOptions } from '../../../src/store.js';

function parse(...args: string[]): FilterOptions {
  const command = new Command();
  addFilterOptions(command);
  command.parse(args, { from: 'user' });
  return filterOptions(command.opts<FilterFlags>());
}

test('patterns and files of patterns are one list, in the order given', () => {
  expect(parse('--include', 'c', '--exclude', 'a', '--exclude-from=f', '--exclude', 'b')).toEqual({
    rules: [
      { type: 'include', pattern: 'c' },
      { type: 'exclude', pattern: 'a' },
      { type: 'exclude-from', file: 'f' },
      { type: 'exclude', pattern: 'b' },
    ],
  });
});

test('each of the others says what it is named for', () => {
  expect(
    parse(
      ...['--ignore-file', '.gitignore', '--ignore-file=.rsyncignore'],
      ...['--exclude-if-present', '.nobackup', '--exclude-caches'],
      ...['--exclude-larger-than', '1.5K', '-x'],
    ),
  ).toEqual({
    ignoreFiles: ['.gitignore', '.rsyncignore'],
    markers: ['.nobackup'],
    excludesCaches: true,
    largestBytes: 1536,
    staysOnFileSystem: true,
  });
});

test('nothing given says nothing, so that the defaults of the library hold', () => {
  expect(parse()).toEqual({});
});

test('a size that is none is refused with the name of its option', () => {
  expect(() => parse('--exclude-larger-than', 'big')).toThrow(
    '--exclude-larger-than: "big" is not a size such as 500K, 2G or 1MiB.',
  );
});
