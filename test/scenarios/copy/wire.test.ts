/** The forms of the wire: what is written is read, and what is no such form is refused. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodePieces,
  decodeRanges,
  encodePieces,
  encodeRanges,
} from '../../../src/remote/copy/wire/binary.js';
import { decodeBegin, encodeBegin } from '../../../src/remote/copy/wire/documents.js';
import { Proof } from '../../../src/remote/copy/draft/proof.js';
import { runs } from '../../support/seed.js';

const safe = fc.nat({ max: Number.MAX_SAFE_INTEGER });

test('ranges and pieces survive, and cut bodies do not', () => {
  const range = fc.record({ offset: safe, length: fc.nat(1000) });
  fc.assert(
    fc.property(fc.array(range, { minLength: 1, maxLength: 20 }), (ranges) => {
      expect(decodeRanges(encodeRanges(ranges))).toMatchObject(ranges);
      const pieces = ranges.map((one, index) =>
        index % 2 === 0
          ? { ...one, type: 'copy' as const, from: index }
          : { ...one, type: 'zeros' as const },
      );
      const bytes = encodePieces(pieces);
      expect(decodePieces(bytes)).toEqual({ pieces, headBytes: bytes.length, dataBytes: 0 });
      expect(() => decodePieces(bytes.subarray(0, -1))).toThrow('malformed');
      expect(() => decodeRanges(bytes.subarray(0, 15))).toThrow('malformed');
    }),
    runs(200),
  );
});

test('a document that begins a file survives, and nothing else is one', () => {
  const begin = {
    sizeBytes: 5,
    blockBytes: 4096,
    method: 'blake3',
    isInPlace: true,
    basis: { name: 'old', identity: 'x' },
    mode: 0o644,
    mtime: { seconds: -1, nanoseconds: 999_999_999 },
  } as const;
  expect(decodeBegin(JSON.parse(JSON.stringify(encodeBegin(begin))))).toEqual(begin);
  expect(decodeBegin({ ...encodeBegin(begin), mode: 0o4755 }).mode).toBe(0o755);
  for (const bad of [
    null,
    1,
    [],
    { size: -1 },
    { size: 1.5 },
    { ...encodeBegin(begin), mode: 65_536 },
    { ...encodeBegin(begin), mtime: [0, 1e9] },
    { ...encodeBegin(begin), basis: { name: 'new', identity: 'x' } },
  ]) {
    expect(() => decodeBegin(bad)).toThrow('The other side sent an unexpected kind of document.');
  }
});

describe('the proof', () => {
  const digest = (byte: number): Buffer => Buffer.alloc(8, byte);

  test('does not depend on the order of arrival', () => {
    const order = fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 8 });
    fc.assert(
      fc.property(order, (blocks) => {
        const proof = new Proof(8);
        blocks.forEach((block) => proof.add(block * 10, 10, digest(block)));
        const whole = new Proof(8);
        const digests = Buffer.concat(Array.from({ length: 8 }, (_, block) => digest(block)));
        whole.addRange(0, 80, 10, digests);
        expect(proof.root(80)).toBe(whole.root(80));
      }),
      runs(200),
    );
  });

  test('wants every byte once', () => {
    const proof = new Proof(8);
    proof.add(0, 10, digest(1));
    expect(() => proof.root(11)).toThrow('do not meet at byte 10');
    proof.add(9, 2, digest(2));
    expect(() => proof.root(11)).toThrow('do not meet at byte 10');
  });

  test('differs where a hash, a length or a place differs', () => {
    const root = (...leaves: readonly (readonly [number, number])[]): string => {
      const proof = new Proof(8);
      let offset = 0;
      for (const [length, byte] of leaves) {
        proof.add(offset, length, digest(byte));
        offset += length;
      }
      return proof.root(offset);
    };
    const roots = [root([5, 1], [5, 2]), root([5, 2], [5, 1]), root([4, 1], [6, 2]), root([10, 1])];
    expect(new Set(roots).size).toBe(4);
  });
});
