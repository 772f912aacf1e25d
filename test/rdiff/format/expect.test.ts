/** What is taken for what, at its bounds, and how anything else is told. */
import { describe, expect, test } from 'vitest';
import {
  expectBytes,
  expectFunctions,
  expectOneOf,
  expectOptions,
  expectPath,
  expectSignature,
  expectWhole,
  wrongArgument,
} from '../../../src/rdiff/format/expect.js';
import { makeSignature, readSignature } from '../../../src/rdiff/format/whole.js';

const refused = (message: string | RegExp): unknown =>
  expect.objectContaining({
    code: 'RDIFF_PARAMETER',
    message: typeof message === 'string' ? message : (expect.stringMatching(message) as string),
  });

const AMOUNT = 'a number of bytes, 0 or more';
const COUNT = 'a whole number, 0 or more';
const RIGHT = [0, 1, Number.MAX_SAFE_INTEGER];
const FRACTIONS = [-1, 0.5, NaN, -Infinity, 2 ** 53, '1', null, 1n];

describe('an option', () => {
  test.each<readonly [string, string, readonly unknown[], readonly unknown[]]>([
    ['maxOutput', AMOUNT, [...RIGHT, Infinity], FRACTIONS],
    ['maxMemory', AMOUNT, [...RIGHT, Infinity], FRACTIONS],
    ['maxBlockSums', COUNT, [...RIGHT, Infinity], FRACTIONS],
    ['jobs', 'a whole number, 1 or more', [1, 2, 1000], [0, Infinity, ...FRACTIONS]],
    ['blockLength', 'a number of bytes', [0, 1, -1, 0.5], ['1', null, 1n]],
    ['strongLength', 'a number of bytes', [0, 1, -1, 0.5], ['1', null, 1n]],
    ['weak', '"rabinkarp" or "rollsum"', ['rabinkarp', 'rollsum'], ['blake2', '', null]],
    ['strong', '"blake2" or "md4"', ['blake2', 'md4'], ['rollsum', '', null]],
    ['force', 'true or false', [true, false], [0, 1, 'true', null]],
    ['signal', 'an AbortSignal', [new AbortController().signal], [{}, true, null]],
    ...['basis', 'signature', 'target', 'delta', 'sidecar', 'old', 'new'].map(
      (name) => [name, 'a path', ['', 'x'], [5, null, true]] as const,
    ),
  ])('%s is %s', (name, expected, right, wrong) => {
    for (const value of [...right, undefined]) expectOptions({ [name]: value });
    for (const value of wrong) {
      const told = (text: string): boolean =>
        text.startsWith(`The option ${name} must be ${expected}, not `);
      expect(() => expectOptions({ [name]: value })).toThrow(
        expect.objectContaining({ message: expect.toSatisfy(told) as string }),
      );
    }
  });

  test('that nobody knows is passed over, also one with the name of what every object has', () => {
    expectOptions({ colour: 5, toString: 5, constructor: null, hasOwnProperty: 1 });
  });
});

test('options are an object', () => {
  for (const value of [null, undefined, 5, 'x']) {
    expect(() => expectOptions(value, 'The sizes')).toThrow(
      refused(/^The sizes must be an object, not /),
    );
    expect(() => expectOptions(value)).toThrow(refused(/^options must be an object, not /));
  }
});

test('bytes and paths are just that', () => {
  expectBytes('It', new Uint8Array(0));
  expectBytes('It', Buffer.alloc(1));
  expectPath('It', '');
  for (const value of [
    [1],
    new Uint16Array(1),
    new ArrayBuffer(1),
    new DataView(new ArrayBuffer(1)),
  ]) {
    expect(() => expectBytes('It', value)).toThrow(
      refused(/^It must be bytes \(a Uint8Array or a Buffer\), not /),
    );
    expect(() => expectPath('It', value)).toThrow(refused(/^It must be a path, not /));
  }
});

test('a signature is one that was read: each of its parts counts', () => {
  const signature = readSignature(makeSignature(Buffer.from('text')));
  expectSignature('It', signature);
  for (const part of ['kind', 'weak', 'entries'] as const) {
    const rest = Object.fromEntries(Object.entries(signature).filter(([name]) => name !== part));
    expect(() => expectSignature('It', rest)).toThrow(
      expect.objectContaining({
        code: 'RDIFF_PARAMETER',
        message: 'It must be a signature, not an object',
        hint: 'readSignature makes one of a signature file.',
      }),
    );
  }
  expect(() => expectSignature('It', { ...signature, kind: 'blake2' })).toThrow(
    refused(/^It must/),
  );
});

test('functions are all there', () => {
  const [copy, literal] = [() => undefined, () => undefined];
  expectFunctions('It', { copy, literal }, ['copy', 'literal']);
  for (const value of [{ copy }, { literal }, { copy, literal: 5 }, null, copy]) {
    expect(() => expectFunctions('It', value, ['copy', 'literal'])).toThrow(
      refused(/^It must be an object with the functions copy and literal, not /),
    );
  }
});

test('whole numbers and names are within their bounds', () => {
  for (const value of [2, 3, 4]) expectWhole('It', value, 2, 4);
  for (const value of [1, 5, 2.5, NaN, '3', Infinity]) {
    expect(() => expectWhole('It', value, 2, 4)).toThrow(
      refused(/^It must be a whole number from 2 to 4, not /),
    );
  }
  expectOneOf('It', 'a', ['a', 'b']);
  expect(() => expectOneOf('It', 'c', ['a', 'b'])).toThrow(
    refused('It must be "a" or "b", not "c"'),
  );
});

test.each<readonly [unknown, string]>([
  ['x'.repeat(40), `"${'x'.repeat(40)}"`],
  ['x'.repeat(41), `"${'x'.repeat(40)}"`],
  ['a"b', '"a\\"b"'],
  [() => 1, 'a function'],
  [Symbol('s'), 'a symbol'],
  [5n, '5n'],
  [5.5, '5.5'],
  [undefined, 'undefined'],
  [null, 'null'],
  [true, 'true'],
  [new Uint8Array(1), '1 byte'],
  [Buffer.alloc(2), '2 bytes'],
  [{}, 'an object'],
  [Object.create(null), 'an object'],
  [{ constructor: 5 }, 'an object'],
  [[1], 'an object of the kind Array'],
  [new Map(), 'an object of the kind Map'],
])('what came is told in few words: %#', (value, told) => {
  expect(wrongArgument('It', 'right', value).message).toBe(`It must be right, not ${told}`);
  expect(wrongArgument('It', 'right', value).hint).toBeUndefined();
  expect(wrongArgument('It', 'right', value, 'Do so.').hint).toBe('Do so.');
});
