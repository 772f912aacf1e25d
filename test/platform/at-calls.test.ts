import * as fs from 'node:fs';
import { describe, expect, test } from 'vitest';
import { permissions, type AtCalls, type FileStat } from '../../src/platform/at-calls.js';
import { bytesFromText, type ByteString } from '../../src/platform/bytes.js';
import { loadNativeAtCalls } from '../../src/platform/native-at-calls.js';
import { portableAtCalls } from '../../src/platform/portable-at-calls.js';
import { scratchDirectory } from '../support/directory.js';
import { makeFifo } from '../support/special-files.js';

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
    const openCount = (): number => fs.readdirSync('/proc/self/fd').length;
    const before = openCount();
    at.setMode(root, 'file' as ByteString, 0o4741);
    expect(openCount()).toBe(before);
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

const named = (name: string): ByteString => name as ByteString;
const codeOf = (action: () => unknown): string | undefined => {
  try {
    action();
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
};

describe.each(implementations.map((at) => [at.name, at] as const))('at-calls by %s', (_, at) => {
  test.each([
    { mode: 'read-file', makes: false, reads: true, writes: false, opens: ['file', 'fifo'] },
    { mode: 'read-directory', makes: false, reads: false, writes: false, opens: ['directory'] },
    { mode: 'create-file', makes: true, reads: false, writes: true, opens: [] },
    { mode: 'create-public-file', makes: true, reads: false, writes: true, opens: [] },
    { mode: 'write-file', makes: false, reads: false, writes: true, opens: ['file'] },
    { mode: 'update-file', makes: false, reads: true, writes: true, opens: ['file', 'fifo'] },
  ] as const)('open to $mode what that is for, and nothing else', (expected) => {
    const root = openRoot(at);
    makeFile(at, root, named('file'));
    at.makeDirectory(root, named('directory'));
    at.makeSymlink(root, named('link'), named('file'));
    makeFifo(`/proc/self/fd/${root}/fifo`);
    const opened: string[] = [];
    for (const name of ['file', 'directory', 'link', 'fifo']) {
      const { mode } = expected;
      const isDirectory = mode === 'read-file' && name === 'directory';
      const failed = codeOf(() => {
        const descriptor = at.open(root, named(name), mode);
        fs.closeSync(descriptor);
        if (!isDirectory) opened.push(name);
      });
      if (failed !== undefined && expected.makes) expect(failed).toBe('EEXIST');
    }
    expect(opened).toEqual(expected.opens);
    const name = named(
      expected.makes ? 'new' : expected.mode === 'read-directory' ? 'directory' : 'file',
    );
    const descriptor = at.open(root, name, expected.mode);
    expect(codeOf(() => fs.readSync(descriptor, Buffer.alloc(1))) === undefined).toBe(
      expected.reads,
    );
    expect(codeOf(() => fs.writeSync(descriptor, 'y')) === undefined).toBe(expected.writes);
    // O_CLOEXEC: programs that are started do not get it.
    const info = fs.readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8');
    expect(parseInt(/^flags:\s+(\d+)/m.exec(info)![1]!, 8) & 0o2000000).toBe(0o2000000);
    fs.closeSync(descriptor);
    expect(codeOf(() => at.open(root, named('none'), expected.mode))).toBe(
      expected.makes ? undefined : 'ENOENT',
    );
    fs.closeSync(root);
  });

  test('make directories and files for their owner, and public files for all', () => {
    const root = openRoot(at);
    const umask = parseInt(
      /^Umask:\s+(\d+)/m.exec(fs.readFileSync('/proc/self/status', 'utf8'))![1]!,
      8,
    );
    at.makeDirectory(root, named('directory'));
    makeFile(at, root, named('own'));
    fs.closeSync(at.open(root, named('public'), 'create-public-file'));
    const modeOf = (name: string) => at.stat(root, named(name))!.mode;
    expect([modeOf('directory'), modeOf('own'), modeOf('public')]).toEqual([
      ...[0o700, 0o600, 0o666 & ~umask],
    ]);
    fs.closeSync(root);
  });

  test('remove files as files and directories as directories, and those only when empty', () => {
    const root = openRoot(at);
    at.makeDirectory(root, named('directory'));
    makeFile(at, root, named('file'));
    at.makeSymlink(root, named('link'), named('directory'));
    const directory = at.open(root, named('directory'), 'read-directory');
    makeFile(at, directory, named('file'));
    expect(codeOf(() => at.remove(root, named('directory')))).toMatch(/EISDIR|EPERM/);
    expect(codeOf(() => at.removeDirectory(root, named('file')))).toBe('ENOTDIR');
    expect(codeOf(() => at.removeDirectory(root, named('link')))).toBe('ENOTDIR');
    expect(codeOf(() => at.removeDirectory(root, named('directory')))).toBe('ENOTEMPTY');
    at.remove(directory, named('file'));
    at.removeDirectory(root, named('directory'));
    at.remove(root, named('link'));
    expect(codeOf(() => at.removeDirectory(root, named('directory')))).toBe('ENOENT');
    expect(at.list(root)).toEqual(['file']);
    fs.closeSync(directory);
    fs.closeSync(root);
  });

  test('rename over what is there, within one directory', () => {
    const root = openRoot(at);
    makeFile(at, root, named('from'), 'new');
    makeFile(at, root, named('to'), 'old');
    at.rename(root, named('from'), named('to'));
    expect(at.list(root)).toEqual(['to']);
    expect(fs.readFileSync(`/proc/self/fd/${root}/to`, 'utf8')).toBe('new');
    expect(codeOf(() => at.rename(root, named('none'), named('to')))).toBe('ENOENT');
    fs.closeSync(root);
  });

  test('tell of what is open the same as of its name, and of each what it is', () => {
    const root = openRoot(at);
    makeFile(at, root, named('file'), 'x'.repeat(5000));
    fs.truncateSync(`/proc/self/fd/${root}/file`, 10 * 1024 * 1024);
    at.link(root, named('file'), root, named('second'));
    const descriptor = at.open(root, named('file'), 'read-file');
    const found = at.stat(root, named('file'))!;
    expect(at.statOpen(descriptor)).toEqual(found);
    const real = fs.fstatSync(descriptor);
    expect(found).toMatchObject({
      type: 'file',
      mode: 0o600,
      uid: real.uid,
      gid: real.gid,
      sizeBytes: 10 * 1024 * 1024,
      allocatedBytes: real.blocks * 512,
      linkCount: 2,
      rdev: 0,
      inode: real.ino,
    });
    expect(at.fileSystemType(descriptor)).toBe(fs.statfsSync(`/proc/self/fd/${root}`).type);
    fs.closeSync(descriptor);
    expect(codeOf(() => at.statOpen(descriptor))).toBe('EBADF');
    expect(codeOf(() => at.fileSystemType(descriptor))).toMatch(/EBADF|ENOENT/);
    expect(codeOf(() => at.setMtimeOpen(descriptor, { seconds: 0, nanoseconds: 0 }))).toBe('EBADF');
    expect(codeOf(() => at.setOwnerOpen(descriptor, 0, 0))).toBe('EBADF');
    expect(at.mountOf(descriptor)).toBeUndefined();
    fs.closeSync(root);
  });

  test('give owners, and fail where there is nobody to give them to', () => {
    const root = openRoot(at);
    makeFile(at, root, named('file'));
    at.makeSymlink(root, named('link'), named('nowhere'));
    const [uid, gid] = [process.getuid!(), process.getgid!()];
    const isRoot = uid === 0;
    const [toUid, toGid] = isRoot ? [12, 34] : [uid, gid];
    const descriptor = at.open(root, named('file'), 'write-file');
    at.setOwner(root, named('link'), toUid, toGid);
    expect(at.stat(root, named('link'))).toMatchObject({ uid: toUid, gid: toGid });
    at.setOwnerOpen(descriptor, toUid, toGid);
    expect(at.statOpen(descriptor)).toMatchObject({ uid: toUid, gid: toGid });
    expect(codeOf(() => at.setOwner(root, named('none'), uid, gid))).toBe('ENOENT');
    expect(codeOf(() => at.setMtime(root, named('none'), { seconds: 0, nanoseconds: 0 }))).toBe(
      'ENOENT',
    );
    fs.closeSync(descriptor);
    fs.closeSync(root);
  });

  test('see devices by their numbers', () => {
    const dev = at.open(undefined, named('/dev'), 'read-directory');
    expect(at.stat(dev, named('null'))).toMatchObject({
      type: 'characterDevice',
      rdev: 2 ** 20 + 3,
    });
    expect(at.stat(dev, named('zero'))?.rdev).toBe(2 ** 20 + 5);
    fs.closeSync(dev);
  });

  test('take names of any length that the system takes', () => {
    const directory = scratchDirectory();
    fs.writeFileSync(`${directory}/file`, '');
    for (const length of [255, 256, 510, 511, 512, 513, 1023, 1024, 1025, 4000]) {
      const path = `${'/'.repeat(length - directory.length - 4)}${directory.slice(1)}/file`;
      const descriptor = at.open(undefined, named(path), 'read-file');
      expect(fs.fstatSync(descriptor).isFile()).toBe(true);
      fs.closeSync(descriptor);
      expect(codeOf(() => at.open(undefined, named(`${path}x`), 'read-file'))).toBe('ENOENT');
    }
    const root = openRoot(at);
    const target = named('t'.repeat(4000));
    at.makeSymlink(root, named('link'), target);
    expect(at.readSymlink(root, named('link'))).toBe(target);
    makeFile(at, root, named('file'));
    expect(codeOf(() => at.readSymlink(root, named('file')))).toBe('EINVAL');
    fs.closeSync(root);
  });
});

describe.runIf(native)('calls that only libc has', () => {
  test('give the space of a range back, and leave all around it', () => {
    const at = native!;
    const root = openRoot(at);
    makeFile(at, root, named('file'), 'x'.repeat(256 * 1024));
    const descriptor = at.open(root, named('file'), 'update-file');
    const before = at.statOpen(descriptor);
    if (at.punchHole(descriptor, 64 * 1024, 128 * 1024)) {
      const after = at.statOpen(descriptor);
      expect(after.sizeBytes).toBe(before.sizeBytes);
      expect(before.allocatedBytes - after.allocatedBytes).toBe(128 * 1024);
      expect(at.punchHole(descriptor, 250 * 1024, 100 * 1024)).toBe(true);
      expect(at.statOpen(descriptor).sizeBytes).toBe(before.sizeBytes);
      const bytes = fs.readFileSync(`/proc/self/fd/${root}/file`);
      const zeros = Buffer.alloc(128 * 1024);
      expect(bytes.subarray(64 * 1024, 192 * 1024).equals(zeros)).toBe(true);
      expect([bytes[64 * 1024 - 1], bytes[192 * 1024]]).toEqual([120, 120]);
    }
    fs.closeSync(descriptor);
    const reader = at.open(root, named('file'), 'read-file');
    expect(at.punchHole(reader, 0, 4096)).toBe(false);
    expect(portableAtCalls.punchHole(reader, 0, 4096)).toBe(false);
    fs.closeSync(reader);
    fs.closeSync(root);
  });

  test('take an open file for one descriptor alone, until it is closed', () => {
    const at = native!;
    const root = openRoot(at);
    makeFile(at, root, named('file'));
    const [one, other] = [1, 2].map(() => at.open(root, named('file'), 'read-file'));
    expect([at.tryLock(one!), at.tryLock(other!), at.tryLock(one!)]).toEqual([true, false, true]);
    expect(portableAtCalls.tryLock(other!)).toBe(true);
    fs.closeSync(one!);
    expect(at.tryLock(other!)).toBe(true);
    fs.closeSync(other!);
    expect(codeOf(() => at.tryLock(other!))).toBe('EBADF');
    expect(codeOf(() => at.seek(other!, 0, 'data'))).toBe('EBADF');
    fs.closeSync(root);
  });

  test('leave the time of access as it is', () => {
    const at = native!;
    const directory = scratchDirectory();
    const root = at.open(undefined, bytesFromText(directory), 'read-directory');
    fs.writeFileSync(`${directory}/file`, '');
    fs.utimesSync(`${directory}/file`, 1000, 2000);
    at.setMtime(root, named('file'), { seconds: 3000, nanoseconds: 7 });
    expect(fs.statSync(`${directory}/file`, { bigint: true })).toMatchObject({
      atimeNs: 1000n * 10n ** 9n,
      mtimeNs: 3000n * 10n ** 9n + 7n,
    });
    fs.closeSync(root);
  });

  test.runIf(process.getuid!() === 0)('make devices with their numbers', () => {
    const at = native!;
    const root = openRoot(at);
    const numbers = [
      [0, 1],
      [1, 255],
      [8, 256],
      [255, 4095],
      [4095, 2 ** 20 - 1],
    ] as const;
    for (const type of ['characterDevice', 'blockDevice'] as const) {
      for (const [major, minor] of numbers) {
        const rdev = major * 2 ** 20 + minor;
        const name = named(`${type} ${rdev}`);
        if (codeOf(() => at.makeSpecial(root, name, type, rdev)) === 'EPERM') continue;
        expect(at.stat(root, name)).toMatchObject({ type, rdev, mode: 0o600 });
        expect(portableAtCalls.stat(root, name)).toMatchObject({ type, rdev, mode: 0o600 });
      }
    }
    for (const type of ['fifo', 'socket'] as const) {
      at.makeSpecial(root, named(type), type, 0);
      expect(portableAtCalls.stat(root, named(type))?.type).toBe(type);
    }
    fs.closeSync(root);
  });
});

test('what each implementation can do is what it says', () => {
  expect(portableAtCalls).toMatchObject({
    name: 'proc',
    setsNanoseconds: false,
    seeksHoles: false,
    attributes: undefined,
  });
  if (native)
    expect(native).toMatchObject({ name: 'libc', setsNanoseconds: true, seeksHoles: true });
  if (native) expect(native.attributes).toBeDefined();
  const root = openRoot(portableAtCalls);
  expect(portableAtCalls.seek(root, 0, 'hole')).toBeUndefined();
  fs.closeSync(root);
});

test('a file is made for its owner, and for all whom the umask lets in if it is public', () => {
  expect(permissions('create-public-file')).toBe(0o666);
  expect(permissions('create-file')).toBe(0o600);
});
