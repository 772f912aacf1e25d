import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dataRuns } from '../../../src/repo/worker/data-runs.js';
import { runs } from '../../support/seed.js';

const PAGE = 4096;

test.each([
  ['nothing', Buffer.alloc(0), 0, []],
  ['zeros', Buffer.alloc(3 * PAGE), 0, []],
  ['data', Buffer.alloc(3 * PAGE, 1), 0, [[0, 3 * PAGE]]],
  [
    'zeros in the middle',
    Buffer.concat([Buffer.alloc(PAGE, 1), Buffer.alloc(PAGE), Buffer.of(1)]),
    0,
    [
      [0, PAGE],
      [2 * PAGE, 2 * PAGE + 1],
    ],
  ],
  ['zeros that fill no page of the file', Buffer.alloc(PAGE), 100, []],
] as const)('%s', (_, bytes, position, expected) => {
  expect(dataRuns(bytes, position)).toEqual(expected);
});

test('what is written over zeros gives the bytes, and no page of it is zeros', () => {
  const parts = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 3 * PAGE })), {
    maxLength: 8,
  });
  fc.assert(
    fc.property(parts, fc.nat(2 * PAGE), (plan, position) => {
      const bytes = Buffer.concat(
        plan.map(([isData, length]) => Buffer.alloc(length, isData ? 7 : 0)),
      );
      const file = Buffer.alloc(position + bytes.length);
      let before = -1;
      for (const [start, end] of dataRuns(bytes, position)) {
        expect(start).toBeGreaterThan(before);
        before = end;
        bytes.copy(file, position + start, start, end);
        if (start > 0) expect((position + start) % PAGE).toBe(0);
        if (end < bytes.length) expect((position + end) % PAGE).toBe(0);
        for (let page = start; page < end; page += PAGE - ((position + page) % PAGE)) {
          const pageEnd = Math.min(page + PAGE - ((position + page) % PAGE), end);
          expect(bytes.subarray(page, pageEnd).some((byte) => byte !== 0)).toBe(true);
        }
      }
      expect(file.subarray(position).equals(bytes)).toBe(true);
    }),
    runs(200),
  );
});
