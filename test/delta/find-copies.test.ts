import { describe, expect, test } from 'vitest';
import { findCopies } from '../../src/delta/find-copies.js';
import { type Text, textOf } from '../../src/delta/text.js';
import { noise } from '../support/seed.js';
import { lines, periodic } from '../support/texts.js';

/** Bytes looked at, one by one or in a comparison: the work of a search, whatever the clock says. */
let work = 0;

function counted(bytes: Buffer): Text {
  const plain = textOf(bytes);
  return { ...plain, bytes: countingBytes(plain.bytes), view: countingView(plain.view) };
}

function countingBytes(bytes: Buffer): Buffer {
  const plain = textOf(bytes).bytes;
  const compare: Buffer['compare'] = (other, from = 0, to = 0, start = 0, end = 0) => {
    work += end - start;
    return plain.compare(other, from, to, start, end);
  };
  return Object.assign(bytes, { compare });
}

function countingView(view: DataView): DataView {
  const plain = new DataView(view.buffer, view.byteOffset, view.byteLength);
  const getInt32 = (at: number, little?: boolean): number => {
    work += 4;
    return plain.getInt32(at, little);
  };
  const getUint8 = (at: number): number => {
    work += 1;
    return plain.getUint8(at);
  };
  return Object.assign(view, { getInt32, getUint8 });
}

function workOf(basis: Buffer, target: Buffer): number {
  work = 0;
  findCopies(counted(basis), counted(target), Infinity);
  return work;
}

type Pair = (length: number) => [basis: Buffer, target: Buffer];

const WORST: readonly (readonly [string, Pair])[] = [
  ['all zeros of two lengths', (n) => [Buffer.alloc(n), Buffer.alloc(n + 100, 0)]],
  ['two periods that nearly agree', (n) => [periodic(n, 63, 1), periodic(n, 64, 1)]],
  ['one period with a byte of noise between', (n) => [periodic(n, 31, 1), dotted(n, 31, 37)]],
  ['zeros with a byte every 40', (n) => [dotted(n, 1, 41), dotted(n, 1, 40)]],
  ['zeros with a byte every 5', (n) => [dotted(n, 1, 6), dotted(n, 1, 5)]],
  ['unrelated noise', (n) => [noise(n, 1), noise(n, 2)]],
  ['unrelated lines of the same words', (n) => [lines(n / 32, 1), lines(n / 32, 2)]],
  ['a basis of two letters', (n) => [letters(n, 3), letters(n, 4)]],
  ['short pieces shuffled near where they were', (n) => [noise(n, 5), shuffledNearby(n, 12)]],
  ['blocks in reverse order', (n) => [noise(n, 5), reversed(noise(n, 5), 64)]],
];

function dotted(length: number, period: number, every: number): Buffer {
  const bytes = periodic(length, period, 1);
  for (let i = 0; i < length; i += every) bytes[i] = (i / every) % 251;
  return bytes;
}

function letters(length: number, seed: number): Buffer {
  return Buffer.from(noise(length, seed).map((byte) => 97 + (byte & 1)));
}

function shuffledNearby(length: number, size: number): Buffer {
  const bytes = noise(length, 5);
  const groups = [];
  for (let at = 0; at < length; at += 16 * size) {
    groups.push(reversed(bytes.subarray(at, at + 16 * size), size));
  }
  return Buffer.concat(groups);
}

function reversed(bytes: Buffer, size: number): Buffer {
  const blocks = [];
  for (let at = 0; at < bytes.length; at += size) blocks.unshift(bytes.subarray(at, at + size));
  return Buffer.concat(blocks);
}

test.each(WORST)('work grows with length and no faster: %s', (_name, pair) => {
  const small = workOf(...pair(64 * 1024));
  const large = workOf(...pair(128 * 1024));
  expect(large).toBeLessThan(2.2 * small + 10_000);
});

test('the worst known text costs fewer than 300 looks a byte', () => {
  const costs = WORST.map(([, pair]) => workOf(...pair(64 * 1024)) / (64 * 1024));
  expect(Math.max(...costs)).toBeLessThan(300);
});

test('an equal end is compared once and never searched', () => {
  const basis = noise(500_000, 6);
  expect(workOf(basis, Buffer.concat([noise(30, 7), basis]))).toBeLessThan(510_000);
});

describe('as many literals as are allowed, and no more', () => {
  const basis = noise(20_000, 8);
  const cases: readonly (readonly [string, Buffer, number])[] = [
    ['nothing in common', noise(5000, 9), 5000],
    ['a byte that is new', Buffer.concat([basis, Buffer.of(1)]), 1],
    ['new bytes at the beginning', Buffer.concat([noise(700, 10), basis]), 700],
    [
      'new bytes within',
      Buffer.concat([basis.subarray(0, 9000), noise(300, 11), basis.subarray(9000)]),
      300,
    ],
    [
      'new bytes behind what has moved',
      Buffer.concat([basis.subarray(9000), basis.subarray(0, 9000), noise(64, 12)]),
      64,
    ],
    ['nothing new', basis.subarray(100, 19_000), 0],
    ['nothing at all', Buffer.alloc(0), 0],
  ];

  test.each(cases)('%s', (_, target, literals) => {
    const found = findCopies(textOf(basis), textOf(target), literals);
    expect(target.length - found!.copied).toBe(literals);
    for (const more of [1, 100, Infinity]) {
      expect(findCopies(textOf(basis), textOf(target), literals + more)?.copied).toBe(
        found!.copied,
      );
    }
    for (const less of [1, 0.5]) {
      expect(findCopies(textOf(basis), textOf(target), literals - less)).toBeUndefined();
    }
  });

  test('no basis is a basis of nothing', () => {
    const target = noise(100, 13);
    expect(findCopies(textOf(Buffer.alloc(0)), textOf(target), 100)?.count).toBe(0);
    expect(findCopies(textOf(Buffer.alloc(0)), textOf(target), 99)).toBeUndefined();
  });
});
