import { describe, expect, test } from 'vitest';
import { isInClass, parseClass } from '../../../src/repo/tree/character-class.js';

/** The ASCII characters in a class that is all of `pattern`, and whether it is closed where it ends. */
function membersOf(pattern: string): string | undefined {
  const characters = Array.from(pattern);
  const found = parseClass(characters, 0);
  if (!found) return undefined;
  expect(found.next).toBe(characters.length);
  const all = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));
  return all.filter((character) => isInClass(found.parsed, character.charCodeAt(0))).join('');
}

const printable = Array.from({ length: 95 }, (_, at) => String.fromCharCode(32 + at)).join('');
const without = (text: string): string =>
  Array.from({ length: 128 }, (_, code) => String.fromCharCode(code))
    .filter((character) => !text.includes(character))
    .join('');
const sorted = (text: string): string => Array.from(text).sort().join('');
const lower = 'abcdefghijklmnopqrstuvwxyz';
const upper = lower.toUpperCase();
const digits = '0123456789';

describe('a class holds', () => {
  test.each<[string, string]>([
    ['[abc]', 'abc'],
    ['[a-c]', 'abc'],
    ['[a-a]', 'a'],
    // Its ends are not in order, but the first stands there by itself, as for git.
    ['[c-a]', 'c'],
    ['[a-cx-z]', 'abcxyz'],
    // A bracket that comes first, and a hyphen that comes first or last, stand for themselves.
    ['[]]', ']'],
    ['[]a]', ']a'],
    ['[-a]', '-a'],
    ['[a-]', '-a'],
    ['[a-c-e]', '-abce'],
    ['[+--]', '+,-'],
    ['[!]]', without(']')],
    ['[!abc]', without('abc')],
    ['[^abc]', without('abc')],
    ['[a!^]', '!^a'],
    ['[\\]]', ']'],
    ['[\\\\]', '\\'],
    ['[\\a-\\c]', 'abc'],
    ['[a\\-c]', '-ac'],
    ['[[]', '['],
    ['[[a]', '[a'],
    ['[a[:digit:]_]', `${digits}_a`],
    ['[![:digit:]]', without(digits)],
    // A class cannot begin a range.
    ['[[:digit:]-z]', `-${digits}z`],
    ['[a[:digit:]-z]', `-${digits}az`],
    ['[[:]', ':['],
    ['[[:a]', ':[a'],
  ])('%s: %j', (pattern, members) => {
    expect(membersOf(pattern)).toBe(sorted(members));
  });

  test.each<[string, string]>([
    ['alnum', digits + upper + lower],
    ['alpha', upper + lower],
    ['blank', '\t '],
    ['cntrl', without(printable)],
    ['digit', digits],
    ['graph', printable.slice(1)],
    ['lower', lower],
    ['print', printable],
    ['punct', printable.slice(1).replace(/[a-z0-9]/gi, '')],
    ['space', '\t\n\v\f\r '],
    ['upper', upper],
    ['xdigit', `${digits}ABCDEFabcdef`],
  ])('what [:%s:] means', (name, members) => {
    expect(membersOf(`[[:${name}:]]`)).toBe(sorted(members));
  });

  test('whole characters beyond ASCII', () => {
    const found = parseClass(Array.from('[α-ω😀]x'), 0);
    const within = (text: string) => isInClass(found!.parsed, text.codePointAt(0)!);
    expect(['α', 'μ', 'ω', '😀', 'ѐ', 'a', '😁'].map(within)).toEqual([
      ...[true, true, true, true, false, false, false],
    ]);
    expect(found!.next).toBe(6);
  });
});

describe('no class is', () => {
  test.each(['[', '[a', '[]', '[!]', '[a-', '[a\\', '[[:nothing:]]', '[[:digit:]', '[a[:x1:]]'])(
    '%s',
    (pattern) => {
      expect(parseClass(Array.from(pattern), 0)).toBeUndefined();
    },
  );
});

test('a class is read from where it begins', () => {
  const found = parseClass(Array.from('[x][yz]w'), 3);
  expect(found?.next).toBe(7);
  expect(isInClass(found!.parsed, 'y'.charCodeAt(0))).toBe(true);
  expect(isInClass(found!.parsed, 'x'.charCodeAt(0))).toBe(false);
});
