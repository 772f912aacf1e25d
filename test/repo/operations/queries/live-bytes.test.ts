/** How a live node changed since it was saved: by its bytes, its metadata, its attributes, and no more read than needed. */
import { describe, expect, test } from 'vitest';
import type { FileStat } from '../../../../src/platform/at-calls.js';
import type { NodeAttributes } from '../../../../src/platform/attribute-calls.js';
import { blake3 } from '../../../../src/platform/hash.js';
import {
  VersionFlag,
  VersionType,
  type AttributeSet,
  type Issue,
  type Version,
} from '../../../../src/repo/model.js';
import { LiveBytes, type Subject } from '../../../../src/repo/operations/queries/live-bytes.js';
import { encodeAttributeSet } from '../../../../src/repo/packs/attribute-set.js';
import type { HeldRepository } from '../../../../src/repo/repository/held.js';
import { systemError } from '../../../support/faulty-files.js';

const SAVED = Buffer.from('saved');
const OTHER = Buffer.from('other');
const time = (seconds: number, nanoseconds = 0) => ({ seconds, nanoseconds });
const [USER, GROUP] = [10, 20];

const VERSION = {
  ...{ path: 1, first: 1, last: 0, flags: 0, links: 0, attributes: 5, link: undefined },
  ...{ type: VersionType.file, mode: 0o644, uid: USER, gid: GROUP, inode: 3, rdev: 0 },
  ...{ mtime: time(100, 1), ctime: time(200, 2), btime: undefined, sizeBytes: SAVED.length },
  content: { type: 'blob', blob: 8 },
} as unknown as Version;
const STAT = {
  ...VERSION,
  type: 'file',
  allocatedBytes: 4096,
  linkCount: 1,
} as unknown as FileStat;
const SET = {
  ...{ user: 'ada', group: 'staff', flags: 0 },
  xattrs: [{ name: 'user.a', value: '1' }],
} as unknown as AttributeSet;

interface Live {
  readonly bytes?: Buffer;
  readonly stat?: Partial<FileStat>;
  readonly known?: Partial<Version>;
  readonly tellsSize?: boolean;
  readonly readsAll?: boolean;
  /** Undefined: no set was saved. */
  readonly set?: AttributeSet | undefined;
  /** Null: there are no calls for them. */
  readonly attributes?: NodeAttributes | null;
  readonly userNames?: Readonly<Record<number, string>>;
  readonly groupNames?: Readonly<Record<number, string>>;
  readonly target?: string;
  readonly fails?: boolean;
}

/** How it changed, how often it was opened, and what else was said. */
function changeOf(live: Live): { change: string; opened: number; issues: readonly Issue[] } {
  const { bytes = SAVED, attributes = { flags: SET.flags, xattrs: SET.xattrs } } = live;
  const { userNames = { [USER]: 'ada' }, groupNames = { [GROUP]: 'staff' } } = live;
  const set = 'set' in live ? live.set : SET;
  const open = new Set<number>();
  let opened = 0;
  const files = {
    read(_: number, into: Uint8Array): number {
      if (live.fails) throw systemError('EIO');
      into.set(bytes.subarray(0, into.length));
      return Math.min(into.length, bytes.length);
    },
    readToEnd: () => bytes,
    close: (descriptor: number) => expect(open.delete(descriptor)).toBe(true),
    at: {
      open(directory: number, name: string, mode: string): number {
        expect([directory, name, mode]).toEqual([4, 'n', 'read-file']);
        open.add(++opened);
        return opened;
      },
      statOpen: () => ({ ...STAT, ...live.stat, sizeBytes: live.stat?.sizeBytes ?? bytes.length }),
      readSymlink: () => live.target,
      attributes: attributes && { read: () => attributes },
    },
  };
  const users = {
    userName: (id: number) => userNames[id],
    groupName: (id: number) => groupNames[id],
  };
  const index = {
    attributes: { get: (id: number) => (id === 5 && set ? encodeAttributeSet(set) : Buffer.of()) },
    blobs: {
      get: (id: number) => (id === 8 ? { hash: blake3(SAVED) } : undefined),
      contentHash: () => blake3(SAVED),
    },
  };
  const config = { chunking: { wholeFileBytes: 1e6 } };
  const repository = { platform: { files, users }, index, config } as unknown as HeldRepository;
  const issues: Issue[] = [];
  const subject = {
    ...{ directory: 4, name: 'n', path: '/d/n', tellsSize: live.tellsSize ?? true },
    stat: { ...STAT, ...live.stat },
    known: { ...VERSION, ...live.known },
  } as unknown as Subject;
  let change: string;
  try {
    change =
      new LiveBytes(repository, live.readsAll ?? false, issues).changeOf(subject) ?? 'unchanged';
  } catch (error) {
    change = String((error as NodeJS.ErrnoException).code);
  }
  expect([...open], 'descriptors left open').toEqual([]);
  return { change, opened, issues };
}

const shown = (live: Live): string => {
  const { change, opened } = changeOf(live);
  return opened > 0 ? `${change}, read` : change;
};

describe('a file', () => {
  test.each<[string, Live, string]>([
    ['as it was', {}, 'unchanged'],
    ['of another size', { stat: { sizeBytes: 6 } }, 'modified'],
    ['of another time', { stat: { mtime: time(100, 2) } }, 'modified'],
    ['of another mode', { stat: { mode: 0o600 } }, 'metadata'],
    ['of another owner', { stat: { uid: 11 } }, 'metadata'],
    ['of another group', { stat: { gid: 21 } }, 'metadata'],
    [
      'whose change time moved',
      { stat: { ctime: time(200, 3) }, attributes: null },
      'unchanged, read',
    ],
    ['whose inode is another', { stat: { inode: 4 } }, 'unchanged, read'],
    [
      'whose inode is another, and its bytes',
      { stat: { inode: 4 }, bytes: OTHER },
      'modified, read',
    ],
    ['that was racy', { known: { flags: VersionFlag.racy } }, 'unchanged, read'],
    [
      'that was racy and differs',
      { known: { flags: VersionFlag.racy }, bytes: OTHER },
      'modified, read',
    ],
    ['whose times say nothing of its bytes', { bytes: OTHER }, 'unchanged'],
  ])('%s', (_, live, wanted) => {
    expect(shown(live)).toBe(wanted);
    expect(changeOf(live).issues).toEqual([]);
  });

  test.each<[string, Live, string]>([
    ['as it was', {}, 'unchanged, read'],
    ['of another size', { stat: { sizeBytes: 6 } }, 'modified'],
    ['of another time', { stat: { mtime: time(100, 2) } }, 'metadata, read'],
    [
      'of another time, with other bytes',
      { stat: { mtime: time(1) }, bytes: OTHER },
      'modified, read',
    ],
    ['of another mode', { stat: { mode: 0o600 } }, 'metadata, read'],
  ])('of which all bytes are to be read: %s', (_, live, wanted) => {
    expect(shown({ ...live, readsAll: true })).toBe(wanted);
    expect(changeOf({ ...live, readsAll: true }).issues).toEqual([]);
  });

  test('that differs though nothing tells of it is possible bit rot', () => {
    const { change, issues } = changeOf({ readsAll: true, bytes: OTHER });
    expect(change).toBe('modified');
    expect(issues).toEqual([
      {
        path: '/d/n',
        code: 'POSSIBLE_BIT_ROT',
        message: expect.stringContaining('/d/n has changed since it was saved') as string,
      },
    ]);
  });

  test('that is empty, or was', () => {
    const empty = { content: { type: 'none' }, sizeBytes: 0 } as const;
    expect(shown({ known: empty, stat: { sizeBytes: 0 }, bytes: Buffer.of() })).toBe('unchanged');
    expect(shown({ known: empty })).toBe('modified');
    const racy = { ...empty, flags: VersionFlag.racy };
    expect(shown({ known: racy, stat: { sizeBytes: 0 }, bytes: Buffer.of() })).toBe(
      'unchanged, read',
    );
  });

  test('that says it has no bytes, and had some, is read to its end', () => {
    // As those below /proc, whose size is not told.
    const zero = { stat: { sizeBytes: 0 } };
    expect(shown(zero)).toBe('unchanged, read');
    expect(shown({ ...zero, bytes: OTHER })).toBe('modified, read');
    expect(shown({ ...zero, bytes: Buffer.of() })).toBe('modified, read');
    expect(shown({ ...zero, stat: { sizeBytes: 0, mode: 0o600 } })).toBe('metadata, read');
  });

  test('whose size says nothing is read to its end, whatever that says', () => {
    for (const sizeBytes of [0, 5, 4096]) {
      const unsized = { tellsSize: false, stat: { sizeBytes } };
      expect(shown(unsized), `${sizeBytes}`).toBe('unchanged, read');
      expect(shown({ ...unsized, bytes: OTHER }), `${sizeBytes}`).toBe('modified, read');
      expect(shown({ ...unsized, bytes: Buffer.of() }), `${sizeBytes}`).toBe('modified, read');
    }
    expect(changeOf({ tellsSize: false, bytes: OTHER }).issues).toEqual([]);
  });

  test('is compared with its contents by their hash, and differs from contents that are lost', () => {
    const racy = { flags: VersionFlag.racy };
    const content = (content: object): Live => ({ known: { ...racy, content: content as never } });
    // One blob is never contents of several, whatever their hash.
    expect(shown(content({ type: 'content', content: 3 }))).toBe('modified, read');
    expect(shown(content({ type: 'blob', blob: 9 }))).toBe('modified, read');
    expect(shown(content({ type: 'blob', blob: 8 }))).toBe('unchanged, read');
  });

  test('that cannot be read is closed again', () => {
    expect(changeOf({ readsAll: true, fails: true })).toMatchObject({ change: 'EIO', opened: 1 });
  });
});

describe('what is no file', () => {
  const directory: Live = {
    known: { type: VersionType.fifo, sizeBytes: 0, content: { type: 'none' } },
    stat: { type: 'fifo', sizeBytes: 0 },
  };

  test('has no bytes, and its size does not count', () => {
    expect(shown(directory)).toBe('unchanged');
    expect(shown({ ...directory, readsAll: true })).toBe('unchanged');
    const grown = { ...directory.stat, sizeBytes: 4096 };
    expect(shown({ ...directory, stat: grown })).toBe('unchanged');
    expect(shown({ ...directory, stat: { ...directory.stat, mtime: time(1) } })).toBe('metadata');
    expect(shown({ ...directory, stat: { ...directory.stat, rdev: 1 } })).toBe('metadata');
  });

  test('is compared by its target, if it is a link', () => {
    const link: Live = {
      known: { type: VersionType.symlink, sizeBytes: 0, link: 'there' as never },
      stat: { type: 'symlink', sizeBytes: 5 },
    };
    expect(shown({ ...link, target: 'there' })).toBe('unchanged');
    expect(shown({ ...link, target: 'here' })).toBe('modified');
    expect(shown({ ...link, target: 'there', stat: { ...link.stat, mtime: time(1) } })).toBe(
      'metadata',
    );
  });
});

describe('attributes', () => {
  const moved: Live = { stat: { ctime: time(300) } };
  const differently: readonly (readonly [string, Live])[] = [
    ['a name of the user', { userNames: { [USER]: 'eve' } }],
    ['no name of the user', { userNames: {} }],
    ['a name of the group', { groupNames: { [GROUP]: 'wheel' } }],
    ['no name of the group', { groupNames: {} }],
    ['flags', { attributes: { flags: 16, xattrs: SET.xattrs } }],
    ['no attribute', { attributes: { flags: 0, xattrs: [] } }],
  ];

  test.each(differently)('differ: %s', (_, live) => {
    expect(changeOf({ ...moved, ...live }).change).toBe('metadata');
    // They do not change without the change time.
    expect(changeOf(live).change).toBe('unchanged');
    // What cannot be read, or was never saved, does not differ.
    expect(changeOf({ ...moved, ...live, attributes: null }).change).toBe('unchanged');
    expect(changeOf({ ...moved, ...live, set: undefined }).change).toBe('unchanged');
  });

  test('are the same', () => {
    expect(changeOf(moved).change).toBe('unchanged');
    const nameless = { ...SET, user: '', group: '' } as unknown as AttributeSet;
    const unnamed = { set: nameless, userNames: {}, groupNames: {} };
    expect(changeOf({ ...moved, ...unnamed }).change).toBe('unchanged');
  });

  test('of bytes that differ do not matter', () => {
    expect(changeOf({ ...moved, bytes: OTHER, userNames: {} }).change).toBe('modified');
  });
});
