import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { initRepository } from '../../../src/repo/repository/init.js';
import { CodedError } from '../../../src/errors.js';
import { tryLockExclusively } from '../../../src/repo/index/lock.js';
import { openRepository, type Repository } from '../../../src/repo/repository/repository.js';
import { PackKind } from '../../../src/repo/packs/pack-store.js';
import { openPlatform } from '../../../src/platform/platform.js';
import { scratchDirectory } from '../../support/directory.js';
import { deadFrom } from '../../support/faulty-files.js';
import { openFilesBelow } from '../../support/open-files.js';
import { createLab, type Lab } from '../../support/lab.js';

const platform = openPlatform();
const OWN_FILES = ['README.txt', 'index.sqlite', 'lock.sqlite', 'packs', 'reserve', 'varve.json'];

describe('a new repository', () => {
  test('is made in an empty or new directory only', () => {
    const directory = scratchDirectory();
    const path = join(directory, 'new');
    const { chunking, formatVersion, id } = initRepository(path, platform);
    expect(formatVersion).toBe(2);
    expect(id).toHaveLength(16);
    expect(chunking).toEqual({
      wholeFileBytes: 12 * 1024 * 1024,
      segmentBytes: 64 * 1024 * 1024,
      leastBytes: 64 * 1024,
      averageBytes: 256 * 1024,
      mostBytes: 1024 * 1024,
    });
    expect(() => initRepository(path, platform)).toThrow(
      expect.objectContaining({
        code: 'REPOSITORY_EXISTS',
        message: `${path} is a repository already.`,
      }),
    );
    expect(() => initRepository(join(path, 'varve.json'), platform)).toThrow('is not a directory');
  });

  test('is made where an earlier attempt died, at whatever call', () => {
    for (let position = 1, wasHit = true; wasHit; position += 1) {
      const path = join(scratchDirectory(), 'new');
      const dead = deadFrom(position, 10);
      try {
        initRepository(path, { ...platform, files: dead.files });
      } catch {
        // It died.
      }
      wasHit = dead.wasHit();
      if (fs.existsSync(join(path, 'varve.json'))) continue;
      initRepository(path, platform);
      expect(fs.readdirSync(path).sort()).toEqual(OWN_FILES);
    }
  });

  test('is not made over packs whose varve.json is lost', () => {
    const path = join(scratchDirectory(), 'new');
    initRepository(path, platform);
    fs.rmSync(join(path, 'varve.json'));
    fs.writeFileSync(join(path, 'packs', '00000001.pack'), 'data');
    expect(() => initRepository(path, platform)).toThrow(
      expect.objectContaining({ code: 'REPOSITORY_EXISTS' }),
    );
    expect(fs.existsSync(join(path, 'packs', '00000001.pack'))).toBe(true);
  });
});

describe('what is no repository', () => {
  // eslint-disable-next-line @typescript-eslint/require-await
  const open = async (path: string) => openRepository(path, platform, { access: 'read' });

  test('has a code of its own for each way', async () => {
    const directory = scratchDirectory();
    await expect(open(join(directory, 'none'))).rejects.toMatchObject({
      code: 'REPOSITORY_NOT_FOUND',
      message: `There is no repository at ${directory}/none.`,
    });
    await expect(open(directory)).rejects.toMatchObject({
      code: 'NOT_A_REPOSITORY',
      message: `${directory} is not a Varve repository: it has no varve.json.`,
    });
  });

  test.each([
    ['garbage', 'NOT_A_REPOSITORY', () => 'not json'],
    ['without a format', 'NOT_A_REPOSITORY', () => '{}'],
    ['without an id', 'NOT_A_REPOSITORY', (text: string) => text.replace(/"id": "../, '"id": "')],
    [
      'of a newer format',
      'FORMAT_UNKNOWN',
      (text: string) => text.replace('"format": 2', '"format": 3'),
    ],
    [
      'of an older format',
      'FORMAT_UNKNOWN',
      (text: string) => text.replace('"format": 2', '"format": 1'),
    ],
    ['with another hash', 'FORMAT_UNKNOWN', (text: string) => text.replace('blake3-256', 'md4')],
  ])('its varve.json is %s: %s', async (_, code, change) => {
    const lab = createLab();
    const path = join(lab.repository, 'varve.json');
    fs.writeFileSync(path, change(fs.readFileSync(path, 'utf8')));
    await expect(lab.backup()).rejects.toMatchObject({ code });
    await expect(lab.verify()).rejects.toMatchObject({ code });
  });
});

describe('a repository that cannot be written', () => {
  test('is refused to writers, and read through a copy of its index', async () => {
    const lab = createLab();
    lab.write('file', 'x');
    await lab.backup();
    lab.useFiles({ ...lab.platform.files, canWrite: () => false });
    await expect(lab.backup()).rejects.toMatchObject({
      code: 'REPOSITORY_READ_ONLY',
      message: `The repository ${lab.repository} cannot be written to.`,
    });
    await lab.expectSound();
    expect((await lab.treeAt(1)).get('file')!.content).toBe('x');
  });

  test.each(['', 'index.sqlite', 'lock.sqlite', 'packs'])(
    'is one of which a part alone is not ours: "%s"',
    async (part) => {
      const lab = createLab();
      lab.write('file', 'x');
      await lab.backup();
      const refused = part === '' ? lab.repository : join(lab.repository, part);
      lab.useFiles({ ...lab.platform.files, canWrite: (path) => path !== refused });
      await expect(lab.backup()).rejects.toMatchObject({ code: 'REPOSITORY_READ_ONLY' });
      await lab.expectSound();
      expect((await lab.treeAt(1)).get('file')!.content).toBe('x');
    },
  );

  test('lacks its lock file: it is made again', async () => {
    const lab = createLab();
    fs.rmSync(join(lab.repository, 'lock.sqlite'));
    lab.write('file', 'x');
    await lab.backup();
    await lab.expectSound();
  });
});

interface Operation {
  readonly access: 'read' | 'write';
  /** Whether this user may write to the repository. */
  readonly isWritable: boolean;
  readonly run: (repository: Repository, signal?: AbortSignal) => Promise<unknown>;
}

const OPERATIONS: Readonly<Record<string, Operation>> = {
  'a question': {
    access: 'read',
    isWritable: true,
    run: (repository, signal) => repository.read(() => 'done', signal),
  },
  'a question to what cannot be written': {
    access: 'read',
    isWritable: false,
    run: (repository, signal) => repository.read(() => 'done', signal),
  },
  'a dry run': {
    access: 'read',
    isWritable: true,
    run: (repository, signal) => repository.tryOut(() => Promise.resolve('done'), signal),
  },
  'a writing operation': {
    access: 'write',
    isWritable: true,
    run: (repository, signal) => repository.write(() => 'done', { ...(signal && { signal }) }),
  },
};

describe.each(Object.entries(OPERATIONS))('%s', (_, { access, isWritable, run }) => {
  const lockOf = (lab: Lab): string => join(lab.repository, 'lock.sqlite');
  const open = (lab: Lab, options: { lockWaitMs?: number; signal?: AbortSignal } = {}) => {
    const { files } = lab.platform;
    const changed = isWritable ? files : { ...files, canWrite: () => false };
    return openRepository(
      lab.repository,
      { ...lab.platform, files: changed },
      { access, ...options },
    );
  };

  test('waits for nobody unless it is told to, and leaves the lock as it is', async () => {
    const lab = createLab();
    const { files } = lab.platform;
    const opened: string[] = [];
    lab.useFiles({
      ...files,
      open(path, mode) {
        opened.push(path);
        return files.open(path, mode);
      },
    });
    const held = tryLockExclusively(lockOf(lab))!;
    using repository = open(lab);
    await expect(run(repository)).rejects.toMatchObject({ code: 'REPOSITORY_LOCKED' });
    expect(opened).not.toContain(lockOf(lab));
    held.release();
    expect(await run(repository)).toBe('done');
  });

  test('waits as long as it is told to', async () => {
    const lab = createLab();
    const held = tryLockExclusively(lockOf(lab))!;
    using repository = open(lab, { lockWaitMs: 60_000 });
    const waiting = run(repository);
    held.release();
    expect(await waiting).toBe('done');
  });

  test.each(['of the open repository', 'of the call'])(
    'waits no longer once the signal %s is given, though another is not',
    async (which) => {
      const lab = createLab();
      const held = tryLockExclusively(lockOf(lab))!;
      const [given, other] = [AbortSignal.abort(), new AbortController().signal];
      const isOfCall = which === 'of the call';
      using repository = open(lab, { lockWaitMs: 60_000, signal: isOfCall ? other : given });
      await expect(run(repository, isOfCall ? given : other)).rejects.toMatchObject({
        code: 'INTERRUPTED',
        message: 'The wait for the repository was interrupted.',
      });
      held.release();
    },
  );

  test('gives its lock up where the index cannot be opened', async () => {
    const lab = createLab();
    fs.writeFileSync(lab.indexPath, 'no index'.repeat(1000));
    using repository = open(lab);
    await expect(run(repository)).rejects.toMatchObject({ code: 'INDEX_CORRUPT' });
    const alone = tryLockExclusively(lockOf(lab));
    expect(alone).toBeDefined();
    alone!.release();
  });
});

test('what was opened for reading is not written', async () => {
  const lab = createLab();
  using repository = openRepository(lab.repository, lab.platform, { access: 'read' });
  await expect(repository.write(() => 'done')).rejects.toMatchObject({
    code: 'REPOSITORY_READ_ONLY',
    message: `The repository ${lab.repository} was opened for reading.`,
  });
});

test('a reading ends once, however often that is said: no two get the same state', async () => {
  const lab = createLab();
  using repository = openRepository(lab.repository, lab.platform, { access: 'read' });
  const first = await repository.beginReading();
  first.end();
  first.end();
  first.fail(new Error('too late'));
  const [second, third] = [await repository.beginReading(), await repository.beginReading()];
  expect(second.held.index).toBe(first.held.index);
  expect(third.held.index).not.toBe(second.held.index);
  second.end();
  third.end();
});

describe('where the quota of this user has no room for the log of the index', () => {
  const operate = async (frees: boolean) => {
    const lab = createLab();
    using repository = openRepository(lab.repository, lab.platform, { access: 'write' });
    const { files } = lab.platform;
    const removed: string[] = [];
    let isFull = true;
    lab.useFiles({
      ...files,
      stat(path) {
        if (isFull && path === lab.indexPath) throw new CodedError('DISK_FULL', 'No room.');
        return files.stat(path);
      },
      remove(path) {
        removed.push(path);
        files.remove(path);
        isFull = false;
      },
    });
    const ended = await repository
      .write(() => 'done', { frees })
      .catch((error: unknown) => (error as CodedError).code);
    return { ended, removed: removed.map((path) => path.slice(lab.repository.length + 1)) };
  };

  test('who frees some takes what is kept for that', async () => {
    expect(await operate(true)).toEqual({ ended: 'done', removed: ['reserve'] });
  });

  test('nobody else does', async () => {
    expect(await operate(false)).toEqual({ ended: 'DISK_FULL', removed: [] });
  });
});

type Held = Parameters<Parameters<Repository['read']>[0]>[0];

/** Every way to work with a repository that is held. */
const HOLDING: Readonly<
  Record<
    string,
    (repository: Repository, work: (held: Held) => Promise<unknown>) => Promise<unknown>
  >
> = {
  'a question': (repository, work) => repository.read(work),
  'a dry run': (repository, work) => repository.tryOut(work),
  'a writing operation': (repository, work) => repository.write(work),
};

describe.each(Object.entries(HOLDING))('after %s', (name, hold) => {
  async function prepare() {
    const lab = createLab({ lanes: 1 });
    lab.write('file', 'x'.repeat(1000));
    await lab.backup();
    const temporaryDirectory = scratchDirectory();
    const repository = openRepository(
      lab.repository,
      { ...lab.platform, temporaryDirectory },
      { access: 'write' },
    );
    return { lab, repository, temporaryDirectory };
  }

  test.each(['ended', 'failed'])('that %s nothing is held or open', async (end) => {
    const { lab, repository, temporaryDirectory } = await prepare();
    const held = hold(repository, ({ packs }) => {
      expect(packs.read(1, 0, 8)).toHaveLength(8);
      expect(openFilesBelow(lab.packs)).not.toEqual([]);
      return end === 'failed' ? Promise.reject(new Error('no answer')) : Promise.resolve('answer');
    });
    if (end === 'failed') await expect(held).rejects.toThrow('no answer');
    else expect(await held).toBe('answer');
    expect(openFilesBelow(lab.packs)).toEqual([]);
    expect(fs.readdirSync(temporaryDirectory)).toEqual([]);
    const alone = tryLockExclusively(join(lab.repository, 'lock.sqlite'));
    expect(alone).toBeDefined();
    alone!.release();
    repository.close();
    expect(openFilesBelow(lab.repository)).toEqual([]);
  });

  test('that failed its connection is not used again', async () => {
    const { repository } = await prepare();
    const used: unknown[] = [];
    const ask = (fails: boolean): Promise<unknown> =>
      hold(repository, ({ index }) => {
        used.push(index);
        return fails ? Promise.reject(new Error('no answer')) : Promise.resolve();
      });
    await expect(ask(true)).rejects.toThrow('no answer');
    for (let turn = 0; turn < 2; turn += 1) await ask(false);
    expect(used[1] === used[0]).toBe(false);
    expect(used[2] === used[1]).toBe(name === 'a question');
    repository.close();
  });

  test('what was appended is there only if it may write', async () => {
    const { lab, repository } = await prepare();
    await hold(repository, ({ packs }) => {
      packs.create(9, PackKind.blobs);
      packs.append(9, 16, Buffer.from('bytes'));
      return Promise.resolve();
    }).catch(() => undefined);
    expect(fs.existsSync(join(lab.packs, '00000009.pack'))).toBe(name !== 'a dry run');
    repository.close();
  });
});

test('a lock that cannot be used says so of the lock', async () => {
  const lab = createLab();
  const lock = join(lab.repository, 'lock.sqlite');
  fs.rmSync(lock);
  fs.mkdirSync(lock);
  using repository = openRepository(lab.repository, lab.platform, { access: 'write' });
  const failure = { code: 'LOCK_UNUSABLE', message: `The lock ${lock} is not a file.` };
  await expect(repository.read(() => 'done')).rejects.toMatchObject(failure);
  await expect(repository.write(() => 'done')).rejects.toMatchObject(failure);
});

test('one writes at a time, and what is missing is there again when it has', async () => {
  const lab = createLab();
  using repository = openRepository(lab.repository, lab.platform, { access: 'write' });
  for (const name of ['reserve', 'README.txt']) fs.rmSync(join(lab.repository, name));
  await repository.write(async () => {
    await expect(repository.write(() => 'done')).rejects.toMatchObject({
      code: 'REPOSITORY_LOCKED',
    });
    expect(await repository.read(() => 'read')).toBe('read');
  });
  expect(fs.readdirSync(lab.repository).filter((name) => !name.includes('sqlite-'))).toEqual(
    OWN_FILES,
  );
  expect(await repository.write(() => 'done')).toBe('done');
});
