import { expect, test } from 'vitest';
import { createSpans } from '../../../../src/repo/operations/queries/span.js';

const spanOf = createSpans([2, 5, 9]);

test.each([
  ['a version of all time', { first: 1, last: 0 }, [2, 9]],
  ['a version that ended', { first: 2, last: 9 }, [2, 5]],
  ['ends at pruned snapshots', { first: 3, last: 8 }, [5, 5]],
  ['a version that began last', { first: 9, last: 0 }, [9, 9]],
])(
  '%s has its first and last snapshot that are left',
  (_, range, [firstSnapshot, lastSnapshot]) => {
    expect(spanOf(range)).toEqual({ firstSnapshot, lastSnapshot });
  },
);

test.each([
  ['between two snapshots', { first: 3, last: 5 }],
  ['before all', { first: 1, last: 2 }],
  ['after all', { first: 10, last: 0 }],
])('a version %s has no span', (_, range) => {
  expect(spanOf(range)).toBeUndefined();
});
