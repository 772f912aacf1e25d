import { describe, expect, test } from 'vitest';
import {
  VersionFlag,
  VersionType,
  type ContentRef,
  type Version,
} from '../../../../src/repo/model.js';
import type {
  FileOutcome,
  FileToRead,
} from '../../../../src/repo/operations/backup/file-outcome.js';
import {
  describeFound,
  recordLinked,
  recordOutcome,
  type FileContext,
} from '../../../../src/repo/operations/backup/found.js';
import type { Found } from '../../../../src/repo/operations/backup/recorder.js';
import { NO_ATTRIBUTES } from '../../../../src/platform/attribute-calls.js';
import type { FileStat } from '../../../../src/platform/at-calls.js';
import type { ByteString } from '../../../../src/platform/bytes.js';
import { liveFile, savedFile } from '../../../support/nodes.js';

type Records = Parameters<typeof recordOutcome>[2];

const { suspect, unstable, racy, sparse } = VersionFlag;
const PATH = '/dir/caf\xc3\xa9' as ByteString;
const SET = { attributes: 3, attributeSet: Buffer.from('set') };
const blob = (id: number): ContentRef => ({ type: 'blob', blob: id });

/** Long after the file was changed. */
const LATER_MS = 1_600_000_000_000;

function fileToRead(more: Partial<FileContext> = {}): FileToRead<FileContext> {
  const context = {
    path: 5,
    directory: 4,
    known: undefined,
    links: 6,
    seemsUnchanged: false,
    scanStartMs: LATER_MS,
    ...more,
  };
  return { path: PATH, stat: liveFile(), tellsSize: true, context };
}

type Read = Extract<FileOutcome, { type: 'read' }>;

function readAs(more: Partial<Read> = {}, stat: Partial<FileStat> = {}): Read {
  return {
    type: 'read',
    stat: liveFile(stat),
    attributes: NO_ATTRIBUTES,
    content: blob(21),
    blobs: [Buffer.alloc(32, 1)],
    isUnstable: false,
    ...more,
  };
}

/** What is recorded, removed, kept and reported. */
function prepare() {
  const calls: unknown[] = [];
  const note =
    (name: string) =>
    (...args: unknown[]) =>
      void calls.push([name, ...args]);
  const records = {
    recorder: { remove: note('remove') },
    tally: { report: note('report'), keep: note('keep'), record: note('record') },
    sets: {
      of: (...args: unknown[]) => (calls.push(['set', ...args]), SET),
      ofVersion: (...args: unknown[]) => (calls.push(['set of', ...args]), SET),
    },
  };
  return { calls, records: records as unknown as Records };
}

/** The flags that are recorded, and the codes that are reported. */
function outcomeOf(file: FileToRead<FileContext>, outcome: FileOutcome) {
  const { calls, records } = prepare();
  recordOutcome(file, outcome, records);
  const named = (name: string) => calls.filter((call) => (call as unknown[])[0] === name);
  const [recorded] = named('record') as [string, { flags: number }][];
  return {
    flags: recorded?.[1].flags,
    codes: named('report').map((call) => (call as unknown[])[2]),
  };
}

describe('a file that vanished', () => {
  const message = '/dir/café vanished while it was being backed up.';

  test('is removed from its directory, where it was known', () => {
    const { calls, records } = prepare();
    const known = savedFile({ path: 5 });
    recordOutcome(fileToRead({ known }), { type: 'vanished' }, records);
    expect(calls).toEqual([
      ['remove', { ...known, name: 'caf\xc3\xa9' }, 4],
      ['report', PATH, 'VANISHED', message],
    ]);
  });

  test('is told, where it was not', () => {
    const { calls, records } = prepare();
    recordOutcome(fileToRead(), { type: 'vanished' }, records);
    expect(calls).toEqual([['report', PATH, 'VANISHED', message]]);
  });
});

test('a file that cannot be read stays, and counts, as it was', () => {
  const { calls, records } = prepare();
  const known = savedFile();
  recordOutcome(fileToRead({ known }), { type: 'failed', message: 'why' }, records);
  expect(calls).toEqual([
    ['report', PATH, 'UNREADABLE', '/dir/café cannot be read: why.'],
    ['keep', known],
  ]);
});

test('a file that was read is recorded as it was when its bytes were', () => {
  const { calls, records } = prepare();
  const known = savedFile();
  const outcome = readAs({}, { sizeBytes: 12, mode: 0o600 });
  recordOutcome(fileToRead({ known }), outcome, records);
  const { blobs, content, stat } = outcome;
  const { mode, uid, gid, mtime, ctime, btime, inode, rdev, sizeBytes } = stat;
  expect(calls).toEqual([
    ['set', stat, NO_ATTRIBUTES],
    [
      'record',
      {
        ...{ mode, uid, gid, mtime, ctime, btime, inode, rdev, sizeBytes },
        ...{ type: VersionType.file, path: 5, known, flags: 0, links: 6, ...SET },
        ...{ link: undefined, content, blobs },
      },
    ],
  ]);
});

test.each<[string, Partial<FileContext>, Read, number, string[]]>([
  ['changed a moment ago', { scanStartMs: 1_500_000_000_000 }, readAs(), racy, []],
  ['takes less space than its length', {}, readAs({}, { allocatedBytes: 9 }), sparse, []],
  ['changed on each reading', {}, readAs({ isUnstable: true }), unstable, ['UNSTABLE']],
])('a file that %s is flagged so', (_, context, outcome, flags, codes) => {
  expect(outcomeOf(fileToRead(context), outcome)).toEqual({ flags, codes });
});

describe('other bytes behind the same state', () => {
  const known = savedFile();
  const other = readAs({ content: blob(22) });

  test('are possible bit rot', () => {
    const seen = outcomeOf(fileToRead({ known, seemsUnchanged: true }), other);
    expect(seen).toEqual({ flags: suspect, codes: ['POSSIBLE_BIT_ROT'] });
  });

  test.each<[string, Partial<FileContext>, Read]>([
    ['of a file that was not known', { seemsUnchanged: true }, other],
    ['of one that was read for a reason', { known }, other],
    [
      'of one that changed between walk and reading',
      { known, seemsUnchanged: true },
      readAs({ content: blob(22) }, { sizeBytes: 11 }),
    ],
    ['that are the same after all', { known, seemsUnchanged: true }, readAs()],
  ])('are not, %s', (_, context, outcome) => {
    expect(outcomeOf(fileToRead(context), outcome)).toEqual({ flags: 0, codes: [] });
  });

  test('are not, of one that changed on each reading', () => {
    const outcome = { ...other, isUnstable: true };
    const seen = outcomeOf(fileToRead({ known, seemsUnchanged: true }), outcome);
    expect(seen).toEqual({ flags: unstable, codes: ['UNSTABLE'] });
  });
});

describe('a suspicion', () => {
  const known = savedFile({ flags: suspect | racy });

  test('stays with the bytes; other flags do not', () => {
    const seen = outcomeOf(fileToRead({ known }), readAs({}, { mode: 0o600 }));
    expect(seen).toEqual({ flags: suspect, codes: [] });
  });

  test('ends with other bytes', () => {
    const seen = outcomeOf(fileToRead({ known }), readAs({ content: blob(22) }, { sizeBytes: 11 }));
    expect(seen).toEqual({ flags: 0, codes: [] });
  });
});

test('another name takes all of the first but its own row, history and number', () => {
  const { calls, records } = prepare();
  const known = savedFile({ path: 5, mode: 0o600 });
  const first: Version = savedFile({ path: 8, links: 6, flags: sparse, uid: 77, attributes: 3 });
  const hashes = [Buffer.alloc(32, 9)];
  recordLinked(fileToRead({ known }), first, hashes, records);
  const { mode, uid, gid, mtime, ctime, btime, inode, rdev, sizeBytes, content } = first;
  const expected: Found = {
    ...{ mode, uid, gid, mtime, ctime, btime, inode, rdev, sizeBytes },
    ...{ type: VersionType.file, path: 5, known, flags: sparse, links: 6, ...SET },
    ...{ link: undefined, content, blobs: hashes },
  };
  expect(calls).toEqual([
    ['set of', first],
    ['record', expected],
  ]);
});

test.each(Object.entries(VersionType))('the size of a %s is kept of files only', (_, type) => {
  const node = { path: 5, known: undefined, type, flags: 0, links: 0 };
  const target = 'target' as ByteString;
  const found = describeFound(node, liveFile(), SET, { link: target });
  expect(found.sizeBytes).toBe(type === VersionType.file ? 10 : 0);
  expect(found).toMatchObject({ link: target, content: { type: 'none' }, blobs: [] });
});
