import * as fs from 'node:fs';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { bytesFromText, bytesToText, type ByteString } from '../../src/platform/bytes.js';
import { openFileSystem, type FileSystem } from '../../src/platform/files.js';
import { scratchDirectory } from '../support/directory.js';
import { openFilesBelow } from '../support/open-files.js';
import { makeFifo } from '../support/special-files.js';

const files = openFileSystem();
/** What the umask takes away, asked without setting it: threads share it. */
const umask = parseInt(
  /^Umask:\s+(\d+)/m.exec(fs.readFileSync('/proc/self/status', 'utf8'))![1]!,
  8,
);
const modeOf = (path: string): number => fs.statSync(path).mode & 0o7777;
const codeOf = (action: () => unknown): string | undefined => {
  try {
    action();
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
};

/** A descriptor that is closed when the test ends. */
function opened(...args: Parameters<typeof files.open>): number {
  const descriptor = files.open(...args);
  onTestFinished(() => files.close(descriptor));
  return descriptor;
}

describe('a file of the repository', () => {
  test.each([
    { mode: 'read', there: undefined, missing: 'ENOENT', writing: 'EBADF' },
    { mode: 'append', there: undefined, missing: 'ENOENT', writing: undefined },
    { mode: 'create', there: 'EEXIST', missing: undefined, writing: undefined },
    { mode: 'create-public', there: 'EEXIST', missing: undefined, writing: undefined },
  ] as const)('opened to $mode: made, replaced and written as that says', (expected) => {
    const directory = scratchDirectory();
    const [there, missing] = [`${directory}/there`, `${directory}/missing`];
    fs.writeFileSync(there, 'old bytes');
    expect(codeOf(() => opened(there, expected.mode))).toBe(expected.there);
    expect(codeOf(() => opened(missing, expected.mode))).toBe(expected.missing);
    expect(fs.existsSync(missing)).toBe(expected.missing === undefined);
    const descriptor = opened(expected.there ? `${directory}/other` : there, expected.mode);
    expect(codeOf(() => files.write(descriptor, Buffer.from('NEW'), 4))).toBe(expected.writing);
    expect(files.read(descriptor, Buffer.alloc(20), 0)).toBe(expected.there ? 7 : 9);
    expect(fs.readFileSync(there, 'utf8')).toBe(
      expected.mode === 'append' ? 'old NEWes' : 'old bytes',
    );
  });

  test.each([
    { mode: 'create', permissions: undefined, made: 0o600 },
    { mode: 'create-public', permissions: undefined, made: 0o666 },
    { mode: 'create', permissions: 0o640, made: 0o640 },
    { mode: 'create', permissions: 0o666, made: 0o666 },
  ] as const)('made to $mode with $permissions has these, less the umask', (wanted) => {
    const path = `${scratchDirectory()}/file`;
    opened(path, wanted.mode, wanted.permissions);
    expect(modeOf(path)).toBe(wanted.made & ~umask);
  });

  test('is read and written at any place, cut, and given another mode', () => {
    const path = `${scratchDirectory()}/file`;
    const descriptor = opened(path, 'create');
    files.write(descriptor, Buffer.from('0123456789'), 0);
    files.write(descriptor, Buffer.from('ab').subarray(1), 3);
    const into = Buffer.alloc(4, '-');
    expect([files.read(descriptor, into, 2), into.toString()]).toEqual([4, '2b45']);
    expect([files.read(descriptor, into, 8), into.toString()]).toEqual([2, '8945']);
    expect(files.read(descriptor, into, 10)).toBe(0);
    expect(files.readToEnd(opened(path, 'read')).toString()).toBe('012b456789');
    files.truncate(descriptor, 5);
    files.sync(descriptor);
    files.setMode(descriptor, 0o640);
    files.setOwner(descriptor, -1, process.getgid!());
    expect([files.readFile(path).toString(), modeOf(path)]).toEqual(['012b4', 0o640]);
  });
});

describe('where the system takes or gives less at once than it is asked for', () => {
  /** The file system over a Node whose calls move so many bytes at most. */
  async function openShort(mostBytes: number): Promise<FileSystem> {
    vi.resetModules();
    vi.doMock('node:fs', () => ({
      ...fs,
      readSync: (descriptor: number, into: Buffer, at: number, length: number, position: number) =>
        fs.readSync(descriptor, into, at, Math.min(length, mostBytes), position),
      writeSync: (descriptor: number, from: Buffer, at: number, length: number, position: number) =>
        fs.writeSync(descriptor, from, at, Math.min(length, mostBytes), position),
    }));
    onTestFinished(() => {
      vi.doUnmock('node:fs');
      vi.resetModules();
    });
    return (await import('../../src/platform/files.js')).openFileSystem();
  }

  test.each([1, 3, 7])(
    '%i bytes: all is written and read, each byte at its place',
    async (most) => {
      const short = await openShort(most);
      const path = `${scratchDirectory()}/file`;
      const descriptor = opened(path, 'create');
      short.write(descriptor, Buffer.from('0123456789'), 0);
      short.write(descriptor, Buffer.from('abcdefgh'), 5);
      expect(fs.readFileSync(path, 'utf8')).toBe('01234abcdefgh');
      const into = Buffer.alloc(9, '-');
      expect([short.read(descriptor, into, 2), into.toString()]).toEqual([9, '234abcdef']);
      expect([short.read(descriptor, into.fill('-'), 8), into.toString()]).toEqual([
        5,
        'defgh----',
      ]);
      expect(short.readToEnd(descriptor).toString()).toBe('01234abcdefgh');
    },
  );

  test('nothing at all is a failure, not a loop', async () => {
    const short = await openShort(0);
    const descriptor = opened(`${scratchDirectory()}/file`, 'create');
    expect(() => short.write(descriptor, Buffer.from('x'), 0)).toThrow(
      'nothing of 1 bytes was written',
    );
  });
});

describe('what a path says', () => {
  test('is all that the system says of what a link leads to', () => {
    const directory = scratchDirectory();
    fs.writeFileSync(`${directory}/file`, 'content');
    fs.truncateSync(`${directory}/file`, 1024 * 1024);
    fs.chmodSync(`${directory}/file`, 0o2751);
    fs.utimesSync(`${directory}/file`, 1000, 2000.5);
    fs.symlinkSync('file', `${directory}/link`);
    const { ino, dev, uid, gid, blocks } = fs.statSync(`${directory}/file`);
    expect(files.stat(`${directory}/link`)).toEqual({
      type: 'file',
      sizeBytes: 1024 * 1024,
      allocatedBytes: blocks * 512,
      inode: ino,
      device: dev,
      mtimeMs: 2_000_500,
      mode: 0o2751,
      uid,
      gid,
    });
  });

  test('is the type of it, or that nothing is there', () => {
    const directory = scratchDirectory();
    makeFifo(`${directory}/fifo`);
    fs.symlinkSync('nowhere', `${directory}/dangling`);
    const typeOf = (name: string): string | undefined => files.stat(`${directory}/${name}`)?.type;
    expect(['.', 'fifo', 'dangling', 'none'].map(typeOf)).toEqual([
      'directory',
      'other',
      undefined,
      undefined,
    ]);
    const exists = (name: string): boolean => files.exists(bytesFromText(`${directory}/${name}`));
    expect(['.', 'fifo', 'dangling', 'none'].map(exists)).toEqual([true, true, true, false]);
    const canWrite = (name: string): boolean => files.canWrite(`${directory}/${name}`);
    expect(['.', 'fifo', 'none'].map(canWrite)).toEqual([true, true, false]);
  });

  test('is the room of its file system: all of it, and what this user may still take', () => {
    const directory = scratchDirectory();
    for (;;) {
      const before = fs.statfsSync(directory);
      const said = [files.capacityBytes(directory), files.freeBytes(directory)];
      const after = fs.statfsSync(directory);
      if (before.bavail !== after.bavail) continue;
      expect(said).toEqual([before.blocks * before.bsize, before.bavail * before.bsize]);
      return;
    }
  });

  test('is where it is, with or without its links', () => {
    const directory = fs.realpathSync(scratchDirectory());
    fs.mkdirSync(`${directory}/real`);
    fs.symlinkSync('real', `${directory}/link`);
    expect(files.realPath(`${directory}/./link/`)).toBe(`${directory}/real`);
    expect(files.realPathOf(bytesFromText(`${directory}/link`))).toBe(
      bytesFromText(`${directory}/real`),
    );
    expect(files.absolutePath(`${directory}/x/../link/`)).toBe(`${directory}/link`);
    expect(files.absolutePath('a/./b')).toBe(`${process.cwd()}/a/b`);
  });
});

describe('directories', () => {
  test('are made with all above them, for their user only, and may be there already', () => {
    const directory = scratchDirectory();
    files.makeDirectories(`${directory}/a/b/c`);
    files.makeDirectories(`${directory}/a/b/c`);
    for (const name of ['a', 'a/b', 'a/b/c']) expect(modeOf(`${directory}/${name}`)).toBe(0o700);
    fs.writeFileSync(`${directory}/file`, '');
    expect(codeOf(() => files.makeDirectories(`${directory}/file`))).toBe('EEXIST');
    expect(codeOf(() => files.makeDirectories(`${directory}/file/x`))).toBe('ENOTDIR');
    fs.symlinkSync('a', `${directory}/link`);
    files.makeDirectories(`${directory}/link`);
    expect(codeOf(() => files.makeDirectories('/proc/varve/x'))).toMatch(/^E/);
  });

  test('are synced, which nothing else can be as one', () => {
    const directory = scratchDirectory();
    fs.writeFileSync(`${directory}/file`, '');
    files.syncDirectory(directory);
    expect(codeOf(() => files.syncDirectory(`${directory}/file`))).toBe('ENOTDIR');
    expect(openFilesBelow(directory)).toEqual([]);
  });

  test('that are temporary have a name that nothing had', () => {
    const directory = scratchDirectory();
    const made = [1, 2].map(() => files.makeTemporaryDirectory(`${directory}/of-`));
    expect(new Set(made).size).toBe(2);
    for (const path of made) expect(path.startsWith(`${directory}/of-`)).toBe(true);
    for (const path of made) expect(modeOf(path)).toBe(0o700);
  });
});

describe('names', () => {
  test('are given, taken and removed', () => {
    const directory = scratchDirectory();
    const at = (name: string): string => `${directory}/${name}`;
    fs.writeFileSync(at('one'), '1');
    fs.writeFileSync(at('two'), '2');
    files.rename(at('one'), at('two'));
    files.link(at('two'), at('three'));
    expect(codeOf(() => files.link(at('two'), at('three')))).toBe('EEXIST');
    expect(files.stat(at('two'))?.inode).toBe(files.stat(at('three'))?.inode);
    files.copyFile(at('two'), at('four'));
    fs.writeFileSync(at('four'), 'longer');
    files.copyFile(at('two'), at('four'));
    expect(fs.readFileSync(at('four'), 'utf8')).toBe('1');
    expect(files.stat(at('four'))?.inode).not.toBe(files.stat(at('two'))?.inode);
    files.remove(at('two'));
    expect(codeOf(() => files.remove(at('two')))).toBe('ENOENT');
    fs.mkdirSync(at('tree/below'), { recursive: true });
    fs.writeFileSync(at('tree/below/file'), '');
    files.removeTree(at('tree'));
    files.removeTree(at('tree'));
    expect(files.list(directory).toSorted()).toEqual(['four', 'three']);
  });

  test('that are not text are taken by every call', () => {
    const name = bytesToText(Buffer.from('caf\xe9', 'latin1'));
    const base = `${scratchDirectory()}/${name}`;
    files.makeDirectories(`${base}/a`);
    const temporary = files.makeTemporaryDirectory(`${base}/t`);
    opened(`${base}/file`, 'create');
    files.link(`${base}/file`, `${base}/second`);
    files.rename(`${base}/second`, `${base}/third`);
    files.copyFile(`${base}/third`, `${base}/fourth`);
    files.remove(`${base}/third`);
    files.syncDirectory(base);
    expect(files.list(base).toSorted()).toEqual(
      ['a', 'file', 'fourth', temporary.slice(base.length + 1)].toSorted(),
    );
    expect(files.stat(`${base}/file`)?.type).toBe('file');
    expect(files.exists(bytesFromText(`${base}/file`))).toBe(true);
    expect(files.canWrite(`${base}/file`)).toBe(true);
    expect(files.readFile(`${base}/file`)).toHaveLength(0);
    expect(files.capacityBytes(base)).toBeGreaterThanOrEqual(files.freeBytes(base));
    expect(files.realPath(`${base}/a`).endsWith(`/${name}/a`)).toBe(true);
    files.removeTree(base);
    expect(files.stat(base)).toBeUndefined();
  });
});

test('a clone is made whole or not at all, and never in the place of anything', () => {
  const directory = scratchDirectory();
  fs.writeFileSync(`${directory}/from`, 'bytes');
  const from = opened(`${directory}/from`, 'read');
  const handle = files.at.open(undefined, bytesFromText(directory), 'read-directory');
  onTestFinished(() => files.close(handle));
  const isMade = files.cloneFile(from, handle, 'to' as ByteString);
  expect(fs.existsSync(`${directory}/to`)).toBe(isMade);
  if (isMade) expect(fs.readFileSync(`${directory}/to`, 'utf8')).toBe('bytes');
  fs.writeFileSync(`${directory}/there`, 'of somebody');
  expect(codeOf(() => files.cloneFile(from, handle, 'there' as ByteString))).toBe('EEXIST');
  expect(fs.readFileSync(`${directory}/there`, 'utf8')).toBe('of somebody');
});

/** The file system over a Node of which some calls are others. */
async function over(calls: Partial<typeof fs>): Promise<FileSystem> {
  vi.resetModules();
  vi.doMock('node:fs', () => ({ ...fs, ...calls }));
  onTestFinished(() => {
    vi.doUnmock('node:fs');
    vi.resetModules();
  });
  return (await import('../../src/platform/files.js')).openFileSystem();
}

test('what is synced is synced, a directory as well as a file', async () => {
  const directory = scratchDirectory();
  const synced: string[] = [];
  const watched = await over({
    fsyncSync: (descriptor) => void synced.push(fs.readlinkSync(`/proc/self/fd/${descriptor}`)),
  });
  watched.sync(opened(`${directory}/file`, 'create'));
  watched.syncDirectory(directory);
  const real = fs.realpathSync(directory);
  expect(synced).toEqual([`${real}/file`, real]);
});

describe('a file is cloned', () => {
  async function cloning(code?: string) {
    const directory = scratchDirectory();
    const from = opened(`${directory}/from`, 'create');
    const root = fs.openSync(directory, 'r');
    onTestFinished(() => fs.closeSync(root));
    const asked: unknown[] = [];
    const watched = await over({
      copyFileSync: (_from, to, mode) => {
        asked.push([to.toString(), mode]);
        if (code !== undefined) throw Object.assign(new Error(code), { code });
      },
    });
    const clone = (): boolean => watched.cloneFile(from, root, 'a name' as ByteString);
    return { clone, asked, to: `/proc/self/fd/${root}/a name` };
  }

  test('or not at all: it is neither copied nor put in the place of another', async () => {
    const { clone, asked, to } = await cloning();
    expect(clone()).toBe(true);
    const { COPYFILE_EXCL, COPYFILE_FICLONE_FORCE } = fs.constants;
    expect(asked).toEqual([[to, COPYFILE_EXCL | COPYFILE_FICLONE_FORCE]]);
  });

  test.each(['ENOTSUP', 'EXDEV', 'ENOSYS', 'EINVAL'])(
    'not where that cannot be done: %s',
    async (code) => {
      expect((await cloning(code)).clone()).toBe(false);
    },
  );

  test('not where there is one, which is told', async () => {
    const { clone } = await cloning('EEXIST');
    expect(clone).toThrow('EEXIST');
  });
});

test('what is free is what this user may fill: not the blocks that are kept for root', async () => {
  const sizes = { bsize: 4096, blocks: 1000, bfree: 300, bavail: 250 };
  const watched = await over({ statfsSync: (() => sizes) as never });
  expect(watched.freeBytes('/lake')).toBe(250 * 4096);
  expect(watched.capacityBytes('/lake')).toBe(1000 * 4096);
});
