/** What is set on a restored node, in which order, and what is said where that fails. */
import { expect, test } from 'vitest';
import { VersionType } from '../../../src/repo/model.js';
import type { AtCalls } from '../../../src/platform/at-calls.js';
import type { AttributeCalls, NodeHandle } from '../../../src/platform/attribute-calls.js';
import type { ByteString } from '../../../src/platform/bytes.js';
import type { FileSystem } from '../../../src/platform/files.js';
import { lockNode, setMetadata, type RestorableMetadata } from '../../../src/repo/tree/metadata.js';
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
