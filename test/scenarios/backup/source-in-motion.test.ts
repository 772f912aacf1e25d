import * as fs from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AtCalls, FileStat } from '../../../src/platform/at-calls.js';
import { bytesFromText } from '../../../src/platform/bytes.js';
import { openFileSystem } from '../../../src/platform/files.js';
import { faultyFiles, filesWithAt, systemError } from '../../support/faulty-files.js';
import { expectInvariants, logicalIndex } from '../../support/index-facts.js';
import { createLab, SMALL_PIECES, type Lab } from '../../support/lab.js';
import { makeFifo } from '../../support/special-files.js';
import { noise, prose } from '../../support/seed.js';
import { readTree } from '../../support/tree.js';

/** Calls `action` once, when the file whose path ends in `name` is opened for reading its bytes. */
function whenOpened(lab: Lab, name: string, action: () => void): void {
  let isDone = false;
  lab.useFiles(
    filesWithAt((real) => ({
      open(directory, path, mode) {
        if (mode === 'read-file' && path.endsWith(name) && !isDone) {
          isDone = true;
          action();
        }
        return real.open(directory, path, mode);
      },
    })),
  );
}

/** A lab with one small and one large file, backed up once. */
async function prepare(): Promise<Lab> {
  const lab = createLab({ chunking: SMALL_PIECES });
  lab.write('small', prose(20, 1));
  lab.write('large', noise(30_000, 2));
  lab.write('steady', prose(5, 3));
  await lab.backup();
  lab.write('small', prose(21, 1));
  lab.write('large', noise(31_000, 2));
  return lab;
}

describe.each(['small', 'large'])('a %s file between the walk and the reading of it', (name) => {
  test('replaced by another: what was read is stored, with its own size', async () => {
    const lab = await prepare();
    const other = noise(40_000, 9);
    whenOpened(lab, name, () => {
      fs.writeFileSync(lab.path('new'), other);
      fs.renameSync(lab.path('new'), lab.path(name));
    });
    const { issues, snapshot } = await lab.backup();
    expect(issues).toEqual([]);
    const restored = (await lab.treeAt(snapshot!)).get(name)!;
    expect(restored).toEqual(readTree(lab.source).get(name));
    await lab.expectSound();
    expectInvariants(lab.repository);
  });

  test.each([
    ['appended to', (path: string) => fs.appendFileSync(path, noise(7000, 5))],
    ['cut', (path: string) => fs.truncateSync(path, 300)],
    ['emptied', (path: string) => fs.truncateSync(path, 0)],
  ])('%s: the bytes and the size agree', async (_, change) => {
    const lab = await prepare();
    whenOpened(lab, name, () => change(lab.path(name)));
    const { issues, snapshot } = await lab.backup();
    expect(issues).toEqual([]);
    expect((await lab.treeAt(snapshot!)).get(name)).toEqual(readTree(lab.source).get(name));
    await lab.expectSound();
    expectInvariants(lab.repository);
    const again = await lab.backup();
    expect(await lab.treeAt(again.snapshot!)).toEqual(readTree(lab.source));
  });

  test.each([1, 2])(
    'changed during reading %i, and given its old time: nothing torn is stored',
    async (turn) => {
      const lab = await prepare();
      const path = lab.path(name);
      const sizeBytes = fs.statSync(path).size;
      const { mtime } = fs.statSync(path);
      // The first reading finds other times than the walk, so that there is a second.
      if (turn === 2) whenOpened(lab, name, () => fs.chmodSync(path, 0o600));
      const { files } = lab.platform;
      const change = (): void => {
        fs.writeFileSync(path, noise(sizeBytes, 77));
        fs.utimesSync(path, mtime, mtime);
      };
      let readings = 0;
      lab.useFiles({
        ...files,
        read(descriptor, into, position) {
          const isIt = files.at.statOpen(descriptor).inode === fs.statSync(path).ino;
          // A large file is read window by window: what is changed has been read in part.
          const isFirst = position === 0;
          if (isIt && isFirst) readings += 1;
          if (!isIt || readings !== turn || !isFirst) return files.read(descriptor, into, position);
          const half = Math.floor(into.length / 2);
          const count = files.read(descriptor, into.subarray(0, half), 0);
          change();
          readings = 10;
          return count + files.read(descriptor, into.subarray(half), half);
        },
      });
      const { snapshot, issues } = await lab.backup();
      expect(issues).toEqual([]);
      expect(readings).toBeGreaterThan(10);
      expect((await lab.treeAt(snapshot!)).get(name)).toEqual(readTree(lab.source).get(name));
      await lab.expectSound();
    },
  );

  test('vanished: it is reported, and not in the snapshot', async () => {
    const lab = await prepare();
    whenOpened(lab, name, () => fs.rmSync(lab.path(name)));
    const { issues, snapshot, filesRemoved } = await lab.backup();
    expect(issues).toEqual([
      {
        path: lab.bytes(name),
        code: 'VANISHED',
        message: `${lab.path(name)} vanished while it was being backed up.`,
      },
    ]);
    expect(filesRemoved).toBe(1);
    expect([...(await lab.treeAt(snapshot!)).keys()]).not.toContain(name);
    expect([...(await lab.treeAt(1)).keys()]).toContain(name);
    await lab.expectSound();
  });

  test.each([
    ['a directory', (path: string) => fs.mkdirSync(path)],
    ['a symbolic link', (path: string) => fs.symlinkSync('/etc/passwd', path)],
    ['a fifo', (path: string) => makeFifo(path)],
  ])('replaced by %s: the run goes on, and nothing behind it is read', async (_, make) => {
    const lab = await prepare();
    whenOpened(lab, name, () => {
      fs.rmSync(lab.path(name));
      make(lab.path(name));
    });
    const { issues, snapshot } = await lab.backup();
    expect(issues.map(({ path }) => path)).toEqual([lab.bytes(name)]);
    expect(['VANISHED', 'UNREADABLE']).toContain(issues[0]!.code);
    const other = name === 'small' ? 'large' : 'small';
    const tree = await lab.treeAt(snapshot!);
    expect(tree.get(other)).toEqual(readTree(lab.source).get(other));
    expect(JSON.stringify(tree.get(name)?.content ?? '')).not.toContain('root:');
    await lab.expectSound();
  });

  test('that changes each time it is read is saved as read, and reported', async () => {
    const lab = await prepare();
    const real = openFileSystem();
    let turn = 0;
    lab.useFiles({
      ...real,
      at: {
        ...real.at,
        statOpen(descriptor) {
          const stat = real.at.statOpen(descriptor);
          if (stat.sizeBytes < 400) return stat;
          return { ...stat, mtime: { seconds: 1000 + ++turn, nanoseconds: 1 } };
        },
      },
    });
    const { issues } = await lab.backup();
    expect(issues).toContainEqual({
      path: lab.bytes(name),
      code: 'UNSTABLE',
      message: `${lab.path(name)} changed while it was being read; it was saved as read.`,
    });
    lab.useRealFiles();
    const { bytesRead } = await lab.backup();
    expect(bytesRead).toBeGreaterThan(0);
    expect((await lab.backup()).issues).toEqual([]);
  });

  test('that cannot be read keeps its last version and is reported', async () => {
    const lab = await prepare();
    lab.useFiles(
      filesWithAt((real) => ({
        open(directory, path, mode) {
          if (mode === 'read-file' && path.endsWith(name)) throw systemError('EACCES');
          return real.open(directory, path, mode);
        },
      })),
    );
    const { issues, snapshot } = await lab.backup();
    expect(issues).toEqual([
      {
        path: lab.bytes(name),
        code: 'UNREADABLE',
        message: `${lab.path(name)} cannot be read: permission denied.`,
      },
    ]);
    const first = await lab.treeAt(1);
    expect((await lab.treeAt(snapshot!)).get(name)).toEqual(first.get(name));
  });
});

describe('a large file whose name leads elsewhere for one window', () => {
  test('is read again, though it is as before at the end', async () => {
    const lab = await prepare();
    fs.writeFileSync(`${lab.directory}/other`, noise(31_000, 50));
    const { files } = lab.platform;
    let opened = 0;
    lab.useFiles({
      ...files,
      at: {
        ...files.at,
        open(directory, path, mode) {
          const isIt = mode === 'read-file' && path.endsWith('large');
          // A look at it, then its two segments.
          const isAway = isIt && ++opened === 2;
          return isAway
            ? files.at.open(undefined, bytesFromText(`${lab.directory}/other`), mode)
            : files.at.open(directory, path, mode);
        },
      },
    });
    const { snapshot, issues } = await lab.backup();
    expect(issues).toEqual([]);
    expect(opened).toBe(6);
    expect((await lab.treeAt(snapshot!)).get('large')).toEqual(readTree(lab.source).get('large'));
  });
});

describe('an error of the repository while a large file is stored', () => {
  test('ends the run: it is not taken for an unreadable source', async () => {
    const lab = await prepare();
    lab.remove('small');
    for (const code of ['EIO', 'EACCES', 'EROFS']) {
      let failures = 0;
      lab.useFiles(
        faultyFiles(({ name }) =>
          name === 'write' && ++failures === 1
            ? { type: 'throw', error: systemError(code) }
            : undefined,
        ),
      );
      await expect(lab.backup()).rejects.toThrow(`${code}: injected`);
    }
  });
});

describe('what cannot be seen', () => {
  /** at-calls that refuse to open or list what `isRefused` says. */
  const refusing =
    (name: string, code: string) =>
    (real: AtCalls): Partial<AtCalls> => ({
      open(directory, path, mode) {
        if (mode === 'read-directory' && path.endsWith(name)) throw systemError(code);
        return real.open(directory, path, mode);
      },
    });

  test.each([
    ['EACCES', 'permission denied'],
    ['EIO', 'injected (EIO)'],
    ['ESTALE', 'injected (ESTALE)'],
  ])('a directory (%s) keeps all it had', async (code, reason) => {
    const lab = createLab();
    lab.write('closed/one', 'one');
    lab.write('closed/deep/two', 'two');
    lab.write('open', 'x');
    await lab.backup();
    const before = readTree(lab.source);
    lab.useFiles(filesWithAt(refusing('closed', code)));
    lab.write('open', 'changed');
    const { issues, files, snapshot, filesRemoved } = await lab.backup();
    expect(issues).toEqual([
      {
        path: lab.bytes('closed'),
        code: 'UNREADABLE_DIRECTORY',
        message: `${lab.path('closed')} cannot be read: ${reason}.`,
      },
    ]);
    expect({ files, filesRemoved }).toEqual({ files: 3, filesRemoved: 0 });
    lab.useRealFiles();
    const restored = await lab.treeAt(snapshot!);
    expect(restored.get('closed/deep/two')).toEqual(before.get('closed/deep/two'));
    expect((await lab.backup()).filesRemoved).toBe(0);
  });

  test('an entry whose stat fails keeps what it was', async () => {
    const lab = createLab();
    lab.write('dir/file', 'x');
    lab.write('file', 'y');
    await lab.backup();
    lab.useFiles(
      filesWithAt((real) => ({
        stat(directory, name) {
          if (name === 'dir') throw systemError('EIO');
          return real.stat(directory, name);
        },
      })),
    );
    const { issues, files } = await lab.backup();
    expect(issues).toMatchObject([{ path: lab.bytes('dir'), code: 'UNREADABLE' }]);
    expect(files).toBe(2);
    lab.useRealFiles();
    expect((await lab.treeAt(2)).get('dir/file')!.content).toBe('x');
  });

  test('a root that is not mounted keeps everything', async () => {
    const lab = createLab();
    lab.write('dir/file', 'x');
    await lab.backup();
    const before = readTree(lab.source);
    fs.renameSync(lab.source, `${lab.source}-elsewhere`);
    fs.mkdirSync(lab.source);
    const { issues, snapshot, files } = await lab.backup();
    expect(issues).toEqual([
      {
        path: lab.bytes(),
        code: 'SOURCE_EMPTY',
        message:
          `${lab.source} was not backed up: it is an empty directory, and not the one from last time: ` +
          'not mounted?. What was saved before is kept.',
      },
    ]);
    expect(files).toBe(1);
    expect(await lab.treeAt(snapshot!)).toEqual(before);
  });

  test('a root that is gone keeps everything', async () => {
    const lab = createLab();
    lab.write('dir/file', 'x');
    await lab.backup();
    const before = readTree(lab.source);
    fs.rmSync(lab.source, { recursive: true });
    const { issues, snapshot } = await lab.backup();
    expect(issues).toMatchObject([{ path: lab.bytes(), code: 'SOURCE_MISSING' }]);
    expect(await lab.treeAt(snapshot!)).toEqual(before);
  });

  test('a root that was never there is an error', async () => {
    const lab = createLab();
    const missing = `${lab.source}/none`;
    await expect(lab.backup({ paths: [missing] })).rejects.toMatchObject({
      code: 'SOURCE_NOT_FOUND',
      message: `${missing} does not exist, so there is nothing to back up.`,
    });
  });
});

describe('a root that becomes something else', () => {
  test('a file: what the directory held ends with it', async () => {
    const lab = createLab();
    lab.write('dir/file', prose(30, 1));
    await lab.backup();
    fs.rmSync(lab.source, { recursive: true });
    fs.writeFileSync(lab.source, 'now a file');
    const { snapshot } = await lab.backup();
    const { versions } = logicalIndex(lab.repository) as { versions: { last: number }[] };
    expect(versions.filter(({ last }) => last === 0)).toHaveLength(1);
    const to = lab.newTarget();
    await lab.restore(snapshot!, { to });
    expect(fs.readFileSync(`${to}/source`, 'utf8')).toBe('now a file');
    expect((await lab.treeAt(1)).size).toBe(3);
  });
});

describe('a file with unchanged size and times', () => {
  test('is read again when it was racy, and its change is found', async () => {
    const lab = createLab();
    lab.write('file', 'before');
    fs.utimesSync(lab.path('file'), 1000, 1000);
    const past = fs.statSync(lab.path('file'), { bigint: true });
    const frozen = {
      seconds: Number(past.ctimeNs / 1_000_000_000n),
      nanoseconds: Number(past.ctimeNs % 1_000_000_000n),
    };
    const { ino: inode } = fs.statSync(lab.path('file'));
    // The kernel's clock has not ticked between the scan and the change.
    lab.useFiles(
      filesWithAt((real) => ({
        stat(directory, name) {
          const stat = real.stat(directory, name);
          return stat?.inode === inode ? { ...stat, ctime: frozen } : stat;
        },
        statOpen(descriptor) {
          const stat = real.statOpen(descriptor);
          return stat.inode === inode ? { ...stat, ctime: frozen } : stat;
        },
      })),
    );
    await lab.backup();
    fs.writeFileSync(lab.path('file'), 'after!');
    fs.utimesSync(lab.path('file'), 1000, 1000);
    const { snapshot, filesChanged } = await lab.backup();
    expect(filesChanged).toBe(1);
    expect((await lab.treeAt(snapshot!)).get('file')!.content).toBe('after!');
  });

  test.each([
    ['was racy', () => undefined],
    [
      'has another inode',
      (path: string) => {
        fs.cpSync(path, `${path}-copy`, { preserveTimestamps: true });
        fs.renameSync(`${path}-copy`, path);
      },
    ],
    ['has another change time', (path: string) => fs.chmodSync(path, fs.statSync(path).mode)],
  ])(
    'is read once more when it %s, and then no more, after a rebuild neither',
    async (_, change) => {
      const lab = createLab();
      lab.write('file', 'x');
      fs.utimesSync(lab.path('file'), 1e9, 1e9);
      await lab.backup();
      lab.runAhead();
      await lab.backup();
      change(lab.path('file'));
      const isRacy = _ === 'was racy';
      expect((await lab.backup()).bytesRead).toBe(isRacy ? 0 : 1);
      expect((await lab.backup()).bytesRead).toBe(0);
      await lab.rebuild();
      expect((await lab.backup()).bytesRead).toBe(0);
    },
  );

  test('is read once more when a file system numbers its inodes anew', async () => {
    const lab = createLab();
    lab.write('file', 'x');
    lab.runAhead();
    await lab.backup();
    const { ino } = fs.statSync(lab.path('file'));
    const anew = (stat: FileStat): FileStat =>
      stat.inode === ino ? { ...stat, inode: ino + 1_000_000 } : stat;
    lab.useFiles(
      filesWithAt((real) => ({
        stat(directory, name) {
          const stat = real.stat(directory, name);
          return stat && anew(stat);
        },
        statOpen: (descriptor) => anew(real.statOpen(descriptor)),
      })),
    );
    expect((await lab.backup()).bytesRead).toBe(1);
    expect((await lab.backup()).bytesRead).toBe(0);
  });

  test('is not read again once it is old enough', async () => {
    const lab = createLab();
    lab.write('file', 'x');
    lab.runAhead();
    expect(await lab.backup()).toMatchObject({ bytesRead: 1, filesUnchanged: 0 });
    expect(await lab.backup()).toMatchObject({ bytesRead: 0, filesUnchanged: 1 });
    expect(await lab.backup({ readsAll: true })).toMatchObject({ bytesRead: 1, filesUnchanged: 1 });
  });
});

describe('a clock that jumps', () => {
  test('backwards by ten years between runs: the order is that of arrival, and nothing is lost', async () => {
    const lab = createLab();
    const trees = [];
    for (const [state, clockMs] of [2_000_000_000_000, 1_700_000_000_000, 0].entries()) {
      lab.setClock(clockMs);
      lab.write('file', `state ${state}`);
      trees.push(readTree(lab.source));
      const { snapshot } = await lab.backup();
      expect(snapshot).toBe(state + 1);
    }
    for (const [position, tree] of trees.entries()) {
      expect(await lab.treeAt(position + 1)).toEqual(tree);
    }
    const { kept } = await lab.prune({ keepLast: 1 });
    expect(kept.map(({ number }) => number)).toEqual([3]);
    await lab.expectSound();
  });
});

describe('the repository within its own source', () => {
  test.each([
    ['by its path', (lab: Lab) => lab.directory],
    [
      'through a symbolic link',
      (lab: Lab) => {
        const link = `${dirname(lab.directory)}/link-${process.pid}`;
        fs.rmSync(link, { force: true });
        fs.symlinkSync(dirname(lab.directory), link);
        return `${link}/${lab.directory.slice(dirname(lab.directory).length + 1)}`;
      },
    ],
  ])('is left out, %s', async (_, rootOf) => {
    const lab = createLab();
    lab.write('file', 'x');
    const root = rootOf(lab);
    const { files } = await lab.backup({ paths: [root] });
    fs.rmSync(`${dirname(lab.directory)}/link-${process.pid}`, { force: true });
    expect(files).toBe(1);
  });
});
