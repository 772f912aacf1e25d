/** A delta that is written piece by piece, from a signature or from both files: what it counts and passes on. */
import { describe, expect, test } from 'vitest';
import { DeltaWriter } from '../../../src/rdiff/format/delta-writer.js';
import { DirectDeltaWriter } from '../../../src/rdiff/format/direct-delta-writer.js';
import {
  applyDelta,
  makeDelta,
  makeSignature,
  readSignature,
} from '../../../src/rdiff/format/whole.js';
import { noise } from '../../support/seed.js';

const old = noise(10_000, 1);
const now = Buffer.concat([old.subarray(5000), noise(300, 2), old.subarray(0, 5000)]);
const signature = readSignature(makeSignature(old, { blockLength: 128 }));
const WRITERS = [
  ['both files', () => new DirectDeltaWriter(old)],
  ['a signature', () => new DeltaWriter(signature)],
] as const;

describe.each(WRITERS)('from %s', (_, create) => {
  test('counts of matches and instructions are of all so far, however often they are looked at', () => {
    const writer = create();
    const pieces = [writer.update(now)];
    const { matches } = writer.matchCounts;
    expect(matches).toBeGreaterThan(30);
    expect(writer.matchCounts.matches).toBe(matches);
    pieces.push(writer.finish());
    expect(writer.matchCounts.matches).toBeGreaterThanOrEqual(matches);
    const { copyBytes, literalBytes } = writer.instructionCounts;
    expect(copyBytes + literalBytes).toBe(now.length);
    const delta = Buffer.concat(pieces);
    expect(Buffer.from(applyDelta(old, delta)).equals(now)).toBe(true);
    const { copyCommandBytes, literalCommandBytes } = writer.instructionCounts;
    // Magic and end are no instructions.
    expect(copyCommandBytes + literalCommandBytes + literalBytes + 5).toBe(delta.length);
  });

  test('a flush gives all, and once', () => {
    const writer = create();
    writer.update(Buffer.concat([old.subarray(0, 1280), Buffer.from('new')]));
    expect(writer.flush().length).toBeGreaterThan(3);
    expect(writer.flush()).toHaveLength(0);
    expect(writer.finish()).toEqual(Uint8Array.of(0));
  });
});

test.each([
  ['no basis', () => new DirectDeltaWriter('x' as never)],
  ['no options', () => new DirectDeltaWriter(old, 5 as never)],
  ['a block length that is none', () => new DirectDeltaWriter(old, { blockLength: '9' as never })],
  ['a block length that cannot be', () => new DirectDeltaWriter(old, { blockLength: -1 })],
  ['no signature', () => new DeltaWriter({} as never)],
  ['the bytes of a signature', () => new DeltaWriter(makeSignature(old) as never)],
  ['a piece that is none', () => new DeltaWriter(signature).update('x' as never)],
  ['a piece that is none of both', () => new DirectDeltaWriter(old).update('x' as never)],
])('%s is refused', (_, make) => {
  expect(make).toThrow(expect.objectContaining({ code: 'RDIFF_PARAMETER' }));
});

test('matches begin with blocks of 128 bytes, or as long as is said', () => {
  const target = Buffer.concat([noise(50, 3), old.subarray(1, 260), noise(50, 4)]);
  const copied = (options: { blockLength?: number }): number => {
    const writer = new DirectDeltaWriter(old, options);
    writer.update(target);
    writer.finish();
    return writer.instructionCounts.copyBytes;
  };
  expect([copied({}), copied({ blockLength: 128 }), copied({ blockLength: 129 })]).toEqual([
    259, 259, 259,
  ]);
  expect(copied({ blockLength: 131 })).toBe(0);
});

test('what is drained is what an update gives, and is gone then', async () => {
  const writer = new DeltaWriter(signature);
  const pieces: Buffer[] = [];
  const write = (bytes: Uint8Array): void => void pieces.push(Buffer.from(bytes));
  for (let at = 0; at < now.length; at += 999) {
    const piece = now.subarray(at, at + 999);
    writer.room().set(piece);
    writer.filled(piece.length);
    await writer.drain(write);
    const { length } = pieces;
    await writer.drain(write);
    expect(pieces).toHaveLength(length);
  }
  pieces.push(Buffer.from(writer.finish()));
  expect(Buffer.concat(pieces).equals(makeDelta(signature, now))).toBe(true);
  expect(pieces.every(({ length }) => length > 0)).toBe(true);
});
