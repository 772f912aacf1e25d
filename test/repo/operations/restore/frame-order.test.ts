import { expect, test } from 'vitest';
import {
  groupByFrames,
  type WaitingFile,
} from '../../../../src/repo/operations/restore/frame-order.js';
import type { ByteString } from '../../../../src/platform/bytes.js';

/** So many files of one byte each, all in one frame. */
function filesOf(frame: number, count: number): WaitingFile[] {
  const directory = '' as ByteString;
  return Array.from({ length: count }, (_, member) => {
    const name = `${frame}-${member}` as ByteString;
    const id = frame * 10_000 + member;
    return { directory, name, way: 'create', path: id, sizeBytes: 1, blob: id, frame, member };
  });
}

const sizes = (files: readonly WaitingFile[]) =>
  [...groupByFrames([...files].reverse())].map((job) => job.length);

test('a job ends with a frame when it holds enough', () => {
  expect(sizes([...filesOf(1, 400), ...filesOf(2, 400), ...filesOf(3, 100)])).toEqual([800, 100]);
});

test('a frame of very many files is several jobs', () => {
  expect(sizes(filesOf(1, 5000))).toEqual([2048, 2048, 904]);
});
