import { describe, expect, test } from 'vitest';
import { startBlake3 } from '../../../src/platform/hash.js';
import { signatureCollisions } from '../../../src/rdiff/format/collisions.js';
import { DeltaWriter } from '../../../src/rdiff/format/delta-writer.js';
import { DirectDeltaWriter } from '../../../src/rdiff/format/direct-delta-writer.js';
import {
  makeDirectDelta,
  makeSignature,
  readSignature,
  type SignatureOptions,
} from '../../../src/rdiff/format/whole.js';
import { noise } from '../../support/seed.js';
import { mutation } from '../../support/seeded.js';

/** Runs of a few bytes: blocks repeat, and match at many places. */
function runsOf(seed: number): Buffer {
  return Buffer.concat(
    Array.from(noise(120, seed), (byte) => Buffer.alloc(1 + (byte >> 2), byte & 3)),
  );
}

type Texts = readonly [basis: Buffer, target: Buffer];

const TEXTS: readonly Texts[] = [
  ...[1, 2, 3, 4, 5, 6, 7, 8].map((seed): Texts => {
    const { basis, target } = mutation(seed);
    return [basis, target];
  }),
  ...[1, 2, 3, 4].map((seed): Texts => [runsOf(seed), runsOf(seed + 1)]),
  [noise(9001, 1), Buffer.concat([noise(200_000, 2), noise(9001, 1).subarray(100)])],
  [noise(70_000, 3), Buffer.concat([noise(70_000, 3).subarray(33_333), noise(70_000, 3)])],
];

const SIGNATURES: readonly SignatureOptions[] = [
  {},
  { weak: 'rollsum', strong: 'md4', blockLength: 2048, strongLength: 8 },
  { weak: 'rollsum', blockLength: 64, strongLength: -1 },
  { strong: 'md4', blockLength: 17 },
  { blockLength: 16, strongLength: 1 },
];

describe('for the same files the same bytes come out', () => {
  // Deltas are compared by their length with those of other versions: who changes on purpose what the
  // search finds compares sizes and times first, and then writes down what this test says.
  const digestOf = (make: (texts: Texts) => Uint8Array | string): string => {
    const digest = startBlake3();
    for (const texts of TEXTS) digest.update(Buffer.from(make(texts)));
    return digest.hex().slice(0, 16);
  };
  const searched = (options: SignatureOptions) => (texts: Texts) => {
    const writer = new DeltaWriter(readSignature(makeSignature(texts[0], options)));
    const bytes = Buffer.concat([writer.update(texts[1]), writer.finish()]);
    return `${JSON.stringify([writer.instructionCounts, writer.matchCounts])}${bytes.toString('hex')}`;
  };
  const direct = (blockLength: number) => (texts: Texts) => {
    const writer = new DirectDeltaWriter(texts[0], { blockLength });
    const pieces = [writer.update(texts[1]), writer.finish()];
    return `${JSON.stringify(writer.instructionCounts)}${Buffer.concat(pieces).toString('hex')}`;
  };

  test.each([
    ['305b16f04328e111', SIGNATURES[0]!],
    ['b152710e8da90685', SIGNATURES[1]!],
    ['f13fc6879b3e1b8d', SIGNATURES[2]!],
    ['7681a028dc05565c', SIGNATURES[3]!],
    ['c7b9dd31268a7d7c', SIGNATURES[4]!],
  ])('%s: of a search, with what it counts, by a signature with %o', (expected, options) => {
    expect(digestOf(searched(options))).toBe(expected);
  });

  test.each([
    [
      '8aa6769c0a3c5c2f',
      'both files whole',
      ([basis, target]: Texts) => makeDirectDelta(basis, target),
    ],
    ['b9589d4cf62c1601', 'both files, piece by piece', direct(128)],
    ['f1814a3ab8f0ced8', 'both files, by blocks of 9', direct(9)],
    [
      '085abcad8fb7e854',
      'the collisions of a signature',
      ([basis]: Texts) =>
        JSON.stringify(
          SIGNATURES.map((options) =>
            signatureCollisions(readSignature(makeSignature(basis, options))),
          ),
        ),
    ],
  ])('%s: of %s', (expected, _, make) => {
    expect(digestOf(make)).toBe(expected);
  });
});
