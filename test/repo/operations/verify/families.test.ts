import { expect, test } from 'vitest';
import { groupIntoJobs, type Family } from '../../../../src/repo/operations/verify/families.js';

/** So many families, whose full blobs lie in one frame, each with so many deltas. */
function familiesOf(offset: number, count: number, deltas = 0): Family[] {
  const frame = { pack: 1, offset, lengthBytes: 1000 };
  return Array.from({ length: count }, (_, member) => {
    const address = { hash: Buffer.alloc(32), lengthBytes: 1, frame, member };
    const basis = -1;
    return {
      job: { full: address, deltas: Array.from({ length: deltas }, () => ({ address, basis })) },
      full: offset + member,
      deltas: Array.from({ length: deltas }, (_unused, index) => index),
      bytes: 1 + deltas,
    };
  });
}

const sizes = (families: readonly Family[]) =>
  [...groupIntoJobs(families)].map((job) => job.length);

test('a job ends with a frame when it holds enough', () => {
  const families = [...familiesOf(0, 200), ...familiesOf(5000, 200), ...familiesOf(9000, 100)];
  expect(sizes(families)).toEqual([400, 100]);
});

test('a frame of very many blobs is several jobs', () => {
  expect(sizes(familiesOf(0, 2500))).toEqual([1024, 1024, 452]);
});

test('deltas count as the blobs that they are', () => {
  expect(sizes(familiesOf(0, 30, 99))).toEqual([11, 11, 8]);
});

test('nothing to do is no job', () => {
  expect(sizes([])).toEqual([]);
});
