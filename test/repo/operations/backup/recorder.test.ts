import { describe, expect, test } from 'vitest';
import type { Index } from '../../../../src/repo/index/index.js';
import type { Entry } from '../../../../src/repo/index/versions.js';
import { VersionFlag, VersionType } from '../../../../src/repo/model.js';
import { Recorder, type Found } from '../../../../src/repo/operations/backup/recorder.js';
import type { ManifestWriter } from '../../../../src/repo/repository/run-manifest.js';
import type { ByteString } from '../../../../src/platform/bytes.js';
import { instant, savedEntry, savedFile } from '../../../support/nodes.js';

const { file, directory, symlink } = VersionType;
const SNAPSHOT = 4;

/** A recorder, the calls that it makes of index and manifest, and the changes that it tells. */
function prepare(children: Record<number, Entry[]> = {}, rows: Record<string, number> = {}) {
  const inIndex: unknown[] = [];
  const inManifest: unknown[] = [];
  const told: unknown[] = [];
  let nextPath = 100;
  const note =
    (list: unknown[], name: string) =>
    (...args: unknown[]) =>
      void list.push([name, ...args]);
  const index = {
    counters: { next: () => nextPath++ },
    versions: {
      current: (parent: number) => children[parent] ?? [],
      pathId: (parent: number, name: string) => rows[`${parent}/${name}`],
      insertPath: note(inIndex, 'path'),
      insert: note(inIndex, 'open'),
      close: note(inIndex, 'close'),
      touch: note(inIndex, 'touch'),
    },
  };
  const manifest = {
    path: note(inManifest, 'path'),
    open: note(inManifest, 'open'),
    close: note(inManifest, 'close'),
    touch: note(inManifest, 'touch'),
  };
  const recorder = new Recorder({
    index: index as unknown as Index,
    manifest: manifest as unknown as ManifestWriter,
    snapshot: SNAPSHOT,
    onChange: (path, mark) => void told.push([path, mark]),
  });
  return { recorder, inIndex, inManifest, told };
}

function found(more: Partial<Found> = {}): Found {
  const none = new Uint8Array(0);
  return { ...savedFile(), attributeSet: none, blobs: [], known: undefined, ...more };
}

const NONE = {
  filesNew: 0,
  filesChanged: 0,
  filesRemoved: 0,
  versionsOpened: 0,
  versionsClosed: 0,
};

describe('the id of a node', () => {
  const rows = { '2/known': 9 };

  test('is the one that it had', () => {
    const { recorder, inIndex, inManifest } = prepare({}, rows);
    expect(recorder.pathId(2, 'known' as ByteString, false)).toEqual({ id: 9, isNew: false });
    expect([...inIndex, ...inManifest]).toEqual([]);
  });

  test.each([
    ['of a node that never was', 'new', false],
    ['in a new directory, where nothing is looked up', 'known', true],
  ])('%s is made, for index and manifest alike', (_, name, isFresh) => {
    const { recorder, inIndex, inManifest } = prepare({}, rows);
    expect(recorder.pathId(2, name as ByteString, isFresh)).toEqual({ id: 100, isNew: true });
    expect(inIndex).toEqual([['path', 100, 2, name]]);
    expect(inManifest).toEqual([['path', { id: 100, parent: 2, name }]]);
  });
});

test('a new node opens a version, and closes none', () => {
  const { recorder, inIndex, inManifest, told } = prepare();
  const one = found();
  expect(recorder.record(one)).toBe(true);
  expect(inIndex).toEqual([['open', one, SNAPSHOT]]);
  expect(inManifest).toEqual([['open', one]]);
  expect(told).toEqual([[1, 'new']]);
  expect(recorder.counts).toEqual({ ...NONE, filesNew: 1, versionsOpened: 1 });
});

/** Of a file, and of a directory: undefined is not told. */
test.each<[string, Partial<Found>, string, string | undefined]>([
  ['mode', { mode: 0o600 }, 'metadata', 'metadata'],
  ['owner', { uid: 1 }, 'metadata', 'metadata'],
  ['group', { gid: 1 }, 'metadata', 'metadata'],
  ['device number', { rdev: 5 }, 'metadata', 'metadata'],
  ['modification time', { mtime: instant(9) }, 'metadata', undefined],
  ['hard links', { links: 3 }, 'metadata', 'metadata'],
  ['attributes', { attributes: 3 }, 'metadata', 'metadata'],
  ['target', { link: 'x' as ByteString }, 'changed', 'changed'],
  ['bytes', { content: { type: 'blob', blob: 22 } }, 'changed', 'changed'],
  ['kind of content', { content: { type: 'content', content: 21 } }, 'changed', 'changed'],
])('with another %s a new version takes the place of the old one', (_, more, ...marks) => {
  for (const [position, type] of [file, directory].entries()) {
    const { recorder, inIndex, inManifest, told } = prepare();
    const one = found({ type, known: savedFile({ type }), ...more });
    expect(recorder.record(one)).toBe(true);
    expect(inIndex).toEqual([
      ['close', 1, SNAPSHOT],
      ['open', one, SNAPSHOT],
    ]);
    expect(inManifest).toEqual([
      ['close', 1],
      ['open', one],
    ]);
    const mark = marks[position];
    expect(told).toEqual(mark === undefined ? [] : [[1, mark]]);
    const filesChanged = type === file ? 1 : 0;
    expect(recorder.counts).toEqual({
      ...NONE,
      filesChanged,
      versionsOpened: 1,
      versionsClosed: 1,
    });
  }
});

test('what takes the name of another type is a new file, and a change', () => {
  const { recorder, told } = prepare();
  recorder.record(found({ known: savedFile({ type: symlink }) }));
  expect(recorder.counts).toMatchObject({ filesNew: 1, filesChanged: 0, versionsClosed: 1 });
  expect(told).toEqual([[1, 'changed']]);
});

test.each<[string, Partial<Found>]>([
  ['flags', { flags: VersionFlag.racy }],
  ['inode', { inode: 12 }],
  ['change time', { ctime: instant(9) }],
])('other %s alone are noted in the version that there is', (_, more) => {
  const { recorder, inIndex, inManifest, told } = prepare();
  const one = found({ known: savedFile(), ...more });
  expect(recorder.record(one)).toBe(false);
  expect(inIndex).toEqual([['touch', one]]);
  expect(inManifest).toEqual([['touch', one]]);
  expect(told).toEqual([]);
  expect(recorder.counts).toEqual(NONE);
});

test('what did not change at all writes nothing', () => {
  const { recorder, inIndex, inManifest, told } = prepare();
  expect(recorder.record(found({ known: savedFile() }))).toBe(false);
  expect([...inIndex, ...inManifest, ...told]).toEqual([]);
});

test('a directory that is gone takes all below it along, and each file may live on elsewhere', () => {
  const inner = savedEntry('inner', { path: 3, inode: 31, content: { type: 'blob', blob: 33 } });
  const children = {
    1: [savedEntry('sub', { path: 2, type: directory }), savedEntry('outer', { path: 4 })],
    2: [inner, savedEntry('link', { path: 5, type: symlink })],
  };
  const { recorder, inIndex, inManifest, told } = prepare(children);
  recorder.remove(savedEntry('top', { path: 1, type: directory }), 77);
  expect(told).toEqual([1, 2, 3, 5, 4].map((path) => [path, 'removed']));
  const closed = [3, 5, 2, 4, 1];
  expect(inIndex).toEqual(closed.map((path) => ['close', path, SNAPSHOT]));
  expect(inManifest).toEqual(closed.map((path) => ['close', path]));
  expect(recorder.counts).toEqual({ ...NONE, filesRemoved: 2, versionsClosed: 5 });
  expect(recorder.vanished).toEqual([
    { name: 'inner', inode: 31, content: { type: 'blob', blob: 33 }, directory: 2 },
    { name: 'outer', inode: 11, content: { type: 'blob', blob: 21 }, directory: 1 },
  ]);
});

test('at most 100 000 vanished files are remembered; all are counted', () => {
  const { recorder } = prepare();
  const one = savedEntry('file');
  for (let count = 0; count < 100_001; count++) recorder.remove(one, 7);
  expect(recorder.vanished.length).toBe(100_000);
  expect(recorder.counts.filesRemoved).toBe(100_001);
});
