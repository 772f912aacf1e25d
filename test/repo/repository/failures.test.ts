import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { CodedError } from '../../../src/errors.js';
import { explainFailure, isCutShort } from '../../../src/repo/repository/failures.js';
import { faultyFiles, systemError } from '../../support/faulty-files.js';
import { createLab } from '../../support/lab.js';
import { smallDisk } from '../../support/small-disk.js';

test.each([
  ['the file system', systemError('ENOSPC')],
  ['the quota', systemError('EDQUOT')],
  ['SQLite', new Database.SqliteError('database or disk is full', 'SQLITE_FULL')],
])('a full disk, as %s says it, is DISK_FULL', (_, cause) => {
  expect(explainFailure('/repo', 'write', cause)).toMatchObject({
    code: 'DISK_FULL',
    message: 'No space is left for the repository /repo.',
    cause,
  });
});

test('an error that is not of the system passes as it is', () => {
  const error = new TypeError('x is not a function');
  expect(explainFailure('/repo', 'write', error)).toBe(error);
});

const CODES = {
  EDQUOT: 'DISK_FULL',
  EFBIG: 'FILE_SIZE_LIMIT',
  EIO: 'DISK_FAILED',
  EMFILE: 'OPEN_FILES_LIMIT',
  EROFS: 'REPOSITORY_READ_ONLY',
  ESTALE: 'DISK_FAILED',
} as const;

/** The operations that write, each on a repository with two snapshots. */
const OPERATIONS = {
  backup: (lab) => lab.backup(),
  prune: (lab) => lab.prune({ keepLast: 1 }),
  'a rebuild of the index': (lab) => lab.rebuild(),
} satisfies Record<string, (lab: ReturnType<typeof createLab>) => Promise<unknown>>;

describe.each(Object.entries(CODES))('%s at any call', (system, code) => {
  test.each(Object.entries(OPERATIONS))('of %s is said in our own words', async (_, operate) => {
    const lab = createLab({ lanes: 1 });
    for (const content of ['one', 'two']) {
      lab.write('a', content.repeat(1000));
      lab.write(content, content);
      await lab.backup();
    }
    lab.write('a', 'three'.repeat(1000));
    for (let nth = 1, isHit = true; isHit; nth++) {
      isHit = false;
      lab.useFiles(
        faultyFiles(({ position }) => {
          if (position !== nth) return undefined;
          isHit = true;
          return { type: 'throw', error: systemError(system) };
        }),
      );
      const failure: unknown = await operate(lab).then(
        () => undefined,
        (error: unknown) => error,
      );
      lab.useRealFiles();
      if (failure === undefined) continue;
      expect(failure, `call ${nth}`).toBeInstanceOf(CodedError);
      expect((failure as CodedError).code, `call ${nth}`).toBe(code);
    }
    await lab.expectSound();
  });
});

describe('a run that failed on a full disk', () => {
  const failure = (code: string): Error => new Database.SqliteError('disk I/O error', code);

  test('is cut short, unless its commit may be whole: that was written, and could not be synced', () => {
    const disk = smallDisk('256k');
    disk.fill();
    const { path } = disk;
    const codes = ['FULL', 'IOERR_WRITE', 'IOERR_FSYNC', 'IOERR_SHMSIZE', 'IOERR_TRUNCATE'];
    const cutShort = codes.filter((code) => isCutShort(path, failure(`SQLITE_${code}`)));
    expect(cutShort).toEqual(['FULL', 'IOERR_WRITE']);
    // All of them are said as what they are there.
    for (const code of codes) {
      const explained = explainFailure(path, 'write', failure(`SQLITE_${code}`));
      expect(explained).toMatchObject({ code: 'DISK_FULL' });
    }
  });

  test.each([
    ['ENOSPC', true],
    ['EDQUOT', true],
    ['EFBIG', true],
    ['EIO', false],
    ['EACCES', false],
  ])('by the file system itself: %s, cut short: %s', (code, expected) => {
    expect(isCutShort('/repo', systemError(code))).toBe(expected);
  });

  test('is not where the fault is our own', () => {
    expect(isCutShort('/repo', new TypeError('x is not a function'))).toBe(false);
    expect(isCutShort('/repo', new CodedError('INTERRUPTED', 'stopped'))).toBe(false);
    expect(isCutShort('/repo', new CodedError('DISK_FULL', 'full'))).toBe(true);
  });
});
