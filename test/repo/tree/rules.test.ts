import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileLines, compileOption, type PatternRule } from '../../../src/repo/tree/rules.js';
import { isLeftOut } from '../../support/filter.js';

const rule = (text: string): PatternRule =>
  text.startsWith('+ ')
    ? { type: 'include', pattern: text.slice(2) }
    : { type: 'exclude', pattern: text };

/** Whether `path` (a directory when it ends in a slash) is left out by `rules` (`+ ` includes). */
function excluded(path: string | Buffer, ...rules: string[]): boolean {
  return isLeftOut(Buffer.concat([Buffer.from('/'), Buffer.from(path)]), {
    rules: rules.map(rule),
  });
}

describe('a pattern', () => {
  test.each([
    ['*.tmp', 'home/x/a.tmp', true],
    ['*.tmp', 'home/x/a.tmp.txt', false],
    ['*.TMP', 'home/x/a.tmp', false],
    ['cache', 'home/cache', true],
    ['cache', 'home/cache/a', true],
    ['cache/', 'home/cache/', true],
    ['cache/', 'home/cache', false],
    ['/home/x/*.tmp', 'home/x/a.tmp', true],
    ['/home/x/*.tmp', 'home/x/y/a.tmp', false],
    ['/home/x/*.tmp', 'srv/home/x/a.tmp', false],
    ['/home/**/*.tmp', 'home/x/y/a.tmp', true],
    ['/home', 'home/', true],
    ['cache/tmp', 'home/x/cache/tmp', true],
    ['cache/tmp', 'home/x/cache/y/tmp', false],
    ['**/cache/*.o', 'home/cache/a.o', true],
    ['/a/**', 'a/', false],
    ['/a/**', 'a/b', true],
    ['[ab].c', 'x/a.c', true],
    ['[!ab].c', 'x/a.c', false],
    ['\\*.c', 'x/a.c', false],
    ['\\*.c', 'x/*.c', true],
    ['#*#', 'x/#draft#', true],
    ['\\!x', 'a/!x', true],
    ['*.tmp', 'home/new\nline.tmp', true],
    ['/a/**/b', 'a/new\nline/b', true],
  ])('%s on %s: %s', (pattern, path, isExcluded) => {
    expect(excluded(path, pattern)).toBe(isExcluded);
  });

  test('that starts with an exclamation mark is turned around', () => {
    expect(excluded('a.log', '*.log', '!a.log')).toBe(false);
    expect(excluded('a.log', '+ *.log', '+ !a.log')).toBe(true);
  });

  test.each(['', '/', '!', '  ', '!/'])('that names nothing ("%s") is refused', (pattern) => {
    expect(() => compileOption({ type: 'exclude', pattern })).toThrow(
      expect.objectContaining({
        code: 'USAGE_PATTERN',
        message: `The pattern "${pattern}" names nothing.`,
        hint: 'Give a name such as "*.tmp", "cache/" or "/home/*/Downloads".',
      }),
    );
  });
});

const UNCLOSED = 'has a [ that nothing closes, or an unknown [:class:]';

test.each([
  ['a[b', UNCLOSED],
  ['[', UNCLOSED],
  ['[[:none:]]', UNCLOSED],
  ['a[\\', 'ends in a backslash'],
  ['a\\', 'ends in a backslash'],
  ['\\\\\\', 'ends in a backslash'],
])('a pattern that can match nothing (%s) is refused', (pattern, what) => {
  expect(() => compileOption({ type: 'exclude', pattern })).toThrow(
    expect.objectContaining({
      code: 'USAGE_PATTERN',
      message: `The pattern "${pattern}" ${what}.`,
    }),
  );
});

describe('the lines of a file', () => {
  const lines = (text: string) =>
    compileLines(text, 'f', 'directory').map(({ source }) => [source.origin?.line, source.pattern]);

  test('are patterns; comments, blank lines and spaces at the end do not count', () => {
    expect(lines('# comment\n\n  \n*.tmp  \r\n!keep.tmp\n\\#name\nspace\\ \ntab\t')).toEqual([
      [4, '*.tmp'],
      [5, '!keep.tmp'],
      [6, '\\#name'],
      [7, 'space\\ '],
      [8, 'tab\t'],
    ]);
  });

  test('may begin with a byte order mark', () => {
    expect(lines('\ufeffa')).toEqual([[1, 'a']]);
  });

  test('that can match nothing are passed over', () => {
    expect(lines('a[b\nc\\\nd')).toEqual([[3, 'd']]);
  });
});

describe('several rules', () => {
  test('the last that matches decides', () => {
    expect(excluded('x/keep.log', '*.log', '+ keep.log')).toBe(false);
    expect(excluded('x/keep.log', '+ keep.log', '*.log')).toBe(true);
  });

  test('nothing below an excluded directory comes back', () => {
    expect(excluded('cache/keep', 'cache/', '+ keep')).toBe(true);
  });

  test('something below comes back when only the entries were excluded', () => {
    expect(excluded('cache/keep', 'cache/*', '+ keep')).toBe(false);
  });

  test('no rules exclude nothing', () => {
    expect(excluded('any/thing')).toBe(false);
  });
});

describe('bytes', () => {
  const name = (...bytes: number[]) => Buffer.from([0x66, ...bytes, 0x6f]);

  test('a question mark is one character of UTF-8', () => {
    expect(excluded('féo', 'f?o')).toBe(true);
    expect(excluded('f€o', 'f?o')).toBe(true);
    expect(excluded('féo', 'f??o')).toBe(false);
  });

  test('a question mark is one byte that is not UTF-8', () => {
    expect(excluded(name(0xe9), 'f?o')).toBe(true);
    expect(excluded(name(0xe9, 0xff), 'f??o')).toBe(true);
  });

  test('a class holds characters of UTF-8, not their bytes', () => {
    expect(excluded('féo', 'f[à-ü]o')).toBe(true);
    expect(excluded('f€o', 'f[à-ü]o')).toBe(false);
    expect(excluded(name(0xc3), 'f[à-ü]o')).toBe(false);
  });

  test('an invalid byte matches itself alone', () => {
    expect(excluded(name(0xe9), 'f\udce9o')).toBe(true);
    expect(excluded(name(0xe8), 'f\udce9o')).toBe(false);
    expect(excluded('féo', 'f\udce9o')).toBe(false);
  });

  test('a star spans bytes of any kind', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => {
        fc.pre(!bytes.includes(0x2f) && !bytes.includes(0));
        const path = Buffer.concat([Buffer.from('d/f'), bytes, Buffer.from('.tmp')]);
        expect(excluded(path, '*.tmp')).toBe(true);
        expect(excluded(path, '/d/f*.tmp')).toBe(true);
        expect(excluded(path, '/d/f*.txt')).toBe(false);
      }),
    );
  });
});

test('a match is found whatever its pattern is made of', () => {
  const piece = fc.constantFrom(
    'a',
    'b.c',
    '$x',
    '(d)',
    'é',
    'x\ny',
    '+',
    ']',
    '-',
    '{e}',
    '|',
    '^',
  );
  const wildcard = fc.constantFrom('', '*', '?', '[a-z]', '\\*', '/**/');
  const wildcards = { '': '', '*': 'any', '?': 'z', '[a-z]': 'q', '\\*': '*', '/**/': '/sub/' };
  fc.assert(
    fc.property(fc.array(fc.tuple(wildcard, piece), { minLength: 1 }), (parts) => {
      const pattern = parts.map(([w, p]) => w + p).join('');
      const path = parts.map(([w, p]) => wildcards[w] + p).join('');
      fc.pre(!path.startsWith('/'));
      expect(excluded(path, pattern)).toBe(true);
    }),
  );
});
