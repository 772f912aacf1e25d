/** Inputs made to cost time. Work is counted, not timed, so that no machine is too slow for the test. */
import { describe, expect, test } from 'vitest';
import { DeltaWriter } from '../../../src/rdiff/format/delta-writer.js';
import { applyDelta, makeSignature, readSignature } from '../../../src/rdiff/format/whole.js';
import type { Signature } from '../../../src/rdiff/format/signature.js';
import { seededBytes } from '../../support/golden.js';

const BLOCK = 64;

/** Adds +1, -2, +1 to three neighbours: another block with the same rollsum. */
function collide(block: Buffer, at: number): Buffer {
  const twin = Buffer.from(block);
  twin[at]! += 1;
  twin[at + 1]! -= 2;
  twin[at + 2]! += 1;
  return twin;
}

function counted(signature: Signature, target: Uint8Array) {
  const writer = new DeltaWriter(signature);
  const delta = Buffer.concat([writer.update(target), writer.finish()]);
  return { delta, counts: writer.matchCounts };
}

describe('blocks that share one weak sum', () => {
  const middle = Buffer.alloc(BLOCK, 128);
  const twins = Array.from({ length: 40 }, (_, at) => collide(middle, at));
  const basis = Buffer.concat(Array.from({ length: 50 }, () => twins).flat());
  const signature = readSignature(makeSignature(basis, { weak: 'rollsum', blockLength: BLOCK }));

  test('cost a bounded number of strong sums when none of them is right', () => {
    const target = Buffer.concat(Array.from({ length: 2000 }, () => middle));
    const { delta, counts } = counted(signature, target);
    expect(Buffer.from(applyDelta(basis, delta)).equals(target)).toBe(true);
    // Sixteen times the target in vain, two side by side, and the free ones.
    expect(counts.strongSums * BLOCK).toBeLessThan(2 * (17 * target.length + 100 * BLOCK));
  });

  test('are found when they are right', () => {
    const { delta, counts } = counted(signature, basis);
    expect(counts.falseMatches).toBe(0);
    expect(delta.length).toBeLessThan(16);
  });
});

test.each([1, 2, 3, 63, 64, 65])('a period of %i bytes costs one look a byte at most', (period) => {
  const unit = seededBytes('period', period);
  const basis = Buffer.alloc(200_000, unit);
  const signature = readSignature(makeSignature(basis, { blockLength: BLOCK }));
  const target = Buffer.concat([Buffer.from('!'), basis]);
  const { delta, counts } = counted(signature, target);
  expect(Buffer.from(applyDelta(basis, delta)).equals(target)).toBe(true);
  expect(counts.searches).toBeLessThanOrEqual(target.length);
  expect(counts.strongSums).toBeLessThan(target.length / BLOCK + 200);
});

test('a block length that is declared costs no memory until bytes arrive', () => {
  const header = Buffer.from('72730147' + '7fffffff' + '00000020', 'hex');
  const entry = Buffer.alloc(36);
  const before = process.memoryUsage.rss();
  const { delta } = counted(readSignature(Buffer.concat([header, entry])), Buffer.from('small'));
  expect(process.memoryUsage.rss() - before).toBeLessThan(50 * 2 ** 20);
  expect(delta.toString('latin1')).toContain('small');
});
