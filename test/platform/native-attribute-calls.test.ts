/** What the system says of attributes, and what is made of its refusals. */
import { constants } from 'node:os';
import { describe, expect, test } from 'vitest';
import type { NodeHandle } from '../../src/platform/attribute-calls.js';
import { SETTABLE_FLAGS } from '../../src/platform/attribute-calls.js';
import type { ByteString } from '../../src/platform/bytes.js';
import type { Libc, NativeCall } from '../../src/platform/libc.js';
import { bindAttributeCalls } from '../../src/platform/native-attribute-calls.js';

/** Linux has them apart from the numbers that Node names. */
const CODES: Readonly<Record<string, number>> = { ...constants.errno };

interface Node {
  readonly flags: number;
  readonly xattrs: Readonly<Record<string, string>>;
  /** What a call fails with, by `list`, `get NAME`, `get flags` or `set flags`. */
  readonly fails?: Readonly<Record<string, string>>;
}

const textOf = (name: Buffer): string => name.toString('latin1', 0, name.indexOf(0));

/** libc over one node. */
function over(node: Node) {
  let failed = '';
  let kept = node.flags;
  const asked: unknown[] = [];
  const fail = (call: string): boolean => {
    failed = node.fails?.[call] ?? '';
    return failed !== '';
  };
  const put = (bytes: string, into: Buffer): number => into.write(bytes, 'latin1');
  const calls: Record<string, NativeCall> = {
    listxattr: ((target: unknown, into: Buffer) => {
      asked.push(target instanceof Buffer ? textOf(target) : target);
      if (fail('list')) return -1;
      return put(
        Object.keys(node.xattrs)
          .map((name) => `${name}\0`)
          .join(''),
        into,
      );
    }) as NativeCall,
    getxattr: ((_: unknown, named: Buffer, into: Buffer) => {
      const name = textOf(named);
      if (fail(`get ${name}`)) return -1;
      return put(node.xattrs[name] ?? '', into);
    }) as NativeCall,
    setxattr: () => (fail('set') ? -1 : 0),
    removexattr: () => (fail('remove') ? -1 : 0),
    ioctl: ((_: unknown, number: number, word: Int32Array) => {
      if (fail(number === 0x80086601 ? 'get flags' : 'set flags')) return -1;
      if (number === 0x80086601) word[0] = kept;
      else kept = word[0]!;
      return 0;
    }) as NativeCall,
  };
  const failure = (call: string): NodeJS.ErrnoException =>
    Object.assign(new Error(`${failed}: ${call}`), { code: failed });
  const libc: Libc = {
    func(declaration) {
      const [, name = ''] = / [fl]?(\w+xattr|ioctl)\(/.exec(declaration) ?? [];
      return calls[name]!;
    },
    check(result, call) {
      if (result >= 0) return result;
      throw failure(call);
    },
    errno: () => CODES[failed] ?? 0,
    failure,
    address: () => 0n,
  };
  return { calls: bindAttributeCalls(libc), asked, flags: () => kept };
}

const OPEN: NodeHandle = { type: 'open', descriptor: 7 };
const NAMED: NodeHandle = { type: 'named', directory: 5, name: 'a name' as ByteString };
const byName = (name: string, value: string) => ({ name, value });
const LABELS = { 'user.b': '2', 'user.a': '1' };

test('a node has its flags and labels, in byte order; not open it has no flags', () => {
  const { calls, asked } = over({ flags: 0x10, xattrs: { ...LABELS, 'trusted.c': '' } });
  const xattrs = [byName('trusted.c', ''), byName('user.a', '1'), byName('user.b', '2')];
  expect(calls.read(OPEN)).toEqual({ flags: 0x10, xattrs });
  expect(calls.read(NAMED)).toEqual({ flags: 0, xattrs });
  expect(calls.list(NAMED)).toEqual(xattrs.map(({ name }) => name));
  expect(asked).toEqual([7, '/proc/self/fd/5/a name', '/proc/self/fd/5/a name']);
});

test('flags alone are told, and labels alone', () => {
  expect(over({ flags: 0x20, xattrs: {} }).calls.read(OPEN)).toEqual({ flags: 0x20, xattrs: [] });
  expect(over({ flags: 0, xattrs: { 'user.a': '1' } }).calls.read(OPEN)).toEqual({
    flags: 0,
    xattrs: [byName('user.a', '1')],
  });
});

test('shadows are neither listed nor read', () => {
  const shadows = { 'trusted.SGI_ACL_FILE': 'x', 'trusted.SGI_ACL_DEFAULT': 'y' };
  const { calls } = over({ flags: 0, xattrs: { ...shadows, 'user.a': '1' } });
  expect(calls.list(OPEN)).toEqual(['user.a']);
  expect(calls.read(OPEN).xattrs).toEqual([byName('user.a', '1')]);
});

describe('flags', () => {
  const EXTENTS = 0x80000;

  test('are those that can be set; how the file is stored is neither told nor changed', () => {
    expect(SETTABLE_FLAGS & EXTENTS).toBe(0);
    const { calls, flags } = over({ flags: EXTENTS | 0x50, xattrs: {} });
    expect(calls.flags(7)).toBe(0x50);
    calls.setFlags(7, 0x20);
    expect(flags()).toBe(EXTENTS | 0x20);
  });

  test.each(['get flags', 'set flags'])('that cannot be set say so: %s', (call) => {
    const { calls } = over({ flags: 0, xattrs: {}, fails: { [call]: 'ENOTTY' } });
    expect(() => calls.setFlags(7, 1)).toThrow(expect.objectContaining({ code: 'ENOTTY' }));
  });
});

const NO_SUCH_THING = ['ENOTSUP', 'EOPNOTSUPP', 'ENOTTY', 'ENOSYS'];

describe('where a file system has no such thing', () => {
  test.each(NO_SUCH_THING)('there are no labels (%s)', (code) => {
    const { calls } = over({ flags: 0x10, xattrs: LABELS, fails: { list: code } });
    expect(calls.list(OPEN)).toEqual([]);
    expect(calls.read(OPEN)).toEqual({ flags: 0x10, xattrs: [] });
  });

  test.each(NO_SUCH_THING)('there are no flags (%s)', (code) => {
    const { calls } = over({ flags: 0x10, xattrs: LABELS, fails: { 'get flags': code } });
    expect(calls.flags(7)).toBe(0);
    expect(calls.read(OPEN).xattrs).toHaveLength(2);
  });
});

describe('a label that cannot be read', () => {
  test.each([...NO_SUCH_THING, 'ENODATA', 'EACCES', 'EPERM'])(
    'is left out where it is gone or not for everybody (%s)',
    (code) => {
      const { calls } = over({ flags: 0, xattrs: LABELS, fails: { 'get user.a': code } });
      expect(calls.read(OPEN).xattrs).toEqual([byName('user.b', '2')]);
    },
  );

  test.each(['EIO', 'ENOMEM', 'ERANGE', 'EBADF'])('is a failure otherwise (%s)', (code) => {
    const refused = expect.objectContaining({ code }) as Error;
    const failing = (call: string) =>
      over({ flags: 0, xattrs: LABELS, fails: { [call]: code } }).calls;
    expect(() => failing('get user.a').read(OPEN)).toThrow(refused);
    expect(() => failing('list').read(OPEN)).toThrow(refused);
    expect(() => failing('get flags').read(OPEN)).toThrow(refused);
  });
});

test('a label that cannot be set or removed says so', () => {
  for (const code of ['ENOTSUP', 'EPERM']) {
    const { calls } = over({ flags: 0, xattrs: {}, fails: { set: code, remove: code } });
    const refused = expect.objectContaining({ code }) as Error;
    const name = 'user.a' as ByteString;
    expect(() => calls.set(OPEN, { name, value: '' as ByteString })).toThrow(refused);
    expect(() => calls.remove(OPEN, name)).toThrow(refused);
  }
});
