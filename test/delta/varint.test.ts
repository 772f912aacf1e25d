import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteWriter, readVarint, unzigzag, zigzag } from '../../src/delta/varint.js';
import { runs } from '../support/seed.js';
import { codeOf } from '../support/texts.js';

function written(...values: number[]): Buffer {
  const writer = new ByteWriter(1);
  for (const value of values) writer.varint(value);
  return writer.finish();
}

function read(bytes: Uint8Array): number {
  return readVarint({ bytes, position: 0 });
}

const LIMITS = Array.from({ length: 53 }, (_, bit) => 2 ** bit).flatMap((n) => [n - 1, n, n + 1]);

test('every number at a power of two and beside it survives, up to 2^53 - 1', () => {
  for (const value of [...LIMITS, Number.MAX_SAFE_INTEGER])
    expect(read(written(value))).toBe(value);
});

test('a varint has its least significant seven bits first', () => {
  expect(written(0, 127, 128, 300, 2 ** 32).toString('hex')).toBe('007f8001ac028080808010');
});

test('any run of numbers is read back in order', () => {
  const numbers = fc.array(fc.maxSafeNat(), { maxLength: 40 });
  fc.assert(
    fc.property(numbers, (values) => {
      const cursor = { bytes: written(...values), position: 0 };
      expect(values.map(() => readVarint(cursor))).toEqual(values);
      expect(cursor.position).toBe(cursor.bytes.length);
    }),
    runs(500),
  );
});

test.each([
  ['nothing', ''],
  ['an unfinished number', '80'],
  ['a number written longer than needed', '8000'],
  ['zero written longer than needed', '808000'],
  ['2^53', '8080808080808010'],
  ['a number that does not end within eight bytes', 'ffffffffffffffff7f'],
])('%s is refused', (_name, hex) => {
  expect(codeOf(() => read(Buffer.from(hex, 'hex')))).toBe('DELTA_CORRUPT');
});

test('zigzag puts small numbers of either sign first', () => {
  expect([0, -1, 1, -2, 2].map(zigzag)).toEqual([0, 1, 2, 3, 4]);
});

test('zigzag is undone for every offset that a position can have', () => {
  const offset = fc.integer({ min: -(2 ** 52) + 1, max: 2 ** 52 - 1 });
  fc.assert(
    fc.property(offset, (value) => {
      expect(unzigzag(zigzag(value))).toBe(value);
    }),
    runs(1000),
  );
  for (const value of [2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 52 - 1]) {
    expect(unzigzag(zigzag(value))).toBe(value);
  }
});
