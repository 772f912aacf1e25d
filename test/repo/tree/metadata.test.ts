/** What is set on a restored node, in which order, and what is said where that fails. */
import { describe, expect, test } from 'vitest';
import { VersionType } from '../../../src/repo/model.js';
import type { AtCalls, FileStat } from '../../../src/platform/at-calls.js';
import type { AttributeCalls, NodeHandle } from '../../../src/platform/attribute-calls.js';
import type { ByteString } from '../../../src/platform/bytes.js';
import type { FileSystem } from '../../../src/platform/files.js';
import {
  differsInMetadata,
  isLocked,
  lockNode,
  notKept,
  refuseLockedDirectory,
  setMetadata,
  type RestorableMetadata,
} from '../../../src/repo/tree/metadata.js';
import { systemError } from '../../support/faulty-files.js';

const open: NodeHandle = { type: 'open', descriptor: 3 };
const named: NodeHandle = { type: 'named', directory: 4, name: 'n' as ByteString };
const attribute = (name: string, value: string) => ({
  name: name as ByteString,
  value: value as ByteString,
});
const acl = attribute('system.posix_acl_access', 'list');
const wanted: RestorableMetadata = {
  type: VersionType.file,
  mode: 0o6755,
  uid: 10,
  gid: 20,
  mtime: { seconds: -1, nanoseconds: 999_999_999 },
  known: { flags: 0x40 | 0x10, xattrs: [acl, attribute('user.a', '1')] },
};

interface Node {
  readonly flags?: number;
  readonly xattrs?: readonly ReturnType<typeof attribute>[];
  readonly uid?: number;
  readonly gid?: number;
}

/** A node that notes what is done to it, and refuses what `refuses` gives a code for. */
function fakeNode(node: Node, refuses: (call: string) => string | undefined = () => undefined) {
  const calls: string[] = [];
  const note = (...parts: unknown[]): void => {
    const call = parts.join(' ');
    const code = refuses(call);
    calls.push(code === undefined ? call : `${call}: ${code}`);
    if (code !== undefined) throw systemError(code);
  };
  let { flags = 0 } = node;
  const { xattrs = [], uid = 0, gid = 0 } = node;
  const attributes: AttributeCalls = {
    read: () => ({ flags, xattrs }),
    list: () => xattrs.map(({ name }) => name),
    set: (_, { name }) => note('set', name),
    remove: (_, name) => note('remove', name),
    flags: () => flags,
    setFlags(_, value) {
      note('flags', value.toString(16));
      flags = value;
    },
  };
  const at = {
    attributes,
    stat: () => ({ uid, gid }),
    statOpen: () => ({ uid, gid }),
    setOwner: (_: number, name: string, ...owner: number[]) => note(name, 'owner', ...owner),
    setOwnerOpen: (_: number, ...owner: number[]) => note('owner', ...owner),
    setMode: (_: number, name: string, mode: number) => note(name, 'mode', mode.toString(8)),
    setMtime: (_: number, name: string) => note(name, 'mtime'),
    setMtimeOpen: () => note('mtime'),
  } as unknown as AtCalls;
  const setMode = (_: number, mode: number): void => note('mode', mode.toString(8));
  return { files: { at, setMode } as unknown as FileSystem, calls };
}

const IN_ORDER = ['set system.posix_acl_access', 'set user.a', 'mode 6755', 'mtime', 'flags 40'];

test('owner, attributes, permissions, time, flags: each where nothing after it undoes it', () => {
  const { files, calls } = fakeNode({});
  expect(setMetadata(files, open, wanted)).toEqual([]);
  expect(calls).toEqual(['owner 10 20', ...IN_ORDER]);
});

test('what locks a node comes alone and last', () => {
  const { files, calls } = fakeNode({ flags: 0x40 });
  expect(lockNode(files.at, 3, wanted.known!)).toEqual([]);
  expect(calls).toEqual(['flags 50']);
});

test('a link has no permissions and no flags, another special file has permissions', () => {
  const none = { ...wanted, known: undefined };
  const link = fakeNode({});
  setMetadata(link.files, named, { ...none, type: VersionType.symlink });
  expect(link.calls).toEqual(['n owner 10 20', 'n mtime']);
  const fifo = fakeNode({});
  setMetadata(fifo.files, named, { ...none, type: VersionType.fifo, mode: 0o600 });
  expect(fifo.calls).toEqual(['n owner 10 20', 'n mode 600', 'n mtime']);
});

test('what is there already is not set again, what was seen not to be there goes', () => {
  const there = [attribute('user.a', '1'), attribute('user.b', '2'), attribute('trusted.c', '3')];
  const { files, calls } = fakeNode({ flags: 0x40, xattrs: there });
  setMetadata(files, open, { ...wanted, known: { flags: 0x40, xattrs: there.slice(0, 1) } });
  expect(calls).toEqual(['owner 10 20', 'remove user.b', 'mode 6755', 'mtime']);
});

test('where nothing is known, attributes and flags stay as they are', () => {
  const { files, calls } = fakeNode({ flags: 0x40, xattrs: [attribute('user.a', '1')] });
  setMetadata(files, open, { ...wanted, known: undefined });
  expect(calls).toEqual(['owner 10 20', 'mode 6755', 'mtime']);
});

test('a file that cannot get its owner does not run as another one', () => {
  const refuses = (call: string) => (call.startsWith('owner') ? 'EPERM' : undefined);
  const missing = (kind: string) => ({ kind, code: 'EPERM' });
  const neither = fakeNode({ uid: 1, gid: 1 }, refuses);
  expect(setMetadata(neither.files, open, wanted)).toEqual(
    ['owner', 'group', 'permissions'].map(missing),
  );
  expect(neither.calls).toContain('mode 755');
  const ownUser = fakeNode({ uid: 10, gid: 1 }, refuses);
  expect(setMetadata(ownUser.files, open, wanted)).toEqual(['group', 'permissions'].map(missing));
  expect(ownUser.calls).toContain('mode 4755');
  const otherGroup = fakeNode({ uid: 1 }, (call) =>
    /^owner 10 /.test(call) ? 'EPERM' : undefined,
  );
  expect(setMetadata(otherGroup.files, open, wanted)).toEqual(
    ['owner', 'permissions'].map(missing),
  );
  expect(otherGroup.calls).toContain('owner 4294967295 20');
  expect(otherGroup.calls).toContain('mode 2755');
  const directory = fakeNode({ uid: 1, gid: 1 }, refuses);
  setMetadata(directory.files, open, { ...wanted, type: VersionType.directory });
  expect(directory.calls).toContain('mode 6755');
});

test('whatever fails, all the rest is set and each failure is said', () => {
  const all = ['owner 10 20', ...IN_ORDER];
  for (const failing of all.slice(1)) {
    const { files, calls } = fakeNode({}, (call) => (call === failing ? 'EIO' : undefined));
    const kinds = setMetadata(files, open, wanted);
    expect(kinds, failing).toHaveLength(1);
    expect(kinds[0]).toMatchObject({ code: 'EIO' });
    expect(calls.filter((call) => !call.endsWith('EIO')).slice(0, 5)).toEqual(
      failing === 'flags 40' ? all.slice(0, 5) : all.filter((call) => call !== failing),
    );
  }
});

test('of several flags those are set that the file system has', () => {
  const { files, calls } = fakeNode({ flags: 0x80 }, (call) =>
    /^flags/.test(call) && (parseInt(call.slice(6), 16) & 0x8) !== 0 ? 'EOPNOTSUPP' : undefined,
  );
  const flags = { ...wanted, known: { flags: 0x8 | 0x40 | 0x20, xattrs: [] } };
  expect(setMetadata(files, open, flags)).toEqual([{ kind: 'inode flags', code: 'EOPNOTSUPP' }]);
  expect(calls.filter((call) => call.startsWith('flags'))).toEqual([
    'flags 48: EOPNOTSUPP',
    'flags 88: EOPNOTSUPP',
    'flags c0',
    'flags 40',
  ]);
});

/** A node that is just as it should be. */
const asWanted = {
  uid: wanted.uid,
  gid: wanted.gid,
  mode: wanted.mode,
  mtime: wanted.mtime,
} as FileStat;

describe('what the file system did not keep', () => {
  const kindsOf = (there: Partial<FileStat>, type: VersionType = VersionType.file) =>
    notKept({ ...wanted, type }, { ...asWanted, ...there }).map(({ kind }) => kind);
  const { seconds, nanoseconds } = wanted.mtime;

  test.each<[string, Partial<FileStat>, string[]]>([
    ['nothing', {}, []],
    ['the owner', { uid: 9 }, ['owner']],
    ['the group', { gid: 9 }, ['group']],
    ['the permissions', { mode: 0o755 }, ['permissions']],
    ['a time that is rounded up', { mtime: { seconds: seconds + 2, nanoseconds } }, []],
    ['a time that is rounded down', { mtime: { seconds: seconds - 2, nanoseconds } }, []],
    ['a later time', { mtime: { seconds: seconds + 3, nanoseconds } }, ['time']],
    ['an earlier time', { mtime: { seconds: seconds - 3, nanoseconds } }, ['time']],
    ['all of it', { uid: 9, gid: 9, mode: 0 }, ['owner', 'group', 'permissions']],
  ])('%s', (_, there, kinds) => {
    expect(kindsOf(there)).toEqual(kinds);
  });

  test('is said with a reason, and of a link without its permissions', () => {
    expect(notKept(wanted, { ...asWanted, uid: 9 })).toEqual([
      { kind: 'owner', code: 'not kept by the file system' },
    ]);
    expect(kindsOf({ mode: 0o777 }, VersionType.symlink)).toEqual([]);
    expect(kindsOf({ mode: 0o777 }, VersionType.directory)).toEqual(['permissions']);
  });
});

describe('a strange time is looked at after it was set', () => {
  const strange = 2 ** 31;

  test.each<[string, number, number, boolean]>([
    ['kept', strange, strange, true],
    ['rounded', strange, strange - 2, true],
    ['clamped', strange, strange - 3, false],
    ['clamped before 1970', -strange, 0, false],
    ['ordinary, and not looked at', strange - 1, 0, true],
  ])('%s', (_, seconds, there, isKept) => {
    for (const node of [open, named]) {
      const { files } = fakeNode({});
      const stat = () => ({ uid: 0, gid: 0, mtime: { seconds: there, nanoseconds: 0 } });
      Object.assign(files.at, { stat, statOpen: stat });
      const shortfalls = setMetadata(files, node, {
        ...wanted,
        known: undefined,
        mtime: { seconds, nanoseconds: 0 },
      });
      const lost = { kind: 'time', code: 'not kept by the file system' };
      expect(shortfalls).toEqual(isKept ? [] : [lost]);
    }
  });
});

describe.each([0x10, 0x20, 0x30])('a node that is locked by %i', (lock) => {
  const LOCKED = 'immutable or append-only, see lsattr(1)';

  test('is left as it is, and what differs is said', () => {
    const { files, calls } = fakeNode({ flags: lock });
    const at = { ...files.at, statOpen: () => ({ ...asWanted, uid: 9 }) } as unknown as AtCalls;
    const node = { ...files, at };
    const free = { ...wanted, known: { flags: 0x40, xattrs: [] } };
    expect(setMetadata(node, open, free)).toEqual([
      { kind: 'owner', code: LOCKED },
      { kind: 'inode flags', code: LOCKED },
    ]);
    const locked = { ...wanted, known: { flags: lock, xattrs: [] } };
    expect(setMetadata(node, open, locked)).toEqual([{ kind: 'owner', code: LOCKED }]);
    expect(setMetadata(node, open, { ...wanted, known: undefined })).toEqual([
      { kind: 'owner', code: LOCKED },
    ]);
    expect(calls).toEqual([]);
  });

  test('is told from others, and as a directory takes no temporary file', () => {
    expect(isLocked({ flags: lock | 0x40, xattrs: [] })).toBe(true);
    expect(isLocked({ flags: 0x40, xattrs: [] })).toBe(false);
    expect(isLocked(undefined)).toBe(false);
    expect(() => refuseLockedDirectory(fakeNode({ flags: lock }).files.at, 3)).toThrow(
      expect.objectContaining({ code: 'EPERM' }),
    );
    expect(() => refuseLockedDirectory(fakeNode({ flags: 0x40 }).files.at, 3)).not.toThrow();
  });
});

describe('metadata differs', () => {
  const attributes = { flags: 0x40, xattrs: [acl, attribute('user.a', '1')] };
  const expected = { ...wanted, known: attributes };
  const differs = (
    node: Node,
    there: Partial<FileStat> = {},
    { handle = open, ...more }: Partial<RestorableMetadata> & { handle?: NodeHandle } = {},
  ) =>
    differsInMetadata(
      fakeNode({ ...attributes, ...node }).files.at,
      handle,
      { ...asWanted, ...there },
      { ...expected, ...more },
    );

  test('in nothing', () => {
    expect(differs({})).toBe(false);
    expect(differs({ xattrs: attributes.xattrs.toReversed() })).toBe(false);
  });

  test.each<[string, Partial<FileStat>]>([
    ['owner', { uid: 9 }],
    ['group', { gid: 9 }],
    ['mode', { mode: 0 }],
    ['time', { mtime: { seconds: 0, nanoseconds: 999_999_999 } }],
    ['nanoseconds', { mtime: { seconds: -1, nanoseconds: 0 } }],
  ])('in its %s', (_, there) => {
    expect(differs({}, there)).toBe(true);
  });

  test.each<[string, Node]>([
    ['flags', { flags: 0 }],
    ['value of an attribute', { xattrs: [acl, attribute('user.a', '2')] }],
    ['lack of one', { xattrs: [acl] }],
    ['further one of a user', { xattrs: [...attributes.xattrs, attribute('user.b', '')] }],
    [
      'further access list',
      { xattrs: [...attributes.xattrs, attribute('system.posix_acl_default', '')] },
    ],
  ])('in its %s', (_, node) => {
    expect(differs(node)).toBe(true);
    expect(differs(node, {}, { known: undefined })).toBe(false);
  });

  test('not in an attribute that the backup may not have seen, nor in flags that are not known', () => {
    const more = [...attributes.xattrs, attribute('trusted.c', ''), attribute('security.x', '')];
    expect(differs({ xattrs: more })).toBe(false);
    expect(differs({ flags: 0 }, {}, { handle: named })).toBe(false);
    expect(differs({}, { mode: 0 }, { type: VersionType.symlink })).toBe(false);
  });
});

test('where there are no calls for attributes, each that was there is said', () => {
  const { files, calls } = fakeNode({});
  const without = { ...files, at: { ...files.at, attributes: undefined } as unknown as AtCalls };
  expect(setMetadata(without, open, wanted)).toEqual([
    { kind: 'access control list', code: 'ENOSYS' },
    { kind: 'extended attribute', code: 'ENOSYS' },
    { kind: 'inode flags', code: 'ENOSYS' },
  ]);
  expect(calls).toEqual(['owner 10 20', 'mode 6755', 'mtime']);
  const plain = { ...wanted, known: { flags: 0, xattrs: [] } };
  expect(setMetadata(without, open, plain)).toEqual([]);
});
