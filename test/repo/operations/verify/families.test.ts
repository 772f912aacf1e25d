import { expect, test } from 'vitest';
import {
  allFamilies,
  familyOf,
  groupIntoJobs,
  type Family,
} from '../../../../src/repo/operations/verify/families.js';
import { openRepository } from '../../../../src/repo/repository/repository.js';
import { createLab } from '../../../support/lab.js';
import { prose } from '../../../support/seed.js';

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

test('a job of large blobs ends with the frame that brings it to 8 MiB', () => {
  const mebibyte = 1024 ** 2;
  const families = [0, 1, 2, 3, 4, 5, 6, 7, 8].map((offset) => ({
    ...familiesOf(offset, 1, 1)[0]!,
    bytes: 2 * mebibyte,
  }));
  expect(sizes(families)).toEqual([4, 4, 1]);
  expect(sizes(families.map((family) => ({ ...family, bytes: 2 * mebibyte - 1 })))).toEqual([5, 4]);
});

test('a pack begins a frame of its own', () => {
  const inPack = (pack: number): Family[] =>
    familiesOf(0, 256).map((family) => ({
      ...family,
      job: {
        ...family.job,
        full: { ...family.job.full, frame: { pack, offset: 0, lengthBytes: 9 } },
      },
    }));
  expect(sizes([...inPack(1), ...inPack(2)])).toEqual([256, 256]);
  expect(sizes([...inPack(1), ...inPack(1)])).toEqual([512]);
});

test('the family of a chain has all of its blobs and their bytes, whichever of them is asked', async () => {
  const lab = createLab({ lanes: 1 });
  const lengths: number[] = [];
  for (const state of [1, 2, 3, 4]) {
    const text = prose(200 + state, 1);
    lengths.push(text.length);
    lab.write('log.txt', text);
    await lab.backup();
  }
  const bytes = lengths.reduce((sum, length) => sum + length, 0);
  using repository = openRepository(lab.repository, lab.platform, { access: 'read' });
  await repository.read(({ index }) => {
    const [family, ...others] = [...allFamilies(index)];
    expect(others).toEqual([]);
    expect(family).toMatchObject({ bytes, deltas: [3, 2, 1] });
    expect(family!.job.deltas.map(({ basis }) => basis)).toEqual([-1, 0, 1]);
    for (const blob of [family!.full, ...family!.deltas])
      expect(familyOf(index, blob)).toEqual(family);
    expect(familyOf(index, 9999)).toBeUndefined();
    return Promise.resolve();
  });
});
