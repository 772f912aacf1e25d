import { expect, test } from 'vitest';
import {
  groupByFrames,
  inFrameOrder,
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

test('files are in order of their frames, then of their members, then of their blobs', () => {
  const [file] = filesOf(1, 1);
  const places = [
    [2, 1, 1],
    [1, 2, 1],
    [1, 1, 9],
    [1, 1, 2],
    [1, 0, 9],
  ] as const;
  const files = places.map(([frame, member, blob]) => ({ ...file!, frame, member, blob }));
  const sorted = files
    .toSorted(inFrameOrder)
    .map(({ frame, member, blob }) => [frame, member, blob]);
  expect(sorted).toEqual(places.toReversed());
});

test('a job ends with the frame that brings it to 4 MiB', () => {
  const mebibyte = 1024 * 1024;
  const of = (bytes: number) =>
    [1, 2, 3, 4, 5].flatMap((frame) =>
      filesOf(frame, 1).map((one) => ({ ...one, sizeBytes: bytes })),
    );
  expect(sizes(of(2 * mebibyte))).toEqual([2, 2, 1]);
  expect(sizes(of(2 * mebibyte - 1))).toEqual([3, 2]);
});

test('a job ends with a frame when it holds enough', () => {
  expect(sizes([...filesOf(1, 400), ...filesOf(2, 400), ...filesOf(3, 100)])).toEqual([800, 100]);
});

test('a frame of very many files is several jobs', () => {
  expect(sizes(filesOf(1, 5000))).toEqual([2048, 2048, 904]);
});
