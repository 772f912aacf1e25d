import * as fs from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { AtCalls, FileStat } from '../../src/platform/at-calls.js';
import { bytesFromText, type ByteString } from '../../src/platform/bytes.js';
import { loadNativeAtCalls } from '../../src/platform/native-at-calls.js';
import { portableAtCalls } from '../../src/platform/portable-at-calls.js';
import { scratchDirectory } from '../support/directory.js';

const native = loadNativeAtCalls();
const implementations: AtCalls[] = native ? [native, portableAtCalls] : [portableAtCalls];

const NAMES = [
  'plain',
  'caf\xe9',
  '\xff',
  'new\nline',
  'x'.repeat(255),
  '\xe2\x82\xac',
] as ByteString[];

function openRoot(at: AtCalls): number {
  return at.open(undefined, bytesFromText(scratchDirectory()), 'read-directory');
}

/** Makes a file with bytes through the calls themselves. */
function makeFile(at: AtCalls, root: number, name: ByteString, content = 'x'): void {
  const descriptor = at.open(root, name, 'create-file');
  fs.writeSync(descriptor, content);
  fs.closeSync(descriptor);
}

describe.each(implementations.map((at) => [at.name, at] as const))('at-calls by %s', (_, at) => {
  test('list names as bytes, whatever they are', () => {
    const root = openRoot(at);
    for (const name of NAMES) makeFile(at, root, name);
    expect(at.list(root).sort()).toEqual([...NAMES].sort());
    expect(at.list(root)).toHaveLength(6);
    for (const name of NAMES) expect(at.stat(root, name)?.type).toBe('file');
    for (const name of NAMES) at.remove(root, name);
    expect(at.list(root)).toEqual([]);
    fs.closeSync(root);
  });

  test('list a directory that takes many calls, as often as asked', () => {
    const root = openRoot(at);
    const many = Array.from({ length: 2000 }, (_, number) => `${number}`.padStart(40, 'long '));
    const names = ['...', '.hidden', '..x', ...many].sort() as ByteString[];
    for (const name of names) makeFile(at, root, name, '');
    expect(at.list(root).sort()).toEqual(names);
    expect(at.list(root).sort()).toEqual(names);
    fs.closeSync(root);
    expect(() => at.list(root)).toThrow(/EBADF|ENOENT/);
  });

  test.each([
    [0, 0],
    [1_700_000_000, 123_456_000],
    [-1, 500_000_000],
    [-86_400, 0],
    [-1_000_000_000, 250_000_000],
    [4_294_967_296, 0],
  ])('set and read the time %i s + %i ns', (seconds, nanoseconds) => {
    const root = openRoot(at);
    makeFile(at, root, 'file' as ByteString);
    at.makeSymlink(root, 'link' as ByteString, 'nowhere' as ByteString);
    const mtime = { seconds, nanoseconds };
    const expectMtime = (stat: FileStat | undefined, what: string): void => {
      expect(stat?.mtime.seconds, what).toBe(seconds);
      const off = Math.abs((stat?.mtime.nanoseconds ?? NaN) - nanoseconds);
      expect(off, what).toBeLessThanOrEqual(at.name === 'proc' ? 250 : 0);
    };
    for (const name of ['file', 'link'] as ByteString[]) {
      at.setMtime(root, name, mtime);
      expectMtime(at.stat(root, name), name);
    }
    const descriptor = at.open(root, 'file' as ByteString, 'write-file');
    at.setMtimeOpen(descriptor, { seconds: 5, nanoseconds: 0 });
    at.setMtimeOpen(descriptor, mtime);
    expectMtime(at.statOpen(descriptor), 'open');
    fs.closeSync(descriptor);
    fs.closeSync(root);
  });

  test('never follow a symbolic link in the last component', () => {
    const root = openRoot(at);
    at.makeSymlink(root, 'link' as ByteString, '/etc' as ByteString);
    at.makeSymlink(root, 'file' as ByteString, '/etc/passwd' as ByteString);
    expect(at.stat(root, 'link' as ByteString)!.type).toBe('symlink');
    expect(at.readSymlink(root, 'link' as ByteString)).toBe('/etc');
    expect(() => at.open(root, 'link' as ByteString, 'read-directory')).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^E(LOOP|NOTDIR)$/) as string }),
    );
    for (const mode of ['read-file', 'write-file'] as const) {
      expect(() => at.open(root, 'file' as ByteString, mode)).toThrow(
        expect.objectContaining({ code: 'ELOOP' }),
      );
    }
    expect(() => at.open(root, 'file' as ByteString, 'create-file')).toThrow(
      expect.objectContaining({ code: 'EEXIST' }),
    );
    fs.closeSync(root);
  });

  test('say what is not there, and carry the code of every error', () => {
    const root = openRoot(at);
    const none = 'none' as ByteString;
    expect(at.stat(root, none)).toBeUndefined();
    const missing = expect.objectContaining({ code: 'ENOENT' }) as Error;
    expect(() => at.open(root, none, 'read-file')).toThrow(missing);
    expect(() => at.readSymlink(root, none)).toThrow(missing);
    expect(() => at.remove(root, none)).toThrow(missing);
    at.makeDirectory(root, none);
    expect(() => at.makeDirectory(root, none)).toThrow(expect.objectContaining({ code: 'EEXIST' }));
    expect(() => at.makeDirectory(root, 'x'.repeat(256) as ByteString)).toThrow(
      expect.objectContaining({ code: 'ENAMETOOLONG' }),
    );
    fs.closeSync(root);
  });

  test('refuse a name with a NUL rather than use what is before it', () => {
    const root = openRoot(at);
    expect(() => at.makeDirectory(root, 'a\0b' as ByteString)).toThrow();
    expect(at.list(root)).toEqual([]);
    fs.closeSync(root);
  });
});

describe.each(implementations.map((at) => [at.name, at] as const))('at-calls by %s', (_, at) => {
  test('give what a name names another name, a symbolic link itself', () => {
    const root = openRoot(at);
    const directory = 'directory' as ByteString;
    at.makeDirectory(root, directory);
    const other = at.open(root, directory, 'read-directory');
    makeFile(at, root, 'file' as ByteString);
    at.makeSymlink(root, 'link' as ByteString, 'file' as ByteString);
    for (const name of ['file', 'link'] as ByteString[]) {
      at.link(root, name, other, name);
      const [first, second] = [at.stat(root, name)!, at.stat(other, name)!];
      expect(second).toEqual(first);
      expect(second.linkCount).toBe(2);
    }
    expect(() => at.link(root, 'file' as ByteString, other, 'file' as ByteString)).toThrow(
      expect.objectContaining({ code: 'EEXIST' }),
    );
    fs.closeSync(other);
    fs.closeSync(root);
  });

  test('set permissions by name, never through a symbolic link', () => {
    const root = openRoot(at);
    makeFile(at, root, 'file' as ByteString);
    at.makeSymlink(root, 'link' as ByteString, 'file' as ByteString);
    at.setMode(root, 'file' as ByteString, 0o4741);
    expect(at.stat(root, 'file' as ByteString)!.mode).toBe(0o4741);
    expect(() => at.setMode(root, 'link' as ByteString, 0o600)).toThrow();
    expect(at.stat(root, 'file' as ByteString)!.mode).toBe(0o4741);
    fs.closeSync(root);
  });
});

describe.runIf(native)('calls that only libc has', () => {
  test('make fifos and sockets, and never in the place of anything', () => {
    const at = native!;
    const root = openRoot(at);
    for (const type of ['fifo', 'socket'] as const) {
      at.makeSpecial(root, type as ByteString, type, 0);
      expect(at.stat(root, type as ByteString)).toMatchObject({ type, mode: 0o600, rdev: 0 });
      expect(() => at.makeSpecial(root, type as ByteString, type, 0)).toThrow(
        expect.objectContaining({ code: 'EEXIST' }),
      );
    }
    expect(() => portableAtCalls.makeSpecial(root, 'more' as ByteString, 'fifo', 0)).toThrow(
      expect.objectContaining({ code: 'ENOSYS' }),
    );
    fs.closeSync(root);
  });

  test('find the data of a file with holes', () => {
    const at = native!;
    const root = openRoot(at);
    const descriptor = at.open(root, 'file' as ByteString, 'create-file');
    const [start, end] = [1024 * 1024, 3 * 1024 * 1024];
    fs.writeSync(descriptor, Buffer.alloc(65_536, 1), 0, 65_536, start);
    fs.ftruncateSync(descriptor, end);
    fs.fsyncSync(descriptor);
    expect(at.seek(descriptor, 0, 'data')).toBe(start);
    expect(at.seek(descriptor, start, 'hole')).toBe(start + 65_536);
    expect(at.seek(descriptor, start + 65_536, 'data')).toBeUndefined();
    expect(at.seek(descriptor, end, 'data')).toBeUndefined();
    expect(portableAtCalls.seek(descriptor, 0, 'data')).toBeUndefined();
    fs.closeSync(descriptor);
    fs.closeSync(root);
  });
});

describe.runIf(native)('both implementations', () => {
  test('see the same of every entry', () => {
    const at = native!;
    const root = openRoot(at);
    for (const name of NAMES) makeFile(at, root, name, 'content');
    at.setMtime(root, NAMES[0]!, { seconds: -5, nanoseconds: 123_456_789 });
    at.setMtime(root, NAMES[1]!, { seconds: 1e9, nanoseconds: 1 });
    at.makeDirectory(root, 'directory' as ByteString);
    at.makeSymlink(root, 'link' as ByteString, '\xff/..' as ByteString);
    at.setOwner(root, 'link' as ByteString, process.getuid!(), process.getgid!());
    for (const name of [...NAMES, 'directory', 'link'] as ByteString[]) {
      const found = at.stat(root, name);
      // Only statx tells it.
      expect(found && { ...found, mount: undefined }, JSON.stringify(name)).toEqual(
        portableAtCalls.stat(root, name),
      );
    }
    expect(at.mountOf(root)).toBeTypeOf('number');
    expect(at.mountOf(root)).toBe(portableAtCalls.mountOf(root));
    expect([undefined, at.mountOf(root)]).toContain(at.statOpen(root).mount);
    const link = 'link' as ByteString;
    expect(at.readSymlink(root, link)).toBe(portableAtCalls.readSymlink(root, link));
    expect(at.stat(root, NAMES[0]!)!.mtime).toEqual({ seconds: -5, nanoseconds: 123_456_789 });
    fs.closeSync(root);
  });
});
