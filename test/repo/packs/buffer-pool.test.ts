import { expect, test } from 'vitest';
import { createBufferPool } from '../../../src/repo/packs/buffer-pool.js';

const KIB = 1024;

test('a buffer that was given back is taken again, with the length that is asked for', () => {
  const pool = createBufferPool(1024 * KIB);
  const first = pool.take(200 * KIB);
  pool.give(first);
  const second = pool.take(150 * KIB);
  expect(second.length).toBe(150 * KIB);
  expect(second.buffer).toBe(first.buffer);
  expect(pool.take(150 * KIB).buffer).not.toBe(first.buffer);
});

test('the tightest one is taken, so that a large one stays for a large need', () => {
  const pool = createBufferPool(8192 * KIB);
  const [large, small] = [pool.take(1024 * KIB), pool.take(512 * KIB)];
  pool.give(large);
  pool.give(small);
  expect(pool.take(300 * KIB).buffer).toBe(small.buffer);
  expect(pool.take(1000 * KIB).buffer).toBe(large.buffer);
});

test('one that is far too large is left alone', () => {
  const pool = createBufferPool(8192 * KIB);
  const large = pool.take(4096 * KIB);
  pool.give(large);
  expect(pool.take(10 * KIB).buffer).not.toBe(large.buffer);
});

test('beyond the limit those are dropped that were given back first', () => {
  const pool = createBufferPool(600 * KIB);
  const [first, second, third] = [pool.take(256 * KIB), pool.take(256 * KIB), pool.take(256 * KIB)];
  for (const buffer of [first, second, third]) pool.give(buffer);
  expect(pool.take(256 * KIB).buffer).toBe(second.buffer);
  expect(pool.take(256 * KIB).buffer).toBe(third.buffer);
  expect(pool.take(256 * KIB).buffer).not.toBe(first.buffer);
});

test('what is in use does not count for the limit, however often it comes and goes', () => {
  const pool = createBufferPool(600 * KIB);
  const first = pool.take(256 * KIB);
  pool.give(first);
  for (let turn = 0; turn < 10; turn += 1) {
    const again = pool.take(256 * KIB);
    expect(again.buffer, `turn ${turn}`).toBe(first.buffer);
    pool.give(again);
  }
});

test('one of just four times the need is taken, be the need next to nothing', () => {
  for (const [has, needs, isTaken] of [
    [1024, 256, true],
    [1024, 255, false],
    [512, 1, true],
    [640, 1, false],
  ] as const) {
    const pool = createBufferPool(8192 * KIB);
    const { buffer } = pool.take(has * KIB);
    pool.give(Buffer.from(buffer));
    expect(pool.take(needs * KIB).buffer === buffer, `${has} for ${needs}`).toBe(isTaken);
  }
});
