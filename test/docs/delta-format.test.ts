/**
 * A second decoder, written from docs/delta-format.md alone and sharing no code with the first: if
 * the page and the sources part, one of them fails here.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { composeDeltas } from '../../src/delta/compose.js';
import { serializeDelta } from '../../src/delta/serialize.js';
import { runs } from '../support/seed.js';
import { chain, delta, edited, edits, text } from '../support/texts.js';

class Reader {
  #at = 0;
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  get done(): boolean {
    return this.#at === this.bytes.length;
  }

  take(count: number): Buffer {
    this.#at += count;
    return this.bytes.subarray(this.#at - count, this.#at);
  }

  varint(): bigint {
    const byte = BigInt(this.take(1)[0]!);
    return byte < 128n ? byte : byte - 128n + 128n * this.varint();
  }

  signed(): bigint {
    const value = this.varint();
    return value % 2n === 0n ? value / 2n : -(value + 1n) / 2n;
  }
}

function decode(basis: Buffer, standalone: Buffer): Buffer {
  const header = new Reader(standalone);
  expect(header.take(5)).toEqual(Buffer.from('VRVD\x01', 'latin1'));
  header.take(64);
  const targetLength = header.varint();
  const lengths = [1, 2, 3, 4].map(() => Number(header.varint()));
  const streams = lengths.map((length) => new Reader(header.take(length)));
  const [literalLengths, copyLengths, copyOffsets, literals] = streams as [
    Reader,
    Reader,
    Reader,
    Reader,
  ];
  const parts: Buffer[] = [];
  let end = 0n;
  while (!literalLengths.done) {
    parts.push(literals.take(Number(literalLengths.varint())));
    if (copyLengths.done) continue;
    const start = end + copyOffsets.signed();
    end = start + copyLengths.varint();
    parts.push(basis.subarray(Number(start), Number(end)));
  }
  const target = Buffer.concat(parts);
  expect(BigInt(target.length)).toBe(targetLength);
  expect([header, ...streams].every((reader) => reader.done)).toBe(true);
  return target;
}

test('a decoder made from the documentation reads what the encoder writes', () => {
  fc.assert(
    fc.property(text, edits, (basis, steps) => {
      const target = edited(basis, steps);
      const made = serializeDelta(delta(basis, target));
      expect(decode(basis, made).equals(target)).toBe(true);
    }),
    runs(300),
  );
});

test('and what composition writes', () => {
  fc.assert(
    fc.property(text, edits, edits, (newest, first, second) => {
      const { texts, deltas } = chain(newest, [first, second]);
      const both = serializeDelta(composeDeltas(deltas[0]!, deltas[1]!));
      expect(decode(newest, both).equals(texts[2]!)).toBe(true);
    }),
    runs(200),
  );
});
