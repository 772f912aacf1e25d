import { describe, expect, test } from 'vitest';
import type { Index } from '../../../../src/repo/index/index.js';
import type { Entry } from '../../../../src/repo/index/versions.js';
import { VersionType, type Issue } from '../../../../src/repo/model.js';
import type { Found, Recorder } from '../../../../src/repo/operations/backup/recorder.js';
import { createTally, unreadable } from '../../../../src/repo/operations/backup/tally.js';
import type { ByteString } from '../../../../src/platform/bytes.js';
import { systemError } from '../../../support/faulty-files.js';
import { savedEntry, savedFile } from '../../../support/nodes.js';

const { file, directory, symlink, fifo, socket, characterDevice, blockDevice } = VersionType;
const NOTHING = { files: 0, directories: 0, symlinks: 0, specials: 0, bytes: 0, filesUnchanged: 0 };

/** A tally over directories that hold `children`, whose recorder finds each node changed, or not. */
function prepare(children: Record<number, Entry[]> = {}, isChanged = true, issues?: Issue[]) {
  const recorded: unknown[] = [];
  const recorder = { record: (found: Found) => (recorded.push(found), isChanged) };
  const index = { versions: { current: (parent: number) => children[parent] ?? [] } };
  const tally = createTally(index as unknown as Index, recorder as unknown as Recorder, issues);
  return { tally, recorded };
}

const found = (type: VersionType): Found =>
  ({ ...savedFile({ type }), blobs: [], known: undefined }) as unknown as Found;

describe.each<[string, VersionType, object]>([
  ['a file', file, { files: 1, bytes: 10 }],
  ['a directory', directory, { directories: 1 }],
  ['a link', symlink, { symlinks: 1 }],
  ['a fifo', fifo, { specials: 1 }],
  ['a socket', socket, { specials: 1 }],
  ['a character device', characterDevice, { specials: 1 }],
  ['a block device', blockDevice, { specials: 1 }],
])('%s counts as what it is', (_, type, counts) => {
  const unchanged = type === file ? { filesUnchanged: 1 } : {};

  test('when it changed', () => {
    const { tally, recorded } = prepare();
    const one = found(type);
    tally.record(one);
    expect(recorded).toEqual([one]);
    expect(tally.totals).toEqual({ ...NOTHING, ...counts });
  });

  test('when it was looked at and had not', () => {
    const { tally } = prepare({}, false);
    tally.record(found(type));
    expect(tally.totals).toEqual({ ...NOTHING, ...counts, ...unchanged });
  });

  test('when it need not be read', () => {
    const { tally, recorded } = prepare();
    tally.keepUnchanged(savedFile({ type }));
    expect(recorded).toEqual([]);
    expect(tally.totals).toEqual({ ...NOTHING, ...counts, ...unchanged });
  });

  test('when it cannot be seen, and so is not called unchanged', () => {
    const { tally, recorded } = prepare();
    tally.keep(savedFile({ type }));
    expect(recorded).toEqual([]);
    expect(tally.totals).toEqual({ ...NOTHING, ...counts });
  });
});

test('a file counts as large as it is now, whatever it was', () => {
  const { tally } = prepare();
  tally.record({ ...found(file), known: savedFile({ sizeBytes: 99 }) });
  expect(tally.totals).toEqual({ ...NOTHING, files: 1, bytes: 10 });
});

describe('what a directory that cannot be seen held', () => {
  const children = {
    5: [savedEntry('a', { sizeBytes: 3 }), savedEntry('sub', { path: 6, type: directory })],
    6: [savedEntry('b', { sizeBytes: 4 }), savedEntry('l', { path: 9, type: symlink })],
  };
  const below = { ...NOTHING, files: 2, bytes: 7, directories: 1, symlinks: 1 };

  test('counts at every depth, with the directory', () => {
    const { tally } = prepare(children);
    tally.keep(savedFile({ path: 5, type: directory }));
    expect(tally.totals).toEqual({ ...below, directories: 2 });
  });

  test('counts without the directory where that was seen', () => {
    const { tally } = prepare(children);
    tally.keepBelow(5);
    expect(tally.totals).toEqual(below);
  });

  test('is nothing where nothing was known', () => {
    const { tally } = prepare(children);
    tally.keep(undefined);
    expect(tally.totals).toEqual(NOTHING);
  });
});

test('what is reported is added to what was there, in order', () => {
  const path = '/a' as ByteString;
  const issues: Issue[] = [{ path, code: 'RULES_UNREADABLE', message: 'first' }];
  const { tally } = prepare({}, true, issues);
  tally.report(path, 'UNREADABLE', 'second');
  expect(tally.issues).toEqual([
    { path, code: 'RULES_UNREADABLE', message: 'first' },
    { path, code: 'UNREADABLE', message: 'second' },
  ]);
  expect(tally.issues).toBe(issues);
});

test('a path that the system refuses is told with the reason; other errors go on', () => {
  const path = '/caf\xc3\xa9' as ByteString;
  expect(unreadable(path, systemError('EACCES'))).toBe('/café cannot be read: permission denied.');
  const mistake = new TypeError('a mistake');
  expect(() => unreadable(path, mistake)).toThrow(mistake);
});
