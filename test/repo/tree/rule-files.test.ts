import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Issue } from '../../../src/repo/model.js';
import { checkRules, compileOptions, readIgnoreFiles } from '../../../src/repo/tree/rule-files.js';
import { lastMatch } from '../../../src/repo/tree/rules.js';
import type { ByteString } from '../../../src/platform/bytes.js';
import { openFileSystem, type FileSystem } from '../../../src/platform/files.js';
import { scratchDirectory } from '../../support/directory.js';
import { filesWithAt, systemError } from '../../support/faulty-files.js';
import { openFilesBelow } from '../../support/open-files.js';
import { makeFifo } from '../../support/special-files.js';

const real = openFileSystem();
const MIB = 1024 * 1024;

describe('the rules of options', () => {
  test('come in their order, a file for its lines, with where each is from', () => {
    const file = join(scratchDirectory(), 'rules');
    fs.writeFileSync(file, '# of a file\n*.o\n\n!keep.o\n');
    const rules = [
      { type: 'exclude', pattern: 'first' },
      { type: 'exclude-from', file },
      { type: 'include', pattern: 'last' },
    ] as const;
    const compiled = compileOptions(rules, real);
    expect(compiled.map(({ source, excludes }) => [source.pattern, excludes])).toEqual([
      ['first', true],
      ['*.o', true],
      ['!keep.o', false],
      ['last', false],
    ]);
    const origins = compiled.map(({ source }) => source.origin);
    expect(origins).toEqual([undefined, { file, line: 2 }, { file, line: 4 }, undefined]);
  });

  test('hold at any depth where a slash stands within, be they from a file', () => {
    const file = join(scratchDirectory(), 'rules');
    fs.writeFileSync(file, 'cache/tmp\n/top\n');
    const compiled = compileOptions([{ type: 'exclude-from', file }], real);
    const matches = (path: string) => lastMatch(compiled, path.split('/'), false) !== undefined;
    expect(['cache/tmp', 'home/me/cache/tmp', 'top', 'home/top'].map(matches)).toEqual([
      ...[true, true, true, false],
    ]);
  });

  test('that are no patterns are refused before anything begins, and others are not', () => {
    const check = (pattern: string) => checkRules([{ type: 'exclude', pattern }], { files: real });
    expect(() => check('[')).toThrow(expect.objectContaining({ code: 'USAGE_PATTERN' }));
    expect(() => check('ok')).not.toThrow();
  });

  test('of a file that cannot be read are refused with the reason', () => {
    const file = join(scratchDirectory(), 'none');
    expect(() => compileOptions([{ type: 'exclude-from', file }], real)).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        message: `--exclude-from: ${file} cannot be read: it does not exist.`,
        hint: 'Name a file of patterns, one per line.',
        cause: expect.objectContaining({ code: 'ENOENT' }) as Error,
      }),
    );
    const mistake = new TypeError('a mistake');
    const files = {
      ...real,
      readFile(): never {
        throw mistake;
      },
    };
    expect(() => compileOptions([{ type: 'exclude-from', file }], files)).toThrow(mistake);
  });
});

/** The patterns of the ignore files in a directory, and what is told. */
function read(
  make: (path: (name: string) => string) => void,
  names: string[],
  files: FileSystem = real,
) {
  const directory = scratchDirectory();
  make((name) => join(directory, name));
  const handle = real.at.open(undefined, directory as ByteString, 'read-directory');
  const issues: Issue[] = [];
  try {
    const listing = { handle, names: real.at.list(handle).sort(), device: 1, mount: undefined };
    const place = { path: '/shown' as ByteString, listing };
    const rules = readIgnoreFiles(place, names as ByteString[], files, issues);
    return {
      compiled: rules,
      rules: rules.map(
        ({ source: { pattern, origin } }) => `${origin?.file}:${origin?.line} ${pattern}`,
      ),
      issues,
    };
  } finally {
    real.close(handle);
    expect(openFilesBelow(directory)).toEqual([]);
  }
}

describe('the ignore files of a directory', () => {
  test('are read in the order of their names as given, and those that are not there are none', () => {
    const make = (path: (name: string) => string): void => {
      fs.writeFileSync(path('.b'), 'one\n# note\ntwo');
      fs.writeFileSync(path('.a'), 'three');
    };
    expect(read(make, ['.b', '.none', '.a'])).toMatchObject({
      rules: ['/shown/.b:1 one', '/shown/.b:3 two', '/shown/.a:1 three'],
      issues: [],
    });
  });

  test('hold where they lie, where a slash stands within', () => {
    const make = (path: (name: string) => string): void =>
      fs.writeFileSync(path('.a'), 'cache/tmp\n/top');
    const { compiled } = read(make, ['.a']);
    const matches = (path: string) => lastMatch(compiled, path.split('/'), false) !== undefined;
    expect(['cache/tmp', 'sub/cache/tmp', 'top', 'sub/top'].map(matches)).toEqual([
      ...[true, false, true, false],
    ]);
  });

  test.each([
    ['a directory', (path: string) => fs.mkdirSync(path)],
    ['a fifo', (path: string) => makeFifo(path)],
  ])('are files: %s is none, and is not told', (_, make) => {
    const seen = read((path) => make(path('.ignore')), ['.ignore']);
    expect(seen).toMatchObject({ rules: [], issues: [] });
  });

  test('may have 1 MiB, and no more', () => {
    const lines = (bytes: number) => (path: (name: string) => string) =>
      fs.writeFileSync(path('.ignore'), `rule\n#${'x'.repeat(bytes - 6)}`);
    expect(read(lines(MIB), ['.ignore'])).toMatchObject({
      rules: ['/shown/.ignore:1 rule'],
      issues: [],
    });
    expect(read(lines(MIB + 1), ['.ignore'])).toMatchObject({
      rules: [],
      issues: [
        {
          path: '/shown/.ignore',
          code: 'RULES_UNREADABLE',
          message: 'The rules of /shown/.ignore were ignored: it is larger than 1 MiB.',
        },
      ],
    });
  });

  test('that cannot be read are told, and the others hold', () => {
    const files = filesWithAt((at) => ({
      open(directory, name, mode) {
        if (name === '.a') throw systemError('EACCES');
        return at.open(directory, name, mode);
      },
    }));
    const make = (path: (name: string) => string): void => {
      for (const name of ['.a', '.b']) fs.writeFileSync(path(name), `of ${name}`);
    };
    expect(read(make, ['.a', '.b'], files)).toMatchObject({
      rules: ['/shown/.b:1 of .b'],
      issues: [
        {
          path: '/shown/.a',
          code: 'RULES_UNREADABLE',
          message: 'The rules of /shown/.a were ignored: permission denied.',
        },
      ],
    });
  });

  test('hide no mistake', () => {
    const mistake = new TypeError('a mistake');
    const files = {
      ...real,
      read(): never {
        throw mistake;
      },
    };
    const make = (path: (name: string) => string) => fs.writeFileSync(path('.a'), 'x');
    expect(() => read(make, ['.a'], files)).toThrow(mistake);
  });

  test('that shrink while they are read are what was read of them', () => {
    const files: FileSystem = {
      ...real,
      read: (descriptor, into, position) => real.read(descriptor, into.subarray(0, 4), position),
    };
    const make = (path: (name: string) => string) => fs.writeFileSync(path('.a'), 'one\ntwo\n');
    expect(read(make, ['.a'], files).rules).toEqual(['/shown/.a:1 one']);
  });
});
