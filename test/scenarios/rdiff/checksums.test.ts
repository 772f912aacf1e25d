/** Checksum objects: what they compute, that they copy, and how sums collide. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  DeltaWriter,
  makeSignature,
  Md4,
  md4,
  RabinKarp,
  readSignature,
  Rollsum,
  signatureCollisions,
} from '../../../src/index.js';
import { noise, runs } from '../../support/seed.js';

describe('MD4', () => {
  test.each([
    ['', '31d6cfe0d16ae931b73c59d7e0c089c0'],
    ['a', 'bde52cb31de33e46245e05fbdbd6fb24'],
    ['abc', 'a448017aaf21d8525fc10ae87aa6729d'],
    ['message digest', 'd9130a8164549fe818874806e1c7014b'],
    ['abcdefghijklmnopqrstuvwxyz', 'd79e1c308aa5bbcdeea8ed63df412da9'],
    [
      'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789',
      '043f8582f241db351ce627e153e7f0e4',
    ],
    ['1234567890'.repeat(8), 'e33b4ddc9c38f2199c3e7b164fcc0536'],
  ])('of "%s" is that of RFC 1320', (text, sum) => {
    expect(md4(Buffer.from(text)).toString('hex')).toBe(sum);
  });

  test('is the strong sum of a signature of one block, of any length', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.nat(100), (length, seed) => {
        const bytes = noise(length, seed);
        const file = makeSignature(bytes, { strong: 'md4', weak: 'rollsum', blockLength: 5000 });
        expect(md4(bytes)).toEqual(Buffer.from(file.subarray(-16)));
      }),
      runs(100),
    );
  });
});

interface Sum {
  readonly length: number;
  readonly digest: number | (() => Buffer);
  update(bytes: Uint8Array): void;
  copy(): Sum;
}

const SUMS: Readonly<Record<string, () => Sum>> = {
  Md4: () => new Md4(),
  RabinKarp: () => new RabinKarp(),
  Rollsum: () => new Rollsum(),
};
const valueOf = (sum: Sum): string =>
  typeof sum.digest === 'number' ? String(sum.digest) : sum.digest().toString('hex');

describe.each(Object.entries(SUMS))('%s', (_, create) => {
  const sumOf = (bytes: Uint8Array): string => {
    const sum = create();
    sum.update(bytes);
    return valueOf(sum);
  };

  test('a copy has the same bytes, and goes on by itself', () => {
    const pieces = fc.tuple(fc.nat(300), fc.nat(300), fc.nat(300), fc.nat(300));
    fc.assert(
      fc.property(pieces, ([a, b, c, d]) => {
        const [head, more, left, right] = [noise(a, 1), noise(b, 2), noise(c, 3), noise(d, 4)];
        const one = create();
        one.update(head);
        one.update(more);
        const other = one.copy();
        expect(other.length).toBe(a + b);
        expect(valueOf(other)).toBe(valueOf(one));
        one.update(left);
        other.update(right);
        expect(valueOf(one)).toBe(sumOf(Buffer.concat([head, more, left])));
        expect(valueOf(other)).toBe(sumOf(Buffer.concat([head, more, right])));
        // Asking changes nothing.
        expect(valueOf(other.copy())).toBe(valueOf(other));
      }),
      runs(100),
    );
  });
});

test('a copy of a rolling sum rolls as the one it was made of', () => {
  for (const sum of [new Rollsum(), new RabinKarp()]) {
    sum.update(noise(50));
    const copy = sum.copy();
    for (const one of [sum, copy]) {
      one.rotate(noise(50)[0] as number, 7);
      one.rollOut(noise(50)[1] as number);
      one.rollIn(9);
    }
    expect([copy.digest, copy.length]).toEqual([sum.digest, sum.length]);
  }
});

describe('collisions of a signature', () => {
  const collisionsOf = (basis: Uint8Array, options = {}) =>
    signatureCollisions(readSignature(makeSignature(basis, { blockLength: 64, ...options })));

  test('noise has none', () => {
    expect(collisionsOf(noise(64 * 200))).toEqual({
      blocks: 200,
      repeatedBlocks: 0,
      weakSums: 200,
      collidingBlocks: 0,
      mostPerWeakSum: 1,
    });
  });

  test('equal blocks are repeated, not colliding; nothing has nothing', () => {
    const zeros = {
      blocks: 20,
      repeatedBlocks: 19,
      weakSums: 1,
      collidingBlocks: 0,
      mostPerWeakSum: 1,
    };
    expect(collisionsOf(Buffer.alloc(64 * 20))).toEqual(zeros);
    const none = {
      blocks: 0,
      repeatedBlocks: 0,
      weakSums: 0,
      collidingBlocks: 0,
      mostPerWeakSum: 0,
    };
    expect(collisionsOf(Buffer.alloc(0))).toEqual(none);
  });

  test('different blocks with one weak sum collide, and cost a search as many strong sums', () => {
    // Rollsum is blind to this: two bytes up, two between them down.
    const block = noise(64);
    block.fill(100, 0, 4);
    const twin = Buffer.from(block);
    [1, -1, -1, 1].forEach((step, index) => (twin[index] = 100 + step));
    const basis = Buffer.concat([block, noise(64, 2), twin, block, noise(64, 3)]);
    expect(collisionsOf(basis, { weak: 'rollsum' })).toEqual({
      blocks: 5,
      repeatedBlocks: 1,
      weakSums: 3,
      collidingBlocks: 3,
      mostPerWeakSum: 2,
    });
    const signature = readSignature(makeSignature(block, { weak: 'rollsum', blockLength: 64 }));
    const writer = new DeltaWriter(signature);
    writer.update(twin);
    writer.finish();
    expect(writer.matchCounts).toMatchObject({ falseMatches: 1, matches: 0 });
  });

  test('are what comparing all blocks with all gives', () => {
    const blocks = fc.array(fc.constantFrom(0, 1, 2, 3, 4, 5), { maxLength: 40 });
    fc.assert(
      fc.property(blocks, (list) => {
        const base = Buffer.alloc(8, 100);
        const variants = [
          [0, 0, 0, 0],
          [1, -1, -1, 1],
          [-1, 1, 1, -1],
          [5, 0, 0, 0],
          [2, -2, -2, 2],
          [9, 9, 0, 0],
        ];
        const bytes = list.map((variant) => {
          const block = Buffer.from(base);
          (variants[variant] as number[]).forEach((step, at) => (block[at] = 100 + step));
          return block;
        });
        const found = collisionsOf(Buffer.concat(bytes), { weak: 'rollsum', blockLength: 8 });
        const weakOf = (block: Buffer): number => {
          const sum = new Rollsum();
          sum.update(block);
          return sum.digest;
        };
        const groups = new Map<number, string[]>();
        for (const block of bytes) {
          const weak = weakOf(block);
          groups.set(weak, [...(groups.get(weak) ?? []), block.toString('hex')]);
        }
        const different = [...groups.values()].map((group) => new Set(group).size);
        expect(found).toEqual({
          blocks: list.length,
          repeatedBlocks: list.length - different.reduce((sum, count) => sum + count, 0),
          weakSums: groups.size,
          collidingBlocks: [...groups.values()].filter((group) => new Set(group).size > 1).flat()
            .length,
          mostPerWeakSum: Math.max(0, ...different),
        });
      }),
      runs(100),
    );
  });
});
