/** Why a backup reads the bytes of a file, and why it read those of a version. */
import { describe, expect, test } from 'vitest';
import { BlobKind } from '../../../../../src/repo/index/blobs.js';
import type { Index } from '../../../../../src/repo/index/index.js';
import { VersionFlag, VersionType, type Version } from '../../../../../src/repo/model.js';
import {
  causesOfVersion,
  causesToRead,
} from '../../../../../src/repo/operations/queries/explain/read-causes.js';
import type { FileState } from '../../../../../src/repo/tree/compare.js';

const time = (seconds: number) => ({ seconds, nanoseconds: 0 });
const VERSION = {
  ...{ path: 1, first: 1, last: 0, flags: 0, type: VersionType.file },
  ...{ sizeBytes: 5, mtime: time(1), ctime: time(2), inode: 3 },
  content: { type: 'blob', blob: 7 },
} as unknown as Version;
const FILE = { ...VERSION, type: 'file' } as unknown as FileState;
/** Blob 7 is whole, 8 is lost; content 1 is both, content 2 is whole. */
const LOST = 8;

const indexOf = (...versions: Partial<Version>[]): Index =>
  ({
    blobs: {
      get: (id: number) => ({ kind: id === LOST ? BlobKind.lost : BlobKind.full }),
      ofContent: (id: number) => (id === 1 ? [7, LOST] : [7]),
    },
    versions: { ofPath: () => versions.map((one) => ({ ...VERSION, ...one })) },
  }) as unknown as Index;
const causes = (file: Partial<FileState>, known?: Partial<Version>): string[] =>
  causesToRead(indexOf(), { ...FILE, ...file }, known && { ...VERSION, ...known });

describe('the next backup reads a file', () => {
  test.each<[string[], Partial<FileState>, Partial<Version> | undefined]>([
    [['new'], {}, undefined],
    [[], {}, {}],
    [['type'], {}, { type: VersionType.symlink, sizeBytes: 9, mtime: time(9) }],
    [['size'], { sizeBytes: 6 }, {}],
    [['mtime'], { mtime: time(9) }, {}],
    [['ctime'], { ctime: time(9) }, {}],
    [['inode'], { inode: 9 }, {}],
    [['racy'], {}, { flags: VersionFlag.racy }],
    [['unstable'], {}, { flags: VersionFlag.unstable }],
    [
      ['size', 'mtime', 'ctime', 'inode'],
      { sizeBytes: 6, mtime: time(9), ctime: time(9), inode: 9 },
      {},
    ],
  ])('because of %j', (wanted, file, known) => {
    expect(causes(file, known)).toEqual(wanted);
  });

  test.each<[string[], Version['content']]>([
    [['damaged'], { type: 'blob', blob: LOST }],
    [['damaged'], { type: 'content', content: 1 }],
    [['racy'], { type: 'blob', blob: 7 }],
    [['racy'], { type: 'content', content: 2 }],
    [['racy'], { type: 'none' }],
  ])('because repair asks for it: %j of %j', (wanted, content) => {
    expect(causes({}, { flags: VersionFlag.racy, content })).toEqual(wanted);
  });

  test('by the other reasons as they are, though its bytes are lost', () => {
    const lost = { content: { type: 'blob', blob: LOST } } as const;
    expect(causes({}, lost)).toEqual([]);
    expect(causes({ sizeBytes: 6 }, lost)).toEqual(['size']);
    expect(causes({ sizeBytes: 6 }, { ...lost, flags: VersionFlag.racy })).toEqual([
      'size',
      'damaged',
    ]);
  });
});

describe('a version was read', () => {
  const of = (version: Partial<Version>, ...before: Partial<Version>[]): string[] =>
    causesOfVersion(indexOf(...before), { ...VERSION, ...version });

  test('because the version before it differs, or because there was none', () => {
    expect(of({ first: 3 })).toEqual(['new']);
    expect(of({ first: 3 }, { first: 1, last: 3, sizeBytes: 4 })).toEqual(['size']);
    expect(of({ first: 3 }, { first: 1, last: 3, type: VersionType.directory })).toEqual(['type']);
  });

  test('anew, where the path was not there in between', () => {
    expect(of({ first: 5 }, { first: 1, last: 3, sizeBytes: 4 }, { first: 5, last: 0 })).toEqual([
      'new',
    ]);
    expect(of({ first: 3 }, { first: 3, last: 5 }, { first: 5, last: 0 })).toEqual(['new']);
  });

  test('because of the one just before, not of others', () => {
    const history = [
      { first: 1, last: 2, mtime: time(8) },
      { first: 2, last: 3, sizeBytes: 4 },
      { first: 3, last: 0 },
    ];
    expect(of({ first: 3 }, ...history)).toEqual(['size']);
    expect(of({ first: 2, sizeBytes: 4 }, ...history)).toEqual(['size', 'mtime']);
  });

  test('because it was asked for, where nothing differs', () => {
    expect(of({ first: 3 }, { first: 1, last: 3 })).toEqual(['asked']);
  });
});
