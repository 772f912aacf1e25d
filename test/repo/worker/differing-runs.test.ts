import fc from 'fast-check';
import { expect, test } from 'vitest';
import { differingRuns } from '../../../src/repo/worker/differing-runs.js';
import { noise, runs } from '../../support/seed.js';

const PAGE = 4096;

test('writing the ranges gives what is wanted, and no page is written that need not be', () => {
  const property = fc.property(
    fc.nat(5 * PAGE),
    fc.nat(6 * PAGE),
    fc.nat(3 * PAGE),
    fc.array(fc.nat(5 * PAGE), { maxLength: 5 }),
    (length, thereLength, position, changes) => {
      const wanted = noise(length, 1);
      const there = Buffer.concat([wanted, noise(PAGE, 2)]).subarray(0, thereLength);
      for (const at of changes) if (at < there.length) there[at] = ~there[at]! & 0xff;
      const file = Buffer.alloc(wanted.length);
      there.copy(file, 0, 0, wanted.length);
      const found = differingRuns(there, wanted, position);
      const pages = new Set<number>();
      for (const [start, end] of found) {
        wanted.copy(file, start, start, end);
        expect(start === 0 || (position + start) % PAGE === 0).toBe(true);
        for (let at = start; at < end; at += 1) pages.add(Math.floor((position + at) / PAGE));
      }
      expect(file).toEqual(wanted);
      const isWrong = (_: number, at: number) => there[at] !== wanted[at];
      const wrong = Array.from(wanted, isWrong).flatMap((is, at) => (is ? [at] : []));
      expect(pages).toEqual(new Set(wrong.map((at) => Math.floor((position + at) / PAGE))));
    },
  );
  fc.assert(property, runs(15));
});

test('neighbouring pages are one range', () => {
  expect(differingRuns(Buffer.alloc(0), noise(3 * PAGE, 1), 100)).toEqual([[0, 3 * PAGE]]);
  expect(differingRuns(noise(10, 1), noise(10, 1), 0)).toEqual([]);
});
