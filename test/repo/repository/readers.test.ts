/** Who may not write reads a private copy of the index: whole, of now, and gone with the reader. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { CodedError } from '../../../src/errors.js';
import * as indexes from '../../../src/repo/index/index.js';
import { listSnapshots } from '../../../src/repo/operations/queries/snapshots.js';
import { openRepository, type Repository } from '../../../src/repo/repository/repository.js';
import type { FileSystem } from '../../../src/platform/files.js';
import * as plainFiles from '../../../src/platform/plain-files.js';
import { Readers } from '../../../src/repo/repository/readers.js';
import { scratchDirectory } from '../../support/directory.js';
import { createLab, type Lab } from '../../support/lab.js';
import { backupTree, makeRepository, writeTree } from '../../support/repository.js';
import { readTree } from '../../support/tree.js';

vi.mock('../../../src/platform/plain-files.js', async (original) => ({
  ...(await original<object>()),
}));
vi.mock('../../../src/repo/index/index.js', async (original) => ({
  ...(await original<object>()),
}));

/** Copies of the index's log fail as `fail` says, as often as it does. */
function withLog(files: FileSystem, fail: (path: string) => void): FileSystem {
  return {
    ...files,
    copyFile(from, to) {
      if (from.endsWith('-wal')) fail(from);
      files.copyFile(from, to);
    },
  };
}

function refused(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}

/** A repository with one snapshot and a log that is there, and what asks it without writing. */
async function filledLog(fail: (path: string) => void) {
  const repository = makeRepository();
  writeTree(repository.tree, { a: { type: 'file', content: 'a' } });
  await backupTree(repository);
  const log = `${repository.path}/index.sqlite-wal`;
  if (!fs.existsSync(log)) fs.writeFileSync(log, '');
  const { platform } = repository;
  const files = withLog(platform.files, fail);
  return { log, readers: new Readers(repository.path, { ...platform, files }, false) };
}

function countSnapshots(readers: Readers): number {
  const reader = readers.take();
  try {
    return reader.index.snapshots.all().length;
  } finally {
    readers.giveBack(reader);
    readers.close();
  }
}

describe('a reader without write access', () => {
  test('tries again when the log goes while it is copied', async () => {
    const { readers } = await filledLog((path) => {
      fs.rmSync(path);
      throw refused('ENOENT');
    });
    expect(countSnapshots(readers)).toBe(1);
  });

  test.each([0o644, 0o600])(
    'tries again when the log is another file by then (%o)',
    async (mode) => {
      let tries = 0;
      const { log, readers } = await filledLog((path) => {
        if (tries++ > 0) return;
        fs.renameSync(path, `${path}.old`);
        fs.writeFileSync(path, '', { mode });
        throw refused('EACCES');
      });
      expect(countSnapshots(readers)).toBe(1);
      expect(fs.existsSync(log)).toBe(true);
    },
  );

  test('tries again when the log is opened to readers only then', async () => {
    let tries = 0;
    const { log, readers } = await filledLog((path) => {
      if (tries++ > 0) return;
      fs.chmodSync(path, 0o640);
      throw refused('EACCES');
    });
    fs.chmodSync(log, 0o600);
    expect(countSnapshots(readers)).toBe(1);
  });

  test('tries again when the log is so new that it may not be opened yet', async () => {
    let tries = 0;
    const { log, readers } = await filledLog(() => {
      if (tries++ === 0) throw refused('EACCES');
    });
    const later = Date.now() / 1000 + 0.005;
    fs.utimesSync(log, later, later);
    expect(countSnapshots(readers)).toBe(1);
    expect(tries).toBeGreaterThan(1);
  });

  test('says so at once when the log is closed to it', async () => {
    let tries = 0;
    const { log, readers } = await filledLog(() => {
      tries++;
      throw refused('EACCES');
    });
    fs.utimesSync(log, 1000, 1000);
    expect(() => readers.take()).toThrow('EACCES: injected');
    expect(tries).toBe(1);
  });
});

/** The repository as somebody sees it who may not write, and where that reader's copies lie. */
function openUnwritable(
  { repository, platform }: Lab,
  more: Partial<FileSystem> = {},
): { opened: Repository; copies: () => string[] } {
  const temporaryDirectory = scratchDirectory();
  const files = { ...platform.files, canWrite: () => false, ...more };
  const opened = openRepository(
    repository,
    { ...platform, files, temporaryDirectory },
    { access: 'read' },
  );
  onTestFinished(() => opened.close());
  return { opened, copies: () => fs.readdirSync(temporaryDirectory) };
}

const numbersOf = async (opened: Repository): Promise<number[]> =>
  (await listSnapshots(opened)).map(({ snapshot }) => snapshot.number);

/** Two snapshots, the second of which is in the log alone: somebody reads what was before it. */
async function withFilledLog(): Promise<Lab> {
  const lab = createLab();
  lab.write('file', 'first');
  await lab.backup();
  const db = new Database(lab.indexPath);
  onTestFinished(() => void db.close());
  db.exec('BEGIN');
  expect(db.prepare('SELECT number FROM snapshot').pluck().all()).toEqual([1]);
  lab.write('file', 'second');
  await lab.backup();
  const alone = join(lab.directory, 'alone.sqlite');
  fs.copyFileSync(lab.indexPath, alone);
  const withoutLog = new Database(alone);
  expect(withoutLog.prepare('SELECT number FROM snapshot').pluck().all()).toEqual([1]);
  withoutLog.close();
  return lab;
}

describe('beside a log that is not yet in the database', () => {
  test('a reader who may not write sees the newest snapshot', async () => {
    const lab = await withFilledLog();
    const { opened } = openUnwritable(lab);
    expect(await numbersOf(opened)).toEqual([1, 2]);
    lab.useFiles({ ...lab.platform.files, canWrite: () => false });
    expect(await lab.treeAt(2)).toEqual(readTree(lab.source));
    await lab.expectSound();
  });

  test('it does so again when nothing but the log has grown since its last question', async () => {
    const lab = await withFilledLog();
    const { opened } = openUnwritable(lab);
    lab.setClock(Date.now() + 60_000);
    expect(await numbersOf(opened)).toEqual([1, 2]);
    const { mtimeMs } = fs.statSync(lab.indexPath);
    lab.setClock(undefined);
    await lab.backup();
    expect(fs.statSync(lab.indexPath).mtimeMs).toBe(mtimeMs);
    lab.setClock(Date.now() + 60_000);
    expect(await numbersOf(opened)).toEqual([1, 2, 3]);
  });

  test('so does a dry run', async () => {
    const lab = await withFilledLog();
    const { removed, kept } = await lab.prune({ keepLast: 1 }, { isDryRun: true });
    expect([removed, kept].map((list) => list.map(({ number }) => number))).toEqual([[1], [2]]);
    const { filesUnchanged, snapshot } = await lab.backup({ isDryRun: true });
    expect({ filesUnchanged, snapshot }).toMatchObject({ snapshot: undefined });
  });
});

describe('a private copy', () => {
  test('serves all questions until the index changes, and goes when the repository is closed', async () => {
    const lab = createLab();
    lab.write('file', 'x');
    await lab.backup();
    let copied = 0;
    const { files } = lab.platform;
    const { opened, copies } = openUnwritable(lab, {
      copyFile(from, to) {
        if (from === lab.indexPath) copied += 1;
        files.copyFile(from, to);
      },
    });
    lab.setClock(Date.now() + 60_000);
    for (let question = 0; question < 3; question += 1) {
      expect(await numbersOf(opened)).toEqual([1]);
    }
    expect([copied, copies().length]).toEqual([1, 1]);
    lab.setClock(undefined);
    await lab.backup();
    lab.setClock(Date.now() + 60_000);
    expect(await numbersOf(opened)).toEqual([1, 2]);
    expect([copied, copies().length]).toEqual([2, 1]);
    opened.close();
    expect(copies()).toEqual([]);
  });

  test.each(['written', 'replaced'])(
    'is made again when the database is %s while it is copied',
    async (change) => {
      const lab = createLab();
      lab.write('file', 'x');
      await lab.backup();
      fs.utimesSync(lab.indexPath, 5000, 5000);
      const { files } = lab.platform;
      let copied = 0;
      const { opened, copies } = openUnwritable(lab, {
        copyFile(from, to) {
          files.copyFile(from, to);
          if (from !== lab.indexPath || ++copied > 1) return;
          // What was copied is half of something.
          fs.writeFileSync(to, 'torn');
          if (change === 'written') fs.utimesSync(from, 1000, 1000);
          else {
            fs.copyFileSync(from, `${from}.other`);
            fs.utimesSync(`${from}.other`, 5000, 5000);
            fs.renameSync(`${from}.other`, from);
          }
        },
      });
      lab.setClock(Date.now() + 60_000);
      expect(await numbersOf(opened)).toEqual([1]);
      expect([copied, copies().length]).toEqual([2, 1]);
    },
  );

  test('is made again when the log is begun anew while it is copied', async () => {
    const lab = await withFilledLog();
    const { files } = lab.platform;
    let copied = 0;
    const { opened } = openUnwritable(lab, {
      copyFile(from, to) {
        files.copyFile(from, to);
        if (from !== lab.indexPath || ++copied > 1) return;
        fs.writeFileSync(to, 'torn');
        const log = fs.readFileSync(`${from}-wal`);
        fs.rmSync(`${from}-wal`);
        fs.writeFileSync(`${from}-wal`, log);
      },
    });
    lab.setClock(Date.now() + 60_000);
    expect(await numbersOf(opened)).toEqual([1, 2]);
    expect(copied).toBe(2);
  });

  test('is made again when the log is cut while it is copied', async () => {
    const lab = createLab();
    lab.write('file', 'x');
    await lab.backup();
    // A log of nothing: the database is whole without it.
    fs.writeFileSync(`${lab.indexPath}-wal`, Buffer.alloc(1000));
    fs.utimesSync(lab.indexPath, 5000, 5000);
    const { files } = lab.platform;
    let copied = 0;
    const { opened } = openUnwritable(lab, {
      copyFile(from, to) {
        files.copyFile(from, to);
        if (from !== lab.indexPath || ++copied > 1) return;
        fs.writeFileSync(to, 'torn');
        fs.truncateSync(`${from}-wal`, 999);
      },
    });
    lab.setClock(Date.now() + 60_000);
    expect(await numbersOf(opened)).toEqual([1]);
    expect(copied).toBe(2);
  });

  test('is made again when the database was written within a tick of the clock', async () => {
    const lab = createLab();
    lab.write('file', 'x');
    await lab.backup();
    const { files } = lab.platform;
    const { mtimeMs } = fs.statSync(lab.indexPath);
    let copied = 0;
    const { opened } = openUnwritable(lab, {
      copyFile(from, to) {
        files.copyFile(from, to);
        if (from === lab.indexPath) lab.setClock(mtimeMs + [25, 26, 27][copied++]!);
      },
    });
    lab.setClock(mtimeMs);
    expect(await numbersOf(opened)).toEqual([1]);
    expect(copied).toBe(3);
  });

  test('is of the second try alone when the log went between two', async () => {
    const lab = await withFilledLog();
    const { files } = lab.platform;
    let copied = 0;
    const { opened } = openUnwritable(lab, {
      copyFile(from, to) {
        files.copyFile(from, to);
        if (from !== lab.indexPath || ++copied > 1) return;
        // The last writer moved its log into the database, and removed it.
        const whole = join(lab.directory, 'whole.sqlite');
        const db = new Database(from);
        db.exec(`VACUUM INTO '${whole}'`);
        db.close();
        fs.rmSync(`${from}-wal`);
        fs.renameSync(whole, from);
        const later = new Database(from);
        later.exec('DELETE FROM snapshot WHERE number = 1');
        later.close();
      },
    });
    lab.setClock(Date.now() + 60_000);
    expect(await numbersOf(opened)).toEqual([2]);
    expect(copied).toBe(2);
  });

  test('that cannot be opened does not stay', async () => {
    const lab = createLab();
    lab.write('file', 'x');
    await lab.backup();
    fs.rmSync(`${lab.indexPath}-wal`, { force: true });
    fs.writeFileSync(lab.indexPath, Buffer.alloc(10_000, 'x'));
    const { opened, copies } = openUnwritable(lab);
    await expect(numbersOf(opened)).rejects.toMatchObject({ code: 'INDEX_CORRUPT' });
    expect(copies()).toEqual([]);
  });
});

describe('a copy that cannot be made', () => {
  test.each([
    ['long ago', 1000],
    ['in times to come', Date.now() / 1000 + 3600],
  ])(
    'of a log that is closed to us, written %s, is told at once and leaves nothing',
    async (_, time) => {
      const lab = await withFilledLog();
      const log = `${lab.indexPath}-wal`;
      fs.utimesSync(log, time, time);
      let tries = 0;
      const files = withLog(lab.platform.files, () => {
        tries += 1;
        throw refused('EACCES');
      });
      const { opened, copies } = openUnwritable(lab, {
        copyFile: (from, to) => files.copyFile(from, to),
      });
      await expect(numbersOf(opened)).rejects.toMatchObject({ cause: { code: 'EACCES' } });
      expect(tries).toBe(1);
      expect(copies()).toEqual([]);
    },
  );
});

describe('readers', () => {
  async function prepare() {
    const lab = createLab();
    lab.write('file', 'x');
    await lab.backup();
    const readers = new Readers(lab.repository, lab.platform, true);
    onTestFinished(() => readers.close());
    /** One more, of which is known how often it was closed. */
    const take = () => {
      const reader = readers.take();
      return { reader, closed: vi.spyOn(reader.index, 'close') };
    };
    return { lab, readers, take };
  }

  test('are kept for the next questions, four of them at most', async () => {
    const { readers, take } = await prepare();
    const taken = Array.from({ length: 6 }, () => take());
    expect(new Set(taken.map(({ reader }) => reader.index)).size).toBe(6);
    for (const { reader } of taken) readers.giveBack(reader);
    expect(taken.map(({ closed }) => closed.mock.calls.length)).toEqual([0, 0, 0, 0, 1, 1]);
    const again = Array.from({ length: 5 }, () => readers.take());
    const known = again.filter((reader) => taken.some((other) => other.reader === reader));
    expect(known).toHaveLength(4);
    for (const reader of again) readers.discard(reader);
  });

  test('that are given back after the end are closed', async () => {
    const { readers, take } = await prepare();
    const [first, second] = [take(), take()];
    readers.giveBack(first.reader);
    readers.close();
    expect([first, second].map(({ closed }) => closed.mock.calls.length)).toEqual([1, 0]);
    readers.giveBack(second.reader);
    expect(second.closed).toHaveBeenCalledOnce();
    readers.close();
    expect(first.closed).toHaveBeenCalledOnce();
  });

  test('see what was committed since they rested', async () => {
    const { lab, readers, take } = await prepare();
    const { reader } = take();
    expect(reader.index.snapshots.all()).toHaveLength(1);
    readers.giveBack(reader);
    lab.write('file', 'y');
    await lab.backup();
    expect(readers.take()).toBe(reader);
    expect(reader.index.snapshots.all()).toHaveLength(2);
    readers.discard(reader);
  });

  test('of an index that was replaced are closed, and another is opened', async () => {
    const { lab, readers, take } = await prepare();
    const { reader, closed } = take();
    readers.giveBack(reader);
    fs.copyFileSync(lab.indexPath, `${lab.indexPath}.other`);
    fs.renameSync(`${lab.indexPath}.other`, lab.indexPath);
    const other = readers.take();
    expect(other).not.toBe(reader);
    expect(closed).toHaveBeenCalledOnce();
    readers.discard(other);
  });

  test('that cannot begin are closed', async () => {
    const { readers, take } = await prepare();
    const { reader, closed } = take();
    readers.giveBack(reader);
    vi.spyOn(reader.index, 'beginQuery').mockImplementation(() => {
      throw new Error('no state');
    });
    expect(() => readers.take()).toThrow('no state');
    expect(closed).toHaveBeenCalledOnce();
  });
});

describe('an index that cannot be opened', () => {
  async function failing(code: 'DISK_FULL' | 'FILE_SIZE_LIMIT' | 'INDEX_CORRUPT') {
    const lab = createLab();
    lab.write('file', 'x');
    await lab.backup();
    const temporaryDirectory = scratchDirectory();
    lab.setClock(Date.now() + 60_000);
    const readers = new Readers(lab.repository, { ...lab.platform, temporaryDirectory }, true);
    onTestFinished(() => readers.close());
    const open = vi.spyOn(indexes, 'openIndex').mockImplementationOnce(() => {
      throw new CodedError(code, 'cannot be opened');
    });
    onTestFinished(() => open.mockRestore());
    return { readers, copies: () => fs.readdirSync(temporaryDirectory) };
  }

  test.each(['DISK_FULL', 'FILE_SIZE_LIMIT'] as const)(
    'for want of room (%s) is read as a private copy',
    async (code) => {
      const { readers, copies } = await failing(code);
      const reader = readers.take();
      expect(reader.index.snapshots.all()).toHaveLength(1);
      expect(copies()).toHaveLength(1);
      readers.giveBack(reader);
      readers.close();
      expect(copies()).toEqual([]);
    },
  );

  test('for anything else is not', async () => {
    const { readers, copies } = await failing('INDEX_CORRUPT');
    expect(() => readers.take()).toThrow('cannot be opened');
    expect(copies()).toEqual([]);
  });
});

describe('between two tries to copy the index', () => {
  async function copying(change: (copied: number) => void) {
    const lab = createLab();
    lab.write('file', 'x');
    await lab.backup();
    const pause = vi.spyOn(plainFiles, 'pauseThread').mockImplementation(() => undefined);
    onTestFinished(() => pause.mockRestore());
    const { files } = lab.platform;
    let copied = 0;
    const { opened, copies } = openUnwritable(lab, {
      copyFile(from, to) {
        files.copyFile(from, to);
        if (from === lab.indexPath) change((copied += 1));
      },
    });
    return { lab, opened, copies, pauses: () => pause.mock.calls, copied: () => copied };
  }

  test('there is a pause, and an end to that where it is written all the time', async () => {
    const { lab, opened, copies, pauses, copied } = await copying((turn) =>
      fs.utimesSync(lab.indexPath, turn, turn),
    );
    lab.setClock(Date.now() + 60_000);
    await expect(numbersOf(opened)).rejects.toMatchObject({
      code: 'REPOSITORY_LOCKED',
      message: `The index ${lab.indexPath} is being written all the time.`,
      hint: 'Try again once the other process has finished.',
    });
    expect(copied()).toBe(81);
    expect(pauses()).toEqual(Array.from({ length: 80 }, () => [25]));
    expect(copies()).toEqual([]);
  });

  test('there is none where the clock was set back behind the last write: it is at rest', async () => {
    const { lab, opened, pauses, copied } = await copying(() => undefined);
    lab.setClock(fs.statSync(lab.indexPath).mtimeMs - 60_000);
    expect(await numbersOf(opened)).toEqual([1]);
    expect([copied(), pauses().length]).toEqual([1, 0]);
  });
});
