import { join } from 'node:path';
import * as fs from 'node:fs';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import Database from 'better-sqlite3';
import { CodedError } from '../../src/errors.js';
import { explaining, explainRefusal, type Place } from '../../src/platform/refusals.js';
import { fileErrorCode, sqliteCode, systemErrorCode } from '../../src/platform/system-errors.js';
import { scratchDirectory } from '../support/directory.js';
import { openFilesBelow } from '../support/open-files.js';

const PLACE: Place = { name: 'the repository /r', path: '/r' };
const sqlite = (code: string, message = 'x') => new Database.SqliteError(message, code);

/** As Node makes it for a number of libuv, and for one that libuv does not know. */
function systemError(code: string, errno: number, path?: string): Error {
  const message = code.startsWith('E') ? `${code}: words, write` : `${code}: ${code}, write`;
  return Object.assign(new Error(message), {
    code,
    errno,
    syscall: 'write',
    ...(path && { path }),
  });
}

const byNumber = (number: number) => systemError(`Unknown system error -${number}`, -number);

describe('the code of a failed system call', () => {
  test.each([
    ['EDQUOT', 122],
    ['ESTALE', 116],
    ['ENOLCK', 37],
    ['EUCLEAN', 117],
    ['EREMOTEIO', 121],
  ])('is %s where Node knows only the number %i', (name, number) => {
    expect(systemErrorCode(byNumber(number))).toBe(name);
    const ofLibc = Object.assign(new Error('x'), { code: `E${number}`, errno: -number });
    expect(systemErrorCode(ofLibc)).toBe(name);
  });

  test('is none of any other error', () => {
    const others = [new TypeError('x'), new CodedError('USAGE', 'x'), 'EIO', sqlite('SQLITE_FULL')];
    expect(others.map(systemErrorCode)).toEqual(others.map(() => undefined));
    const ofNode = Object.assign(new Error('x'), { code: 'ERR_INVALID_ARG_TYPE' });
    expect(systemErrorCode(ofNode)).toBeUndefined();
  });

  test('is that of one file only where the others would not fail, too', () => {
    const codes = ['EACCES', 'EIO', 'EFBIG', 'EMFILE', 'ENFILE', 'ENOMEM', 'ENOSPC', 'EDQUOT'];
    expect(codes.map((code) => fileErrorCode(systemError(code, -1)))).toEqual([
      ...codes.slice(0, 3),
      ...codes.slice(3).map(() => undefined),
    ]);
  });

  test("is not SQLite's, which is known by its class", () => {
    expect(sqliteCode(sqlite('SQLITE_BUSY'))).toBe('SQLITE_BUSY');
    expect(sqliteCode(systemError('EIO', -5))).toBeUndefined();
  });
});

describe('a refusal', () => {
  test.each<[string, Error, string]>([
    ['a quota', byNumber(122), 'DISK_FULL'],
    ['a full disk', systemError('ENOSPC', -28), 'DISK_FULL'],
    ['a limit of sizes', systemError('EFBIG', -27), 'FILE_SIZE_LIMIT'],
    ['a bad sector', systemError('EIO', -5), 'DISK_FAILED'],
    ['a server of files that is gone', byNumber(116), 'DISK_FAILED'],
    ['a damaged file system', byNumber(117), 'DISK_FAILED'],
    ['no locks', byNumber(37), 'DISK_FAILED'],
    ['a limit of open files', systemError('EMFILE', -24), 'OPEN_FILES_LIMIT'],
    ['no memory', systemError('ENOMEM', -12), 'OUT_OF_MEMORY'],
    ['a full disk in the index', sqlite('SQLITE_FULL'), 'DISK_FULL'],
    ['a long lock of the index', sqlite('SQLITE_BUSY_SNAPSHOT'), 'REPOSITORY_LOCKED'],
    ['a lock that cannot be had', sqlite('SQLITE_PROTOCOL'), 'REPOSITORY_LOCKED'],
    ['a damaged index', sqlite('SQLITE_CORRUPT_INDEX'), 'INDEX_CORRUPT'],
    ['no index', sqlite('SQLITE_NOTADB'), 'INDEX_CORRUPT'],
    ['an index without tables', sqlite('SQLITE_ERROR', 'no such table: blob'), 'INDEX_CORRUPT'],
    ['no memory for SQLite', sqlite('SQLITE_IOERR_NOMEM'), 'OUT_OF_MEMORY'],
  ])('by %s has a code, the place and an advice', (_, error, code) => {
    const explained = explainRefusal(error, PLACE);
    expect(explained).toMatchObject({ code, cause: error });
    if (!/OPEN_FILES|OUT_OF/.test(code))
      expect(explained?.message).toMatch(/[Tt]he repository \/r/);
    expect(explained?.hint).toMatch(/\.$/);
  });

  test.each([
    'Worker initialization failure: EMFILE',
    'Cannot read package config /p/package.json: too many open files.',
  ])('without a code is known by its words: %s', (message) => {
    expect(explainRefusal(new Error(message), PLACE)?.code).toBe('OPEN_FILES_LIMIT');
  });

  test('names the file that the system names', () => {
    const here = explainRefusal(systemError('EIO', -5, '/r/packs/1.pack'), PLACE);
    expect(here?.message).toContain(
      "the repository /r failed (EIO: words, write '/r/packs/1.pack')",
    );
    const there = explainRefusal(systemError('EIO', -5, '/rest/file'), PLACE);
    expect(there?.message).toContain('system of /rest/file failed (EIO: words');
  });

  test('of a permission means what the place is used for', () => {
    const codes = ['EACCES', 'EPERM', 'EROFS'];
    const explainAll = (place: Place) =>
      codes.map((code) => explainRefusal(systemError(code, -1), place)?.code);
    expect(explainAll({ ...PLACE, access: 'write' })).toEqual(
      codes.map(() => 'REPOSITORY_READ_ONLY'),
    );
    expect(explainAll({ ...PLACE, access: 'read' })).toEqual(
      codes.map(() => 'REPOSITORY_UNREADABLE'),
    );
    expect(explainAll(PLACE)).toEqual(codes.map(() => undefined));
  });

  test('is none of a bug, of our own errors, and of codes that say nothing alone', () => {
    const others = [
      new TypeError('x'),
      new CodedError('USAGE', 'x'),
      systemError('ENOENT', -2),
      null,
    ];
    expect(others.map((error) => explainRefusal(error, PLACE))).toEqual(
      others.map(() => undefined),
    );
  });
});

describe('what SQLite does not say', () => {
  test('is asked of the system, which leaves nothing behind', () => {
    const directory = scratchDirectory();
    const path = join(directory, 'index.sqlite');
    writeFileSync(path, 'x');
    const explained = explainRefusal(sqlite('SQLITE_IOERR_READ'), { name: 'the index', path });
    expect(explained?.code).toBe('DISK_FAILED');
    expect(explained?.message).toContain('SQLITE_IOERR_READ');
    expect(readdirSync(directory)).toEqual(['index.sqlite']);
  });

  test('is that a directory lies there', () => {
    const path = join(scratchDirectory(), 'index.sqlite');
    mkdirSync(path);
    const explained = explainRefusal(sqlite('SQLITE_CANTOPEN'), { name: 'the index', path });
    expect(explained?.code).toBe('INDEX_CORRUPT');
  });
});

describe('every refusal that has words', () => {
  const own = (code: string) =>
    code.startsWith('SQLITE') ? sqlite(code, 'words') : systemError(code, -1);
  const explained = (code: string, place: Place = { name: 'the place' }) =>
    explainRefusal(own(code), place);
  const DISK = /^The disk or file system of the place failed \(.+\)\.$/;
  const TABLE: readonly (readonly [string, string, RegExp, RegExp])[] = [
    ...['ENOSPC', 'SQLITE_FULL'].map(
      (code) =>
        [
          code,
          'DISK_FULL',
          /^No space is left for the place\.$/,
          /^Free space on its file/,
        ] as const,
    ),
    ['EDQUOT', 'DISK_FULL', /^No space is left for the place\.$/, /^The quota of this user/],
    ['EFBIG', 'FILE_SIZE_LIMIT', /^The place cannot grow any further \(EFBIG/, /ulimit -f/],
    ...['EMFILE', 'ENFILE'].map(
      (code) => [code, 'OPEN_FILES_LIMIT', /^No more files may be opened/, /ulimit -n/] as const,
    ),
    ...['ENOMEM', 'SQLITE_NOMEM', 'SQLITE_IOERR_NOMEM'].map(
      (code) => [code, 'OUT_OF_MEMORY', /^The system has no memory left \(/, /--jobs/] as const,
    ),
    ...[
      ...['EIO', 'EBADMSG', 'EHOSTDOWN', 'EMEDIUMTYPE', 'ENODEV', 'ENOKEY', 'ENOLINK', 'ENOMEDIUM'],
      ...['ENOTCONN', 'EREMOTEIO', 'ESTALE', 'EUCLEAN', 'SQLITE_IOERR', 'SQLITE_IOERR_READ'],
      'SQLITE_CANTOPEN',
    ].map((code) => [code, 'DISK_FAILED', DISK, /dmesg/] as const),
    ...['ENOLCK', 'SQLITE_IOERR_LOCK', 'SQLITE_IOERR_LOCK_X'].map(
      (code) => [code, 'DISK_FAILED', /the place does not lock files \(/, /Mount it/] as const,
    ),
    ...['SQLITE_CORRUPT', 'SQLITE_CORRUPT_VTAB', 'SQLITE_NOTADB'].map(
      (code) => [code, 'INDEX_CORRUPT', /^The place is damaged\.$/, /--rebuild-index/] as const,
    ),
    ...['SQLITE_BUSY', 'SQLITE_BUSY_SNAPSHOT', 'SQLITE_LOCKED', 'SQLITE_PROTOCOL'].map(
      (code) =>
        [
          code,
          'REPOSITORY_LOCKED',
          /^Another process keeps the place locked\.$/,
          /--lock-wait/,
        ] as const,
    ),
    ...['SQLITE_READONLY', 'SQLITE_PERM', 'SQLITE_AUTH'].map(
      (code) =>
        [
          code,
          'REPOSITORY_READ_ONLY',
          /^The place cannot be written to \(/,
          /permissions/,
        ] as const,
    ),
  ];

  test.each(TABLE.map((row) => [...row] as [string, string, RegExp, RegExp]))(
    '%s is %s, with its message and its advice',
    (code, ours, message, hint) => {
      const error = explained(code);
      expect(error?.code).toBe(ours);
      expect(error?.message).toMatch(message);
      expect(error?.hint).toMatch(hint);
    },
  );

  test('of a full disk adds what else may help', () => {
    const place = { name: 'x', whenFull: ', or run prune' };
    expect(explained('ENOSPC', place)?.hint).toBe('Free space on its file system, or run prune.');
  });

  test('of open files says how many there may be', () => {
    const [, most] =
      /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    expect(explained('EMFILE')?.message).toBe(
      `No more files may be opened: the limit of this process is ${most}.`,
    );
  });

  test('names what the system said once, with the path that it was about', () => {
    const said = (message: string, path?: string): string | undefined => {
      const error = Object.assign(new Error(message), { code: 'EIO', path });
      return /\((.*)\)/.exec(explainRefusal(error, PLACE)?.message ?? '')?.[1];
    };
    expect(said('EIO: words, read')).toBe('EIO: words, read');
    expect(said('words')).toBe('EIO: words');
    expect(said("EIO: words, read '/r/x'", '/r/x')).toBe("EIO: words, read '/r/x'");
    expect(said('EIO: words, read', 'x')).toBe("EIO: words, read 'x'");
  });

  test('of another place names that, also where the place itself has no path', () => {
    const error = systemError('EIO', -5, '/elsewhere');
    expect(explainRefusal(error, { name: 'the place' })?.message).toContain('of /elsewhere failed');
    const relative = systemError('EIO', -5, 'elsewhere');
    expect(explainRefusal(relative, { name: 'the place' })?.message).toContain(
      'of the place failed',
    );
  });

  test('of a table that is missing is damage, of another statement a bug', () => {
    const code = (message: string) => explainRefusal(sqlite('SQLITE_ERROR', message), PLACE)?.code;
    expect(['no such table: x', 'no such column: x', 'near "x": no such table'].map(code)).toEqual([
      'INDEX_CORRUPT',
      'INDEX_CORRUPT',
      undefined,
    ]);
    expect(explainRefusal(sqlite('SQLITE_MISUSE', 'no such table: x'), PLACE)).toBeUndefined();
  });

  test('is thrown in the place of what an action throws; what has no words is thrown as it is', () => {
    expect(explaining(PLACE, () => 7)).toBe(7);
    const fail = (error: Error) => () =>
      explaining(PLACE, () => {
        throw error;
      });
    expect(fail(systemError('EIO', -5))).toThrow(expect.objectContaining({ code: 'DISK_FAILED' }));
    const bug = new TypeError('bug');
    expect(fail(bug)).toThrow(bug);
  });
});

test('of a database that nobody may write beside, the system says why, and all is closed', () => {
  const open = () => readdirSync('/proc/self/fd').length;
  const before = open();
  const place: Place = { name: 'the index', path: '/sys/index.sqlite', access: 'write' };
  for (const code of ['SQLITE_CANTOPEN', 'SQLITE_READONLY', 'SQLITE_IOERR_SHMOPEN']) {
    expect(explainRefusal(sqlite(code), place)).toMatchObject({
      code: 'REPOSITORY_READ_ONLY',
      message: expect.stringMatching(
        /^The index cannot be written to \((EACCES|EPERM|EROFS)/,
      ) as string,
    });
  }
  expect(open()).toBe(before);
});

test('what is said in our own words is not said again', () => {
  const coded = new CodedError('SOURCE_UNREADABLE', 'EMFILE: too many open files, open');
  expect(explainRefusal(coded, { ...PLACE, access: 'write' })).toBeUndefined();
});

test.each([
  ['/r/packs/1.pack', 'REPOSITORY_READ_ONLY'],
  ['/r', 'REPOSITORY_READ_ONLY'],
  ['/rest', undefined],
  ['/elsewhere/file', undefined],
])('what is not permitted at %s is one of the repository only if it lies there', (path, code) => {
  const refused = systemError('EACCES', -13, path);
  expect(explainRefusal(refused, { ...PLACE, access: 'write' })?.code).toBe(code);
  const reading = explainRefusal(refused, { ...PLACE, access: 'read' })?.code;
  expect(reading).toBe(code && 'REPOSITORY_UNREADABLE');
});

test('the system’s words are kept, with its code and the file that it names', () => {
  const saidOf = (message: string, path?: string): string => {
    const error = Object.assign(new Error(message), { code: 'EIO', ...(path && { path }) });
    const found = explainRefusal(error, PLACE);
    expect(found?.cause).toBe(error);
    return found!.message;
  };
  const failed = (said: string): string =>
    `The disk or file system of the repository /r failed (${said}).`;
  expect(saidOf('EIO: i/o error, read')).toBe(failed('EIO: i/o error, read'));
  expect(saidOf('i/o error')).toBe(failed('EIO: i/o error'));
  expect(saidOf('EIO: i/o error, read', '/r/a')).toBe(failed("EIO: i/o error, read '/r/a'"));
  expect(saidOf("EIO: i/o error, open '/r/a'", '/r/a')).toBe(failed("EIO: i/o error, open '/r/a'"));
});

describe('a write that SQLite could not do', () => {
  const hasLimit = /^Max file size +\d/m.test(readFileSync('/proc/self/limits', 'utf8'));

  test.skipIf(hasLimit)('is a failure of the disk where files may be as large as they like', () => {
    const directory = scratchDirectory();
    writeFileSync(join(directory, 'index.sqlite'), '');
    const place = { name: 'the index', path: join(directory, 'index.sqlite') };
    for (const code of ['SQLITE_IOERR_WRITE', 'SQLITE_IOERR_TRUNCATE', 'SQLITE_IOERR_SHMSIZE']) {
      expect(explainRefusal(sqlite(code), place)?.code).toBe('DISK_FAILED');
    }
    expect(readdirSync(directory)).toEqual(['index.sqlite']);
  });
});

describe('what the system says when it is asked for what SQLite asked', () => {
  /** The module over a Node of which some calls are others, and a database in a directory. */
  async function asking(calls: Partial<typeof fs>) {
    vi.resetModules();
    vi.doMock('node:fs', () => ({ ...fs, ...calls }));
    onTestFinished(() => {
      vi.doUnmock('node:fs');
      vi.resetModules();
    });
    const directory = scratchDirectory();
    const path = join(directory, 'index.sqlite');
    writeFileSync(path, '');
    const { explainRefusal: explain } = await import('../../src/platform/refusals.js');
    const codeOf = (code: string) => explain(sqlite(code), { name: 'the index', path })?.code;
    return { directory, codeOf };
  }
  const refuse = (code: string): never => {
    throw Object.assign(new Error(`${code}: injected`), { code });
  };

  test('counts though it says so only when bytes are synced', async () => {
    const { directory, codeOf } = await asking({ fsyncSync: () => refuse('ENOSPC') });
    expect(codeOf('SQLITE_IOERR_WRITE')).toBe('DISK_FULL');
    expect(readdirSync(directory)).toEqual(['index.sqlite']);
    expect(openFilesBelow(directory)).toEqual([]);
  });

  test.each([1, 4, 5])('is of as many files as SQLite opens: %i', async (most) => {
    let opened = 0;
    const openSync: typeof fs.openSync = (...of) =>
      (opened += 1) < most ? fs.openSync(...of) : refuse('EMFILE');
    const { directory, codeOf } = await asking({ openSync });
    expect(codeOf('SQLITE_CANTOPEN')).toBe('OPEN_FILES_LIMIT');
    expect(openFilesBelow(directory)).toEqual([]);
    expect(readdirSync(directory)).toEqual(['index.sqlite']);
  });

  test('leaves alone what has the name of its file, which says nothing', async () => {
    const { directory, codeOf } = await asking({});
    const other = `.varve-probe-${process.pid}`;
    writeFileSync(join(directory, other), 'of somebody else');
    expect(codeOf('SQLITE_IOERR_READ')).toBe('DISK_FAILED');
    expect(readFileSync(join(directory, other), 'utf8')).toBe('of somebody else');
  });

  test('that is no file is no database', async () => {
    const { directory } = await asking({});
    const place = { name: 'the index', path: directory };
    expect(explainRefusal(sqlite('SQLITE_CANTOPEN'), place)?.code).toBe('INDEX_CORRUPT');
  });
});
