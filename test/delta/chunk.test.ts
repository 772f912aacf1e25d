import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ChunkParams } from '../../src/delta/chunk-params.js';
import { gearTable, nextCut } from '../../src/delta/chunk.js';
import { blake3 } from '../../src/platform/hash.js';
import { noise, runs } from '../support/seed.js';

const PARAMS: ChunkParams = { min: 512, average: 2048, max: 8192 };

function cuts(bytes: Buffer, params = PARAMS): number[] {
  const found = [];
  for (let at = 0; at < bytes.length; found.push(at)) at = nextCut(bytes, at, bytes.length, params);
  return found;
}

/** The specification, one byte at a time and in numbers that cannot overflow. */
function slowCut(bytes: Buffer, start: number, end: number, params: ChunkParams): number {
  const limit = Math.min(end, start + params.max);
  for (let at = start + params.min; at < limit; at += 1) {
    const bits = Math.log2(params.average) + (at < start + params.average ? 2 : -2);
    if (slowHash(bytes, at) < 2 ** (32 - bits)) return at;
  }
  return limit;
}

function slowHash(bytes: Buffer, at: number): bigint | number {
  let hash = 0n;
  for (let k = 1; k <= 32; k += 1) {
    const gear = blake3(
      Buffer.from(`varve gear v1${String.fromCharCode(bytes[at - k]!)}`, 'latin1'),
    );
    hash += BigInt(gear.readUInt32LE(0)) << BigInt(k - 1);
  }
  return Number(hash % 2n ** 32n);
}

test('the cuts are those of the specification', () => {
  const small = { min: 64, average: 256, max: 1024 };
  const bytes = noise(6000, 1);
  let at = 0;
  for (const cut of cuts(bytes, small)) {
    expect(cut).toBe(slowCut(bytes, at, bytes.length, small));
    at = cut;
  }
});

test('the gear table is the documented one', () => {
  const hex = (at: number): string => (gearTable()[at]! >>> 0).toString(16).padStart(8, '0');
  expect([hex(0), hex(1), hex(255)]).toEqual(['288ee720', '224090ad', '6e18ea61']);
  const bytes = Buffer.alloc(1024);
  gearTable().forEach((value, i) => bytes.writeInt32LE(value, 4 * i));
  expect(blake3(bytes).toString('hex')).toBe(
    '99bb24f94980a1611eee69b3dba7b7aa4f1be0de3b8a6186e847ef1adb99a675',
  );
});

test('the documented example is cut as documented', () => {
  const bytes = Buffer.concat(Array.from({ length: 64 }, (_, i) => blake3(Buffer.of(i))));
  expect(cuts(bytes, { min: 64, average: 256, max: 1024 })).toEqual([
    256, 548, 818, 1072, 1432, 1701, 1872, 2007, 2048,
  ]);
});

test('every chunk but the last is between least and greatest size', () => {
  const anything = fc.tuple(fc.nat(60_000), fc.nat(50));
  fc.assert(
    fc.property(anything, ([length, seed]) => {
      const found = cuts(noise(length, seed));
      const sizes = found.map((cut, i) => cut - (found[i - 1] ?? 0));
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(length);
      for (const size of sizes) expect(size).toBeLessThanOrEqual(PARAMS.max);
      for (const size of sizes.slice(0, -1)) expect(size).toBeGreaterThanOrEqual(PARAMS.min);
    }),
    runs(100),
  );
});

test('an insert moves the cuts after it and changes few', () => {
  const bytes = noise(400_000, 2);
  const inserted = Buffer.concat([
    bytes.subarray(0, 100_000),
    noise(77, 3),
    bytes.subarray(100_000),
  ]);
  const before = new Set(cuts(bytes).filter((cut) => cut > 120_000));
  const after = cuts(inserted).map((cut) => cut - 77);
  expect(after.filter((cut) => before.has(cut))).toHaveLength(before.size);
});

test('more data behind the greatest size changes no cut', () => {
  const bytes = noise(100_000, 4);
  for (let at = 0; at + PARAMS.max < bytes.length;) {
    const cut = nextCut(bytes, at, bytes.length, PARAMS);
    expect(nextCut(bytes, at, at + PARAMS.max, PARAMS)).toBe(cut);
    at = cut;
  }
});

test('sizes centre on the average', () => {
  const bytes = noise(2_000_000, 5);
  const mean = bytes.length / cuts(bytes).length;
  expect(mean).toBeGreaterThan(PARAMS.average * 0.9);
  expect(mean).toBeLessThan(PARAMS.average * 1.4);
});

test('bytes that never vary are cut at the greatest size, or always alike', () => {
  for (const byte of [0, 255]) {
    const found = cuts(Buffer.alloc(50_000, byte));
    const sizes = new Set(found.slice(0, -1).map((cut, i) => cut - (found[i - 1] ?? 0)));
    expect(sizes.size).toBe(1);
  }
});

test.each([0, 1, 511, 512])('a remainder of %d bytes is one chunk', (length) => {
  expect(nextCut(noise(600, 6), 50, 50 + length, PARAMS)).toBe(50 + length);
});
