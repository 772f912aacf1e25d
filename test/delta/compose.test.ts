import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyDelta } from '../../src/delta/apply.js';
import { composeDeltas, foldDeltas } from '../../src/delta/compose.js';
import type { Delta } from '../../src/delta/delta.js';
import { blake3 } from '../../src/platform/hash.js';
import { ByteWriter } from '../../src/delta/varint.js';
import { noise, runs } from '../support/seed.js';
import { applyEach, chain, codeOf, delta, edits, text } from '../support/texts.js';

test('two deltas composed rebuild what one after the other does', () => {
  fc.assert(
    fc.property(text, edits, edits, (newest, first, second) => {
      const { texts, deltas } = chain(newest, [first, second]);
      const both = composeDeltas(deltas[0]!, deltas[1]!);
      expect(applyDelta(newest, both).equals(texts[2]!)).toBe(true);
    }),
    runs(600),
  );
});

test('composition is associative, down to the streams', () => {
  fc.assert(
    fc.property(text, edits, edits, edits, (newest, first, second, third) => {
      const [a, b, c] = chain(newest, [first, second, third]).deltas as [Delta, Delta, Delta];
      const left = composeDeltas(composeDeltas(a, b), c);
      expect(composeDeltas(a, composeDeltas(b, c))).toEqual(left);
    }),
    runs(300),
  );
});

test('a chain of any length folds into what its links do', () => {
  fc.assert(
    fc.property(text, fc.array(edits, { minLength: 1, maxLength: 9 }), (newest, steps) => {
      const { texts, deltas } = chain(newest, steps);
      const folded = foldDeltas(deltas);
      expect(folded.targetHash).toEqual(blake3(texts.at(-1)!));
      expect(applyDelta(newest, folded).equals(applyEach(newest, deltas))).toBe(true);
    }),
    runs(300),
  );
});

test('a chain of one is that delta', () => {
  const only = delta(noise(300, 1), noise(200, 1));
  expect(foldDeltas([only])).toEqual(only);
});

test('literals that no longer reach the end are dropped', () => {
  const newest = noise(1000, 2);
  const middle = Buffer.concat([newest, noise(500, 3)]);
  const both = composeDeltas(delta(newest, middle), delta(middle, newest));
  expect(both.literals).toHaveLength(0);
  expect([...both.copyLengths]).toEqual([...delta(newest, newest).copyLengths]);
});

test('deltas that do not follow each other are refused', () => {
  const first = delta(noise(100, 4), noise(100, 5));
  const second = delta(noise(100, 6), noise(100, 7));
  expect(codeOf(() => composeDeltas(first, second))).toBe('DELTA_BASIS_MISMATCH');
});

test('a copy from behind the end of the text in the middle is refused', () => {
  const middle = noise(100, 8);
  const first = delta(noise(100, 9), middle);
  const second = { ...delta(noise(200, 8), noise(200, 8)), basisHash: blake3(middle) };
  expect(codeOf(() => composeDeltas(first, second))).toBe('DELTA_CORRUPT');
});

test('a few deltas that copy their basis again and again cannot fill the memory', () => {
  const links = Array.from({ length: 12 }, (_, i) => repeating(10 ** i));
  const steps = links.map((link, i) => ({
    ...link,
    basisHash: hashOf(i),
    targetHash: hashOf(i + 1),
  }));
  expect(codeOf(() => foldDeltas(steps))).toBe('DELTA_TOO_LARGE');
});

function hashOf(link: number): Buffer {
  return blake3(Buffer.of(link));
}

/** A delta that copies a basis of `length` bytes ten times. */
function repeating(length: number): Omit<Delta, 'basisHash' | 'targetHash'> {
  const copyLengths = new ByteWriter();
  const copyOffsets = new ByteWriter();
  for (let i = 0; i < 10; i += 1) {
    copyLengths.varint(length);
    copyOffsets.varint(i === 0 ? 0 : 2 * length - 1);
  }
  return {
    targetLength: 10 * length,
    literalLengths: Buffer.alloc(10),
    copyLengths: copyLengths.finish(),
    copyOffsets: copyOffsets.finish(),
    literals: Buffer.alloc(0),
  };
}

test('lengths and offsets beyond 2^32 are composed exactly', () => {
  const far = 2 ** 40 + 12_345;
  const first = { ...stream([far], [0]), basisHash: hashOf(0), targetHash: hashOf(1) };
  const second = {
    ...stream([5, 7], [far - 100, 10]),
    basisHash: hashOf(1),
    targetHash: hashOf(2),
  };
  expect(composeDeltas(first, second)).toEqual({ ...second, basisHash: hashOf(0) });
});

/** A delta of copies alone. */
function stream(lengths: number[], offsets: number[]): Omit<Delta, 'basisHash' | 'targetHash'> {
  const [copyLengths, copyOffsets] = [new ByteWriter(), new ByteWriter()];
  for (const length of lengths) copyLengths.varint(length);
  for (const offset of offsets) copyOffsets.varint(2 * offset);
  return {
    targetLength: lengths.reduce((sum, length) => sum + length),
    literalLengths: Buffer.alloc(lengths.length),
    copyLengths: copyLengths.finish(),
    copyOffsets: copyOffsets.finish(),
    literals: Buffer.alloc(0),
  };
}
