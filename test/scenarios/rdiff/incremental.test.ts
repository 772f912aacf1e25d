/** Deltas that are flushed in mid-stream, and those made piece by piece from both files. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  applyLibrsyncDelta,
  DeltaWriter,
  DirectDeltaWriter,
  makeDirectLibrsyncDelta,
  makeLibrsyncDelta,
  makeSignature,
  Patcher,
  readSignature,
  type SignatureOptions,
} from '../../../src/index.js';
import { noise, prose, runs } from '../../support/seed.js';

/** A delta's receiver, which makes what it can of what came so far. */
class Receiver {
  private readonly patcher = new Patcher();
  private readonly pieces: Uint8Array[] = [];
  private readonly basis: Uint8Array;

  constructor(basis: Uint8Array) {
    this.basis = basis;
  }

  take(delta: Uint8Array): void {
    for (const step of this.patcher.update(delta)) {
      const { basis } = this;
      if (step.type === 'literal') this.pieces.push(Buffer.from(step.bytes));
      else this.pieces.push(basis.subarray(step.position, step.position + step.length));
    }
  }

  finish(): void {
    this.patcher.finish();
  }

  get bytes(): Buffer {
    return Buffer.concat(this.pieces);
  }
}

/** A basis, and a new file made of its parts and of others. */
const texts = fc
  .tuple(
    fc.integer({ min: 0, max: 3000 }),
    fc.nat(100),
    fc.array(fc.tuple(fc.constantFrom('old', 'new'), fc.nat(3000), fc.nat(900)), { maxLength: 12 }),
  )
  .map(([size, seed, parts]) => {
    const basis = noise(size, seed);
    const pieces = parts.map(([from, at, length], index) =>
      from === 'old' ? basis.subarray(at, at + length) : noise(length, seed + index + 1),
    );
    return { basis, target: Buffer.concat(pieces) };
  });
const kinds = fc.record<SignatureOptions>({
  weak: fc.constantFrom('rollsum', 'rabinkarp'),
  strong: fc.constantFrom('md4', 'blake2'),
  blockLength: fc.constantFrom(1, 7, 64, 256),
});
/** How long the pieces are, and whether each is followed by a flush. */
const cuts = fc.array(fc.tuple(fc.integer({ min: 0, max: 700 }), fc.boolean()), { maxLength: 40 });

interface Writer {
  update(bytes: Uint8Array): Uint8Array;
  flush(): Uint8Array;
  finish(): Uint8Array;
}

function expectRebuilt(
  writer: Writer,
  { basis, target }: { readonly basis: Uint8Array; readonly target: Uint8Array },
  pieces: readonly (readonly [number, boolean])[],
): void {
  const receiver = new Receiver(basis);
  let done = 0;
  for (const [length, flushes] of [...pieces, [target.length, true] as const]) {
    receiver.take(writer.update(target.subarray(done, done + length)));
    done = Math.min(target.length, done + length);
    if (!flushes) continue;
    receiver.take(writer.flush());
    expect(receiver.bytes.equals(target.subarray(0, done))).toBe(true);
    // Nothing is held back: another flush has nothing to give.
    expect(writer.flush()).toHaveLength(0);
  }
  receiver.take(writer.finish());
  receiver.finish();
  expect(receiver.bytes.equals(target)).toBe(true);
}

describe('after a flush all that was taken can be rebuilt', () => {
  test('from a signature', () => {
    fc.assert(
      fc.property(texts, kinds, cuts, (both, options, pieces) => {
        const signature = readSignature(makeSignature(both.basis, options));
        expectRebuilt(new DeltaWriter(signature), both, pieces);
      }),
      runs(150),
    );
  });

  test('from both files', () => {
    fc.assert(
      fc.property(texts, fc.constantFrom(1, 8, 64, 128), cuts, (both, blockLength, pieces) => {
        expectRebuilt(new DirectDeltaWriter(both.basis, { blockLength }), both, pieces);
      }),
      runs(150),
    );
  });

  test('literals longer than a command holds', () => {
    const both = { basis: noise(1000), target: noise(300_000, 2) };
    expectRebuilt(new DirectDeltaWriter(both.basis), both, [
      [200_000, false],
      [1, true],
    ]);
    const signature = readSignature(makeSignature(both.basis));
    expectRebuilt(new DeltaWriter(signature), both, [
      [65_535, true],
      [70_000, true],
    ]);
  });
});

test('without a flush a delta is what it was in one piece, however the file is cut', () => {
  fc.assert(
    fc.property(texts, cuts, ({ basis, target }, pieces) => {
      const one = new DirectDeltaWriter(basis);
      const whole = Buffer.concat([one.update(target), one.finish()]);
      const other = new DirectDeltaWriter(basis);
      const parts: Uint8Array[] = [];
      let done = 0;
      for (const [length] of pieces) {
        parts.push(other.update(target.subarray(done, done + length)));
        done = Math.min(target.length, done + length);
      }
      parts.push(other.update(target.subarray(done)), other.finish());
      expect(Buffer.concat(parts).equals(whole)).toBe(true);
    }),
    runs(60),
  );
});

describe('matches grow to where bytes differ', () => {
  test('in both directions, however long the block is', () => {
    const basis = noise(100_000);
    const target = Buffer.concat([
      noise(50, 3),
      basis.subarray(1001, 31_337),
      noise(50, 4),
      basis.subarray(50_003, 99_999),
    ]);
    const writer = new DirectDeltaWriter(basis, { blockLength: 512 });
    const delta = Buffer.concat([writer.update(target), writer.finish()]);
    expect(writer.instructionCounts).toMatchObject({ literalBytes: 100, copyCommands: 2 });
    expect(delta.length).toBeLessThan(130);
    expect(Buffer.from(applyLibrsyncDelta(basis, delta)).equals(target)).toBe(true);
  });

  test('so that it is far shorter than from a signature, and not much longer than of both whole', () => {
    const basis = prose(3000, 1);
    const target = Buffer.from(basis);
    for (let at = 777; at < target.length; at += 1000) target[at] = (target[at] as number) ^ 1;
    const writer = new DirectDeltaWriter(basis);
    const direct = writer.update(target).length + writer.finish().length;
    expect(direct).toBeLessThan(
      makeLibrsyncDelta(readSignature(makeSignature(basis)), target).length / 5,
    );
    expect(direct).toBeLessThan(makeDirectLibrsyncDelta(basis, target).length * 1.5);
    expect(writer.matchCounts.matches).toBeGreaterThan(0);
  });
});
