/**
 * {@link AttributeCalls} onto libc: the f* calls on what is open, the l* calls through
 * `/proc/self/fd/N/name` on what is not, which names an entry of an open directory however long its
 * path is. Measured on files without attributes: 1 us for flistxattr, 0.5 us for the ioctl.
 */
import {
  isShadow,
  NO_ATTRIBUTES,
  SETTABLE_FLAGS,
  type AttributeCalls,
  type ExtendedAttribute,
  type NodeHandle,
} from './attribute-calls.js';
import { bufferFromBytes, bytesFromBuffer, type ByteString } from './bytes.js';
import { NameBuffer, type Libc } from './libc.js';

/** Linux's limit for a value and for the list of all names (XATTR_SIZE_MAX, XATTR_LIST_MAX), bytes. */
const MAX_BYTES = 65_536;
const FS_IOC_GETFLAGS = 0x80086601;
const FS_IOC_SETFLAGS = 0x40086602;

/** Codes that say: this file system, or this type of node, has no such thing. */
const UNSUPPORTED = ['ENOTSUP', 'EOPNOTSUPP', 'ENOTTY', 'ENOSYS'];
/** Codes of an attribute that cannot be read: it is gone since it was listed, or is not for everybody. */
const NOT_READABLE = [...UNSUPPORTED, 'ENODATA', 'EACCES', 'EPERM'];

export function bindAttributeCalls(libc: Libc): AttributeCalls {
  const inodes = bindFlags(libc);
  const extended = bindExtended(libc);
  return {
    list: (node) => extended.list(node),
    set: (node, attribute) => extended.set(node, attribute),
    remove: (node, name) => extended.remove(node, name),
    ...inodes,
    read(node) {
      const names = extended.list(node);
      const ownFlags = node.type === 'open' ? inodes.flags(node.descriptor) : 0;
      if (names.length === 0 && ownFlags === 0) return NO_ATTRIBUTES;
      const xattrs: ExtendedAttribute[] = [];
      for (const name of names) {
        const read = extended.value(node, name);
        if (read !== undefined) xattrs.push({ name, value: read });
      }
      return { flags: ownFlags, xattrs };
    },
  };
}

const NO_NAME = '' as ByteString;

function bindFlags(libc: Libc): Pick<AttributeCalls, 'flags' | 'setFlags'> {
  const ioctl = libc.func('int ioctl(int, unsigned long, void *)');
  /** The kernel reads and writes the first of two, whatever the call's number says of a long. */
  const word = new Int32Array(2);
  return {
    flags(descriptor) {
      word[0] = 0;
      if (ioctl(descriptor, FS_IOC_GETFLAGS, word) === 0) return word[0] & SETTABLE_FLAGS;
      const error = libc.failure('ioctl', NO_NAME);
      if (UNSUPPORTED.includes(error.code ?? '')) return 0;
      throw error;
    },
    setFlags(descriptor, wanted) {
      word[0] = 0;
      libc.check(ioctl(descriptor, FS_IOC_GETFLAGS, word), 'ioctl', NO_NAME);
      word[0] = (word[0] & ~SETTABLE_FLAGS) | wanted;
      libc.check(ioctl(descriptor, FS_IOC_SETFLAGS, word), 'ioctl', NO_NAME);
    },
  };
}

/** Extended attributes of a node. */
interface ExtendedCalls extends Pick<AttributeCalls, 'list' | 'set' | 'remove'> {
  /** undefined for an attribute that cannot be read. */
  value(node: NodeHandle, name: ByteString): ByteString | undefined;
}

function bindExtended(libc: Libc): ExtendedCalls {
  const calls = { open: bindXattrs(libc, 'f'), named: bindXattrs(libc, 'l') };
  const path = new NameBuffer();
  const attributeName = new NameBuffer();
  const bytes = Buffer.alloc(MAX_BYTES);

  const target = (node: NodeHandle): number | Buffer =>
    node.type === 'open'
      ? node.descriptor
      : path.put(`/proc/self/fd/${node.directory}/${node.name}`);
  /** The bytes that a call has put into `bytes`; undefined for a failure that `expected` names. */
  const take = (
    length: number,
    call: string,
    name: ByteString,
    expected: readonly string[],
  ): ByteString | undefined => {
    if (length >= 0) return bytesFromBuffer(bytes.subarray(0, length));
    const error = libc.failure(call, name);
    if (expected.includes(error.code ?? '')) return undefined;
    throw error;
  };

  return {
    list(node) {
      const length = calls[node.type].list(target(node), bytes, bytes.length);
      if (length === 0) return [];
      const names = take(length, 'listxattr', NO_NAME, UNSUPPORTED);
      if (names === undefined) return [];
      const listed = names.slice(0, -1).split('\0').sort() as ByteString[];
      return listed.filter((name) => !isShadow(name));
    },
    value(node, name) {
      const named = attributeName.put(name);
      const length = calls[node.type].get(target(node), named, bytes, bytes.length);
      return take(length, 'getxattr', name, NOT_READABLE);
    },
    set(node, { name, value }) {
      const named = attributeName.put(name);
      const given = bufferFromBytes(value);
      const result = calls[node.type].set(target(node), named, given, value.length);
      libc.check(result, 'setxattr', name);
    },
    remove(node, name) {
      const named = attributeName.put(name);
      libc.check(calls[node.type].remove(target(node), named), 'removexattr', name);
    },
  };
}

/** The calls on a descriptor (`f`), or on a path whose last component is not followed (`l`). */
function bindXattrs(libc: Libc, kind: 'f' | 'l') {
  const target = kind === 'f' ? 'int' : 'const void *';
  const set = libc.func(`int ${kind}setxattr(${target}, const void *, const void *, size_t, int)`);
  return {
    list: libc.func(`int64_t ${kind}listxattr(${target}, void *, size_t)`),
    get: libc.func(`int64_t ${kind}getxattr(${target}, const void *, void *, size_t)`),
    set: (...values: [unknown, Buffer, Buffer, number]) => set(...values, 0),
    remove: libc.func(`int ${kind}removexattr(${target}, const void *)`),
  };
}
