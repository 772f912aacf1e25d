/**
 * What the commands that write hand over to their operations, and what they make of the result: what they
 * say, what they end with, and what stays true if it cannot be said. The operations are stand-ins, so that
 * each figure is another and each callback is called.
 */
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { backupCommand } from '../../../src/cli/commands/backup.js';
import { pruneCommand } from '../../../src/cli/commands/prune.js';
import { repairCommand } from '../../../src/cli/commands/repair.js';
import { restoreCommand } from '../../../src/cli/commands/restore.js';
import type { Platform } from '../../../src/store.js';
import { runCommand, STAND_IN, type RunSettings } from '../../support/command-run.js';

type Operation = (
  repository: unknown,
  options: Readonly<Record<string, unknown>>,
) => Promise<object | undefined>;
const store = vi.hoisted(() => ({
  backup: vi.fn<Operation>(),
  backupStream: vi.fn<Operation>(),
  restore: vi.fn<Operation>(),
  prune: vi.fn<Operation>(),
  repair: vi.fn<Operation>(),
  listSnapshots: vi.fn<Operation>(),
}));
vi.mock('../../../src/store.js', async (load) => ({ ...(await load<object>()), ...store }));
vi.stubEnv('TZ', 'UTC');

const issue = (code: string): object => ({ path: '/r/x', code, message: `${code} of x.` });
const notice = { code: 'SAME_DISK', message: 'On one disk.', paths: ['/r'] };
const source = { id: 4, host: 'h', roots: ['/r\x1b'] };
const BACKUP = {
  ...{ snapshot: 7, source, files: 10, bytes: 2048, filesNew: 1, filesChanged: 2 },
  ...{ filesUnchanged: 3, filesRemoved: 4, bytesRead: 5, bytesStored: 6, durationMs: 61_000 },
  ...{ issues: [], notices: [] },
};
const RESTORE = {
  ...{ snapshot: 7, source, isEvident: true, files: 10, filesUnchanged: 9, kept: 0 },
  ...{ directories: 2, symlinks: 3, specials: 1, bytesWritten: 2048, bytesUnchanged: 11 },
  ...{ removed: ['/r/a', '/r/b\x1b'], durationMs: 61_000, issues: [] },
};
const PRUNE = {
  kept: [{ number: 3, source: 1, startedMs: 0, reasons: ['daily', 'tag \x1b'] }],
  removed: [
    { number: 1, source: 1, startedMs: 0, reasons: [] },
    { number: 5, source: 2, startedMs: 0, reasons: [] },
  ],
  ...{ dropped: [{ path: '/r/x', snapshot: 1 }], bytesFreed: 12, durationMs: 13 },
};
const DAMAGE = { code: 'BLOB_DAMAGED', message: 'Damaged.', paths: [], snapshots: [] };
const REPAIR = { snapshots: 1, blobs: 2, lost: 0, actions: ['Done \x1b.'], damage: [] as object[] };

beforeEach(() => {
  store.backup.mockReset().mockResolvedValue(BACKUP);
  store.backupStream.mockReset().mockResolvedValue(BACKUP);
  store.restore.mockReset().mockResolvedValue(RESTORE);
  store.prune.mockReset().mockResolvedValue(PRUNE);
  store.repair.mockReset().mockResolvedValue(REPAIR);
  store.listSnapshots.mockReset().mockResolvedValue([]);
});

const COMMANDS = {
  backup: backupCommand,
  restore: restoreCommand,
  prune: pruneCommand,
  repair: repairCommand,
};
type Name = keyof typeof COMMANDS;
const run = (name: Name, args: readonly string[], settings?: RunSettings) =>
  runCommand(name, COMMANDS[name], args, settings);
/** What the operation of a command was asked for last. */
const asked = (name: Name | 'backupStream'): Readonly<Record<string, unknown>> => {
  const [repository, options = {}] = store[name].mock.calls.at(-1) ?? [];
  expect(repository).toBe(STAND_IN);
  return options;
};

const EACH: readonly (readonly [Name, readonly string[]])[] = [
  ['backup', ['src']],
  ['restore', ['--to', 'back']],
  ['prune', ['--keep-last', '1']],
  ['repair', []],
];

describe.each(EACH)('%s %j', (name, args) => {
  test('can be stopped by the signal of the session', async () => {
    const signal = AbortSignal.abort();
    await run(name, args, { signal });
    expect(asked(name)['signal']).toBe(signal);
  });

  test('writes under the lock of a writer; a dry run, and a restore, as a reader', async () => {
    const { opened } = await run(name, args);
    expect(opened).toEqual([name === 'restore' ? 'read' : 'write']);
    expect(asked(name)['isDryRun']).toBe(false);
    for (const option of ['-n', '--dry-run']) {
      expect((await run(name, [...args, option])).opened).toEqual(['read']);
      expect(asked(name)['isDryRun']).toBe(true);
    }
  });

  test('has done what it did, whatever becomes of its report; a dry run has done nothing', async () => {
    const what = {
      backup: 'Snapshot 7 of /r\\x1b was taken',
      restore: 'Snapshot 7 was restored',
      prune: '2 snapshots removed',
      repair: 'The repair was done',
    }[name];
    for (const settings of [{}, { isQuiet: true }, { isJson: true }]) {
      expect((await run(name, args, settings)).settled).toEqual({ what, exitCode: 0 });
      expect((await run(name, [...args, '-n'], settings)).settled).toBeUndefined();
    }
  });

  test('-q says nothing of what went well', async () => {
    expect(await run(name, args, { isQuiet: true })).toMatchObject({ code: 0, stdout: '' });
  });
});

describe.each(EACH.slice(0, 2))('%s %j', (name, args) => {
  test.each([
    [['UNREADABLE'], 3],
    [['METADATA_NOT_PERMITTED'], 0],
    [['UNREADABLE', 'DAMAGED'], 4],
  ])('with issues %j ends with %d, and settles that', async (codes, code) => {
    const operation = store[name];
    const issues = codes.map(issue);
    operation.mockResolvedValue({ ...(name === 'backup' ? BACKUP : RESTORE), issues });
    const plain = await run(name, args);
    expect(plain).toMatchObject({ code, settled: { exitCode: code } });
    expect(plain.said).toEqual(codes.map((one) => `${one} of x.`));
    const asDocument = await run(name, args, { isJson: true });
    expect(asDocument).toMatchObject({ code, said: [] });
    expect(JSON.parse(asDocument.stdout)).toMatchObject({ issues });
    expect((await run(name, args, { isQuiet: true })).said).toEqual(plain.said);
  });

  test('has a line of progress, unless its list is on the same terminal', async () => {
    const expected = { files: 2, bytes: 3 };
    const done = { files: 1, bytes: 1 };
    store[name].mockImplementation((_, options) => {
      (options['onStart'] as (totals: object) => void)(expected);
      (options['onProgress'] as (state: object) => void)(done);
      return Promise.resolve(name === 'backup' ? BACKUP : RESTORE);
    });
    const start = ['start', { label: name, expected }];
    const rest = [['update', done], ['finish']];
    for (const settings of [{}, { columns: 80 }, { isVerbose: true }]) {
      expect((await run(name, args, settings)).progress).toEqual([start, ...rest]);
    }
    const listed = await run(name, args, { columns: 80, isVerbose: true });
    expect(listed.progress).toEqual(rest);
  });

  test('lists each path where that is asked for, but beside no document', async () => {
    store[name].mockImplementation((_, options) => {
      const onPath = options['onPath'] as ((path: string, mark: string) => void) | undefined;
      onPath?.('/r/new\x1b', 'new');
      onPath?.('/r/gone', 'removed');
      return Promise.resolve(name === 'backup' ? BACKUP : RESTORE);
    });
    const { stdout } = await run(name, args, { isVerbose: true });
    expect(stdout).toMatch(/^new {8}\/r\/new\\x1b\nremoved {4}\/r\/gone\n(?:Snapshot|Restored) /);
    const quiet = await run(name, args, { isVerbose: true, isQuiet: true });
    expect(quiet.stdout).toBe('new        /r/new\\x1b\nremoved    /r/gone\n');
    const { stdout: document } = await run(name, args, { isVerbose: true, isJson: true });
    expect(() => JSON.parse(document) as unknown).not.toThrow();
    expect((await run(name, args)).stdout).not.toContain('/r/gone');
  });
});

describe('backup', () => {
  test('without options is of its paths, as they are', async () => {
    await run('backup', ['a', 'b']);
    const { signal, onStart, onProgress, ...options } = asked('backup');
    expect([signal, onStart, onProgress]).not.toContain(undefined);
    expect(options).toEqual({
      ...{ paths: ['a', 'b'], toleratesMissing: false, filter: {}, tags: [] },
      ...{ skipsIfUnchanged: false, isDryRun: false },
    });
  });

  test.each([
    [['--tag', 'b,a', '--tag', 'a,c'], { tags: ['b', 'a', 'c'] }],
    [['--host', 'h'], { host: 'h' }],
    [['--skip-if-unchanged'], { skipsIfUnchanged: true }],
    [['--level', '1'], { level: 1 }],
    [['--level', '19'], { level: 19 }],
    [['--min-free', '10%'], { minFree: { type: 'share', fraction: 0.1 } }],
    [['--min-free', '1K'], { minFree: { type: 'bytes', bytes: 1024 } }],
    [['--jobs', '2'], { jobs: 2 }],
    [['--read-all'], { readsAll: true }],
    [['--reread', '2%'], { rereadShare: 0.02 }],
    [['--exclude-caches'], { filter: { excludesCaches: true } }],
  ])('with %j is that, too', async (args, more) => {
    await run('backup', ['a', ...args]);
    expect(asked('backup')).toMatchObject({ paths: ['a'], ...more });
  });

  test('of the output of a command is of that stream', async () => {
    await run('backup', ['--command', 'x', '--tag', 't', '--', 'true']);
    expect(asked('backupStream')).toMatchObject({ name: 'x', tags: ['t'] });
    expect(store.backup).not.toHaveBeenCalled();
  });

  test.each([
    [['--level', '0'], '--level: '],
    [['--level', '20'], '--level: '],
    [['--host', '\udcff'], '--host: '],
    [['--tag', '\udcff'], '--tag: '],
    [['ssh://host/path'], 'backup: "ssh://host/path" seems to be on another machine.'],
  ])('with %j is refused', async (args, says) => {
    await expect(run('backup', ['a', ...args])).rejects.toThrow(says);
    expect(store.backup).not.toHaveBeenCalled();
  });

  test('takes what is there for a path, though it looks like an address', async () => {
    const { openPlatform } = await import('../../../src/store.js');
    const { files } = openPlatform();
    const stat = (path: string) => (path === 'host:/there' ? files.stat('/') : files.stat(path));
    const platform: Partial<Platform> = { files: { ...files, stat } };
    await run('backup', ['host:/there'], { platform });
    expect(asked('backup')).toMatchObject({ paths: ['host:/there'] });
    await expect(run('backup', ['host:/elsewhere'], { platform })).rejects.toThrow(
      'host:/elsewhere',
    );
  });

  test('leaves free what the environment says, unless told otherwise', async () => {
    const env = { VARVE_MIN_FREE: '1K' };
    await run('backup', ['a'], { env });
    expect(asked('backup')['minFree']).toEqual({ type: 'bytes', bytes: 1024 });
    await run('backup', ['a', '--min-free', '2K'], { env });
    expect(asked('backup')['minFree']).toEqual({ type: 'bytes', bytes: 2048 });
    await run('backup', ['a'], { env: { VARVE_MIN_FREE: '' } });
    expect(Object.hasOwn(asked('backup'), 'minFree')).toBe(false);
    await expect(run('backup', ['a'], { env: { VARVE_MIN_FREE: 'x' } })).rejects.toThrow(
      '$VARVE_MIN_FREE: ',
    );
  });

  test('asks for an estimate only where it is shown, and shows it', async () => {
    await run('backup', ['a']);
    expect(Object.hasOwn(asked('backup'), 'onEstimate')).toBe(false);
    store.backup.mockImplementation((_, options) => {
      (options['onStart'] as (totals?: object) => void)();
      (options['onEstimate'] as (totals: object) => void)({ files: 2, bytes: 3 });
      return Promise.resolve(BACKUP);
    });
    expect((await run('backup', ['a'], { columns: 80 })).progress).toEqual([
      ['start', { label: 'backup' }],
      ['expect', { files: 2, bytes: 3 }],
      ['finish'],
    ]);
  });

  test('says what it took, would take, or did not take', async () => {
    const size = '10 files, 2.00 KiB';
    const counts = '  1 new, 2 changed, 3 unchanged, 4 removed\n';
    const stored = '  5 B read, 6 B stored in /repository\n';
    expect((await run('backup', ['a'])).stdout).toBe(
      `Snapshot 7 of /r\\x1b: ${size}, in 1:01\n${counts}${stored}`,
    );
    store.backup.mockResolvedValue({ ...BACKUP, snapshot: undefined });
    expect((await run('backup', ['a', '-n'])).stdout).toBe(
      `A snapshot of /r\\x1b would contain ${size}\n${counts}`,
    );
    const skipped = await run('backup', ['a', '--skip-if-unchanged']);
    const nothing = 'Nothing has changed in /r\\x1b, so no snapshot was taken';
    expect(skipped.stdout).toBe(`${nothing}: ${size}\n${counts}${stored}`);
    expect(skipped.settled).toEqual({ what: nothing, exitCode: 0 });
  });

  test('says what is to be known beside it, in the document or on standard error', async () => {
    store.backup.mockResolvedValue({ ...BACKUP, notices: [notice] });
    const { openPlatform } = await import('../../../src/store.js');
    const { files } = openPlatform();
    const platform = { files: { ...files, at: { ...files.at, attributes: undefined } } } as never;
    const without =
      'notice: Extended attributes, access control lists and inode flags are not saved: ' +
      'that requires Linux with glibc.';
    const told = await run('backup', ['a'], { platform });
    expect(told.said).toEqual(['notice: On one disk.', without]);
    const asDocument = await run('backup', ['a'], { platform, isJson: true });
    expect(asDocument.said).toEqual([without]);
    expect(JSON.parse(asDocument.stdout)).toEqual({
      ...{ snapshot: 7, files: 10, bytes: 2048, files_new: 1, files_changed: 2 },
      ...{ files_unchanged: 3, files_removed: 4, bytes_read: 5, bytes_stored: 6 },
      ...{ duration_ms: 61_000, issues: [], notices: [{ ...notice, paths: [{ path: '/r' }] }] },
    });
    if (files.at.attributes)
      expect((await run('backup', ['a'])).said).toEqual(['notice: On one disk.']);
  });
});

describe('restore', () => {
  const usual = {
    ...{ paths: ['x'], at: { type: 'latest' }, isLastSeen: false, rules: [], verifies: false },
    ...{ isDryRun: false, isNumericOwner: false, to: 'back' },
  };

  test.each([
    [['--to', 'back'], {}],
    [['--to', 'back', '--at', '2'], { at: { type: 'snapshot', number: 2 } }],
    [['--to', 'back', '--last-seen'], { isLastSeen: true }],
    [['--to', 'back', '--source', '4'], { source: { type: 'number', id: 4 } }],
    [['--to', 'back', '--verify'], { verifies: true }],
    [['--to', 'back', '--numeric-owner'], { isNumericOwner: true }],
    [['--to', 'back', '--map-user', 'u'], { userMap: 'u' }],
    [['--to', 'back', '--map-group', 'g'], { groupMap: 'g' }],
    [['--to', 'back', '--jobs', '2'], { jobs: 2 }],
    [['--to', 'back', '--exclude', 'p'], { rules: [{ type: 'exclude', pattern: 'p' }] }],
    [['--to', 'back', '--in-place'], { inPlace: {} }],
    [['--to', 'back', '--in-place', '--overwrite', 'never'], { inPlace: { overwrite: 'never' } }],
    [['--to', 'back', '--in-place', '--delete'], { inPlace: { deletes: 'if-certain' } }],
    [
      ['--to', 'back', '--in-place', '--delete', '--ignore-errors'],
      { inPlace: { deletes: 'always' } },
    ],
  ])('with %j is that and nothing else', async (args, more) => {
    await run('restore', ['x', ...args]);
    const { signal, onStart, onProgress, ...options } = asked('restore');
    expect([signal, onStart, onProgress]).not.toContain(undefined);
    expect(options).toEqual({ ...usual, ...more });
  });

  test('in place needs no other target', async () => {
    await run('restore', ['x', '--in-place']);
    expect(asked('restore')).toMatchObject({ inPlace: {} });
    expect(Object.hasOwn(asked('restore'), 'to')).toBe(false);
  });

  test.each([
    [[], 'restore needs a target.'],
    [['--to', 'b', '--overwrite', 'never'], '--overwrite requires --in-place.'],
    [['--to', 'b', '--delete'], '--delete requires --in-place.'],
    [['--to', 'b', '--ignore-errors'], '--ignore-errors requires --delete.'],
    [['--in-place', '--ignore-errors'], '--ignore-errors requires --delete.'],
    [['--to', 'host:/b'], '--to: "host:/b" seems to be on another machine.'],
  ])('with %j is refused', async (args, says) => {
    await expect(run('restore', args)).rejects.toThrow(says);
    expect(store.restore).not.toHaveBeenCalled();
  });

  test('says what it restored, would restore, kept and deleted', async () => {
    const what = '10 files, 2 directories, 3 links, 2.00 KiB';
    const there = `${what} (11 B already there)`;
    const deleted = (word: string): string => `${word} /r/a\n${word} /r/b\\x1b\n`;
    const stdout = async (...args: string[]): Promise<string> =>
      (await run('restore', args)).stdout;
    expect(await stdout('--to', 'b\x1b')).toBe(
      `Restored snapshot 7 to b\\x1b: ${what}, in 1:01\n${deleted('Deleted')}`,
    );
    expect(await stdout('--in-place', '-n')).toBe(
      `Would restore snapshot 7 to the original: ${there}\n${deleted('Would delete')}`,
    );
    store.restore.mockResolvedValue({ ...RESTORE, isEvident: false, kept: 5, removed: [] });
    expect(await stdout('--in-place')).toBe(
      `Restored snapshot 7 of h:/r\\x1b to the original: ${there}, 5 left as is, in 1:01\n`,
    );
    store.restore.mockResolvedValue(RESTORE);
    // What is deleted is in the list already.
    const listed = await run('restore', ['--to', 'b'], { isVerbose: true });
    expect(listed.stdout).toBe(`Restored snapshot 7 to b: ${what}, in 1:01\n`);
  });

  test('is a document with each figure', async () => {
    const { stdout } = await run('restore', ['--to', 'b'], { isJson: true });
    expect(JSON.parse(stdout)).toEqual({
      ...{ snapshot: 7, source: 4, files: 10, files_unchanged: 9, kept: 0, directories: 2 },
      ...{ symlinks: 3, bytes_written: 2048, bytes_unchanged: 11, duration_ms: 61_000 },
      ...{ removed: [{ path: '/r/a' }, { path: '/r/b\x1b' }], issues: [] },
    });
  });
});

describe('prune', () => {
  test.each([
    [['3', '1'], { snapshots: [3, 1] }],
    [
      ['--source', '4', '--all'],
      { snapshots: [], source: { type: 'number', id: 4 }, takesAll: true },
    ],
    [['--host', 'h', '--all'], { snapshots: [], host: 'h', takesAll: true }],
    [['3', '--all'], { snapshots: [3], takesAll: true }],
    [['--drop-before-bit-rot', '3'], { snapshots: [3], dropsBeforeBitRot: true }],
    [
      [
        ...['--keep-last', '1', '--keep-hourly', '2', '--keep-daily', '3', '--keep-weekly', '4'],
        ...['--keep-monthly', '5', '--keep-yearly', 'unlimited', '--keep-within', '6D'],
        ...['--keep-tag', 'a,b', '--keep-tag', 'c', '--older-than', '@7'],
      ],
      {
        snapshots: [],
        policy: {
          ...{ keepLast: 1, keepHourly: 2, keepDaily: 3, keepWeekly: 4, keepMonthly: 5 },
          ...{ keepYearly: 'unlimited', keepWithin: { days: 6 }, olderThan: 7000 },
          keepTags: [['a', 'b'], ['c']],
        },
      },
    ],
  ])('with %j is that and nothing else', async (args, wanted) => {
    await run('prune', args);
    const { signal, ...options } = asked('prune');
    expect(signal).toBeDefined();
    const usual = { takesAll: false, dropsBeforeBitRot: false, isDryRun: false };
    expect(options).toEqual({ ...usual, ...wanted });
  });

  test('says of each snapshot, in their order, what becomes of it and why', async () => {
    const rows = (why: string, head: string): string[] => [
      `#  TIME                 SOURCE  ${head
        .padEnd(8)
        .trimEnd()
        .padEnd(head === '' ? 7 : 8)}  BECAUSE`,
      `1  1970-01-01 00:00:00       1  ${'removed'.padEnd(head === '' ? 7 : 8)}  ${why}`,
      `3  1970-01-01 00:00:00       1  ${'kept'.padEnd(head === '' ? 7 : 8)}  daily, tag \\x1b`,
      `5  1970-01-01 00:00:00       2  ${'removed'.padEnd(head === '' ? 7 : 8)}  ${why}`,
    ];
    const told = async (...args: string[]): Promise<string[]> =>
      (await run('prune', args)).stdout.split('\n');
    expect(await told('1', '5')).toEqual([
      ...rows('as asked', ''),
      '1 kept, 2 removed; 12 B freed',
      '',
    ]);
    expect(await told('--keep-last', '1', '-n')).toEqual([
      ...rows('no rule keeps it', 'WOULD BE'),
      '1 kept, 2 removed; 12 B would be freed',
      '',
    ]);
  });

  test('says what is held by no other snapshot, also beside a document', async () => {
    const said = [
      'notice: Snapshot 1 is the last to hold /r/x as it was before possible bit rot, ' +
        'and no rule keeps it.',
    ];
    expect((await run('prune', ['1'])).said).toEqual(said);
    const asDocument = await run('prune', ['1'], { isJson: true });
    expect(asDocument.said).toEqual(said);
    expect(JSON.parse(asDocument.stdout)).toEqual({
      ...{ kept: [{ number: 3, reasons: ['daily', 'tag \x1b'] }], removed: [1, 5] },
      dropped_before_bit_rot: [{ path: '/r/x', snapshot: 1 }],
      ...{ bytes_freed: 12, duration_ms: 13 },
    });
  });
});

describe('repair', () => {
  test.each([
    [[], { rebuildsIndex: false }],
    [['--rebuild-index'], { rebuildsIndex: true }],
    [['--jobs', '2'], { rebuildsIndex: false, jobs: 2 }],
  ])('with %j is that and nothing else', async (args, wanted) => {
    await run('repair', args);
    const { signal, ...options } = asked('repair');
    expect(signal).toBeDefined();
    expect(options).toEqual({ isDryRun: false, ...wanted });
  });

  test.each([
    [{}, 0, 'Nothing is lost: 2 blobs in 1 snapshot.'],
    [{ lost: 1 }, 4, 'Lost: 1 of 2 blobs in 1 snapshot.'],
    [{ damage: [DAMAGE] }, 4, 'Nothing is lost: 2 blobs in 1 snapshot.'],
    [{ lost: 2, damage: [DAMAGE] }, 4, 'Lost: 2 of 2 blobs in 1 snapshot.'],
  ])('that finds %j ends with %d, and settles that', async (found, code, summary) => {
    const result = { ...REPAIR, ...found };
    store.repair.mockResolvedValue(result);
    const said = result.damage.map(() => 'BLOB_DAMAGED: Damaged.');
    expect(await run('repair', [])).toMatchObject({
      ...{ code, said, stdout: `Done \\x1b.\n${summary}\n` },
      settled: { what: 'The repair was done', exitCode: code },
    });
    expect(await run('repair', ['-n'])).toMatchObject({ code, settled: undefined });
    expect(await run('repair', [], { isQuiet: true })).toMatchObject({ code, said, stdout: '' });
    const asDocument = await run('repair', [], { isJson: true });
    expect(asDocument).toMatchObject({ code, said: [] });
    expect(JSON.parse(asDocument.stdout)).toEqual(result);
  });
});
