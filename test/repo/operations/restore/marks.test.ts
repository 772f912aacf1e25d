import { describe, expect, test } from 'vitest';
import { VersionType } from '../../../../src/repo/model.js';
import { createMarks } from '../../../../src/repo/operations/restore/marks.js';
import type { Wanted } from '../../../../src/repo/operations/restore/wanted.js';
import type { FileStat } from '../../../../src/platform/at-calls.js';
import type { ByteString } from '../../../../src/platform/bytes.js';
import { instant, liveFile, savedFile } from '../../../support/nodes.js';

const PATH = 'dir/file' as ByteString;
const { file, directory, symlink, fifo } = VersionType;

/** What is said of a node of this type over what is there, by whether it was unchanged. */
function said(
  there: FileStat | undefined,
  isUnchanged: boolean,
  { type = file, setsOwners = true }: { type?: VersionType; setsOwners?: boolean } = {},
): string[] {
  const told: string[] = [];
  const wanted: Wanted = (version) => ({ ...version, known: undefined });
  const onPath = (path: ByteString, mark: string): void => void told.push(`${path} ${mark}`);
  const marks = createMarks(onPath, wanted, setsOwners);
  marks.begin(PATH, savedFile({ type }), there);
  marks.finish(PATH, isUnchanged);
  // What was said is forgotten.
  marks.finish(PATH, isUnchanged);
  return told;
}

test('what is not there is new, whatever came of it, and an empty one is not told', () => {
  expect(said(undefined, false)).toEqual([`${PATH} new`]);
  expect(said(undefined, true)).toEqual([]);
});

test('other bytes are a change, whatever the metadata', () => {
  expect(said(liveFile(), false)).toEqual([`${PATH} changed`]);
  expect(said(liveFile({ mode: 0o600 }), false)).toEqual([`${PATH} changed`]);
});

test('what agrees is not told', () => {
  expect(said(liveFile(), true)).toEqual([]);
});

describe.each([true, false])('with owners to be set: %s', (setsOwners) => {
  /** Whether it is told of a file, a directory, a link and a fifo. */
  test.each<[string, Partial<FileStat>, boolean[]]>([
    ['owner', { uid: 1 }, Array<boolean>(4).fill(setsOwners)],
    ['group', { gid: 1 }, Array<boolean>(4).fill(setsOwners)],
    ['mode', { mode: 0o600 }, [true, true, false, true]],
    ['modification time', { mtime: instant(9) }, [true, false, true, true]],
    ['change time', { ctime: instant(9) }, [false, false, false, false]],
  ])('another %s is metadata', (_, there, expected) => {
    const types = [file, directory, symlink, fifo];
    const told = types.map((type) => said(liveFile(there), true, { type, setsOwners }));
    expect(told).toEqual(expected.map((is) => (is ? [`${PATH} metadata`] : [])));
  });
});

test('nothing is said of what was not begun', () => {
  const told: unknown[] = [];
  const marks = createMarks(
    (...args) => void told.push(args),
    () => ({}) as never,
    true,
  );
  marks.finish(PATH, false);
  expect(told).toEqual([]);
});
