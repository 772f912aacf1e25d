import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyDelta } from '../../src/delta/apply.js';
import { encodeDelta } from '../../src/delta/encode.js';
import { serializeDelta } from '../../src/delta/serialize.js';
import { blake3, startBlake3 } from '../../src/platform/hash.js';
import { drawer, noise, prose, runs } from '../support/seed.js';
import { delta, edited, edits, lines, periodic, text, type Edit } from '../support/texts.js';

function roundTrip(basis: Buffer, target: Buffer): void {
  const rebuilt = applyDelta(basis, delta(basis, target));
  if (!rebuilt.equals(target)) throw new Error('the target was not rebuilt');
}

describe('a delta rebuilds its target', () => {
  test('from an unrelated basis', () => {
    fc.assert(fc.property(text, text, roundTrip), runs(400));
  });

  test('from a basis that was edited', () => {
    fc.assert(
      fc.property(text, edits, (basis, steps) => roundTrip(basis, edited(basis, steps))),
      runs(800),
    );
  });

  test('from a basis whose blocks were shuffled', () => {
    const order = fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 4 });
    fc.assert(
      fc.property(order, fc.integer({ min: 1, max: 1500 }), (picks, size) => {
        const basis = noise(8 * size, size);
        const block = (i: number): Buffer => basis.subarray(i * size, (i + 1) * size);
        roundTrip(basis, Buffer.concat(picks.map(block)));
      }),
      runs(200),
    );
  });

  test('whatever the periods of both', () => {
    for (let period = 1; period <= 64; period += 1) {
      const a = periodic(3000, period, 1);
      roundTrip(a, periodic(4000, period, 1));
      roundTrip(a, periodic(4000, 65 - period, 1));
      roundTrip(a, Buffer.concat([a.subarray(7), noise(5, 1), a]));
    }
  });

  test('when one is a prefix or a suffix of the other', () => {
    const whole = noise(5000, 3);
    for (const cut of [0, 1, 15, 16, 17, 1023, 1024, 1025, 4999, 5000]) {
      for (const part of [whole.subarray(0, cut), whole.subarray(cut)]) {
        roundTrip(whole, part);
        roundTrip(part, whole);
      }
    }
  });

  test('at every length around the limits of window, block, reach and span', () => {
    const limits = [0, 1, 4, 8, 16, 40, 48, 256, 512, 1024, 2048, 65_536];
    const lengths = limits.flatMap((n) => [n - 1, n, n + 1]).filter((n) => n >= 0);
    const source = noise(140_000, 4);
    for (const length of lengths) {
      const basis = source.subarray(0, length);
      roundTrip(basis, Buffer.concat([noise(3, 5), basis]));
      roundTrip(Buffer.concat([source.subarray(0, 3000), basis]), Buffer.concat([basis, basis]));
      roundTrip(basis, source.subarray(1, length + 1));
    }
  });

  test('when both are all zeros', () => {
    roundTrip(Buffer.alloc(100_000), Buffer.alloc(70_001));
    roundTrip(Buffer.alloc(70_001), Buffer.alloc(100_000));
  });
});

describe('a delta is small', () => {
  test('a change of one byte costs one literal', () => {
    const basis = noise(100_000, 6);
    const target = Buffer.from(basis);
    target[50_000]! ^= 1;
    expect(delta(basis, target).literals).toHaveLength(1);
  });

  test('an insert is all that is literal, and so a deletion needs nothing', () => {
    const basis = noise(100_000, 7);
    const [head, tail] = [basis.subarray(0, 40_000), basis.subarray(40_000)];
    const target = Buffer.concat([
      head,
      noise(5000, 8),
      tail.subarray(0, 30_000),
      tail.subarray(30_100),
    ]);
    expect(delta(basis, target).literals).toHaveLength(5000);
  });

  test('pages that differ are all that is literal in an image', () => {
    const basis = noise(4096 * 64, 9);
    const target = Buffer.from(basis);
    for (const page of [3, 4, 40]) noise(4096, page).copy(target, 4096 * page);
    expect(delta(basis, target).literals.length).toBeLessThanOrEqual(3 * 4096);
  });

  test('a block that moved is copied from where it was', () => {
    const basis = noise(60_000, 10);
    const target = Buffer.concat([basis.subarray(40_000), basis.subarray(0, 40_000)]);
    expect(delta(basis, target).literals).toHaveLength(0);
  });

  test('lines that were indented cost their indent', () => {
    const basis = lines(500, 11);
    const target = Buffer.from(basis.toString().replaceAll('\n  ', '\n    '));
    expect(delta(basis, target).literals.length).toBeLessThanOrEqual(2 * 500);
  });
});

describe('the largest share of literals', () => {
  const basis = noise(200_000, 12);

  test('a delta within it is made', () => {
    const target = Buffer.concat([basis, noise(50_000, 13)]);
    expect(encodeDelta(basis, target, { maxLiteralShare: 0.2 })).toBeDefined();
  });

  test('beyond it there is none', () => {
    const target = Buffer.concat([basis, noise(50_001, 13)]);
    expect(encodeDelta(basis, target, { maxLiteralShare: 0.2 })).toBeUndefined();
    expect(encodeDelta(basis, noise(200_000, 14), { maxLiteralShare: 0.99 })).toBeUndefined();
  });

  test('an empty target is within any', () => {
    expect(encodeDelta(basis, Buffer.alloc(0), { maxLiteralShare: 0 })).toBeDefined();
  });
});

test('hashes that the caller knows are taken, others are computed', () => {
  const [basis, target] = [noise(50, 15), noise(60, 16)];
  const made = delta(basis, target);
  expect(made.basisHash).toEqual(blake3(basis));
  expect(made.targetHash).toEqual(blake3(target));
  const given = encodeDelta(basis, target, { basisHash: target, targetHash: basis });
  expect(given).toMatchObject({ basisHash: target, targetHash: basis });
});

test('equal inputs give equal deltas, whatever was encoded before', () => {
  const basis = lines(300, 17);
  const target = Buffer.concat([lines(100, 18), basis.subarray(500)]);
  const first = delta(basis, target);
  for (let i = 0; i < 20; i += 1) delta(noise(3000 * i, i), lines(10 * i, i));
  expect(delta(basis, target)).toEqual(first);
});

/** A few steps in the life of a text, the same for the same seed. */
function life(seed: number, longest: number): Edit[] {
  const draw = drawer(seed);
  const kinds = ['insert', 'delete', 'replace', 'move', 'duplicate'] as const;
  return Array.from({ length: 1 + draw(6) }, () => ({
    kind: kinds[draw(kinds.length)]!,
    at: draw(1000) / 1000,
    length: 1 + draw(longest),
    seed: draw(1000),
  }));
}

/** Letters of an alphabet so small that matches of every length are everywhere. */
function letters(length: number, seed: number): Buffer {
  return noise(length, seed).map((byte) => 97 + (byte & 3)) as Buffer;
}

/** Pieces of a text, some with noise between them, in an order by chance. */
function pieces(basis: Buffer, seed: number): Buffer {
  const draw = drawer(seed);
  return Buffer.concat(
    Array.from({ length: 30 }, () => {
      const start = draw(basis.length);
      const gap = noise(draw(3) * draw(60), draw(100));
      return Buffer.concat([gap, basis.subarray(start, start + 20 + draw(90))]);
    }),
  );
}

/** Some bytes of every few thousand are others. */
function touched(basis: Buffer, seed: number): Buffer {
  const draw = drawer(seed);
  const target = Buffer.from(basis);
  for (let at = draw(3000); at < target.length; at += 500 + draw(5000)) {
    noise(1 + draw(700), seed).copy(target, at);
  }
  return target;
}

describe('the copies that the encoder chooses stay the same', () => {
  // What is stored depends on each bound and weight of the search. Who changes one on purpose compares
  // sizes first (`npm run bench`), and then writes down what this test says.
  const cases: readonly [string, string, (seed: number) => readonly [Buffer, Buffer]][] = [
    [
      'of edited lines',
      'e70779f6f4de59fe',
      (seed) => {
        const basis = lines(300, seed);
        return [basis, edited(basis, life(seed, 200))];
      },
    ],
    [
      'of lines with words changed',
      '19d3091ceebda667',
      (seed) => {
        const basis = lines(200, seed);
        const draw = drawer(seed);
        const change = (word: string): string => (draw(12) === 0 ? `w${draw(99)}` : word);
        return [basis, Buffer.from(basis.toString().replace(/\w+/g, change))];
      },
    ],
    [
      'of edited prose',
      'e88ac1f0619d31bd',
      (seed) => {
        const basis = prose(150, seed);
        return [basis, edited(basis, life(seed, 2000))];
      },
    ],
    [
      'of edited noise',
      '3125bf6ceb9c2d7a',
      (seed) => {
        const basis = noise(9000, seed);
        return [basis, edited(basis, life(seed, 3000))];
      },
    ],
    [
      'of few letters',
      '160140737b479834',
      (seed) => [letters(1500, seed), letters(1200, seed + 1)],
    ],
    [
      'of periods',
      '28dbd3c5f04b8be5',
      (seed) => [
        periodic(3000, 1 + seed, 1),
        Buffer.concat([noise(seed, 2), periodic(2500, 7 + seed, 1), periodic(900, 1 + seed, 1)]),
      ],
    ],
    [
      'of pieces from everywhere',
      '3bc4d1410566798a',
      (seed) => {
        const basis = noise(20_000, seed);
        return [basis, pieces(basis, seed)];
      },
    ],
    [
      'of pages',
      '0ecbc6b9b9fb2a76',
      (seed) => {
        const basis = noise(150_000, seed);
        return [basis, touched(basis, seed)];
      },
    ],
    [
      'after long noise',
      '8f5c2cc1b2075500',
      (seed) => {
        const basis = noise(60_000, seed);
        const far = basis.subarray(1000 * seed, 1000 * seed + 60 + 20 * seed);
        return [
          basis,
          Buffer.concat([noise(500 * seed, 1000 + seed), far, basis.subarray(700, 800)]),
        ];
      },
    ],
  ];

  test.each(cases)('%s', (_, expected, textsOf) => {
    const digest = startBlake3();
    for (let seed = 1; seed <= 30; seed += 1) {
      const [basis, target] = textsOf(seed);
      digest.update(serializeDelta(delta(basis, target)));
    }
    expect(digest.hex().slice(0, 16)).toBe(expected);
  });
});
