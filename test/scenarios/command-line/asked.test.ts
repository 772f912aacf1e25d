/**
 * What the commands that only ask hand over to their queries, and what they show of the answers. The
 * queries are stand-ins, so that each answer is one that is rare.
 */
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { diffCommand } from '../../../src/cli/commands/diff.js';
import { explainCommand } from '../../../src/cli/commands/explain.js';
import { findCommand } from '../../../src/cli/commands/find.js';
import { statusCommand } from '../../../src/cli/commands/status.js';
import { CodedError } from '../../../src/errors.js';
import { runCommand, STAND_IN, type RunSettings } from '../../support/command-run.js';

type Query = (repository: unknown, options: Readonly<Record<string, unknown>>) => Promise<unknown>;
const store = vi.hoisted(() => ({
  ...{ diffLive: vi.fn<Query>(), diffSnapshots: vi.fn<Query>(), explainPath: vi.fn<Query>() },
  ...{ findPaths: vi.fn<Query>(), findContent: vi.fn<Query>(), listSnapshots: vi.fn<Query>() },
  readStatus: vi.fn<Query>(),
}));
vi.mock('../../../src/store.js', async (load) => ({ ...(await load<object>()), ...store }));
vi.stubEnv('TZ', 'UTC');

const source = { id: 4, host: 'h', roots: ['/r'] };
const origin = { source, isEvident: true };
const day = (number: number): number => Date.parse(`2026-01-0${number}T10:00:00Z`);
const snapshot = (number: number, id = 4): object => ({
  source: { ...source, id },
  snapshot: { number, startedMs: day(number) + 700 },
});

beforeEach(() => {
  for (const query of Object.values(store)) query.mockReset();
});
const askedOf = (query: keyof typeof store): Readonly<Record<string, unknown>> => {
  const [repository, options = {}] = store[query].mock.calls.at(-1) ?? [];
  expect(repository).toBe(STAND_IN);
  return options;
};

describe('diff', () => {
  const run = (args: readonly string[], settings?: RunSettings) =>
    runCommand('diff', diffCommand, args, settings);
  const change = (path: string, what: string, more: object = {}): object => ({
    ...{ path, change: what },
    ...more,
  });
  const answer = (changes: readonly object[], more: object = {}): object => ({
    ...{ ...origin, from: 1, to: 2, changes },
    ...more,
  });
  const latest = { type: 'latest' };
  const numbered = (number: number): object => ({ type: 'snapshot', number });

  test.each<[string[], 'diffLive' | 'diffSnapshots', object]>([
    [[], 'diffLive', { from: latest, paths: [] }],
    [['1'], 'diffLive', { from: numbered(1), paths: [] }],
    [['1', '2'], 'diffSnapshots', { from: numbered(1), to: numbered(2), paths: [] }],
    [
      ['1', '2', '3', '4'],
      'diffSnapshots',
      { from: numbered(1), to: numbered(2), paths: ['3', '4'] },
    ],
    [['x', '1', '2'], 'diffLive', { from: latest, paths: ['x', '1', '2'] }],
    [['1', 'x', '2'], 'diffLive', { from: numbered(1), paths: ['x', '2'] }],
    [['--source', '4', '1'], 'diffLive', { from: numbered(1), source: { type: 'number', id: 4 } }],
    [['--read-all'], 'diffLive', { readsAll: true }],
    [['-x'], 'diffLive', { filter: { staysOnFileSystem: true }, readsAll: false }],
  ])('%j', async (args, query, options) => {
    store[query].mockResolvedValue(answer([]));
    const { opened, code } = await run(args);
    expect({ opened, code }).toEqual({ opened: ['read'], code: 0 });
    expect(askedOf(query)).toMatchObject(options);
    expect(Object.hasOwn(askedOf(query), 'onContents')).toBe(false);
  });

  test('a word that is neither a time nor a path is told as the time that it is not', async () => {
    const missing = (hint?: string) =>
      new CodedError('PATH_NOT_FOUND', 'No such path.', { ...(hint !== undefined && { hint }) });
    store.diffLive.mockRejectedValue(missing('Look elsewhere.'));
    const wrong = await run(['2026-13-01']).catch((error: unknown) => error as CodedError);
    expect(wrong).toMatchObject({
      code: 'USAGE_TIME',
      message: '"2026-13-01" is not a date: there is no month 13.',
    });
    const { hint, cause } = wrong as CodedError;
    expect(hint).toMatch(/^It is no path either: No such path\. Such as latest, /);
    expect(cause).toMatchObject({ code: 'PATH_NOT_FOUND' });
    // What has a slash was meant as a path, and what comes later was one.
    for (const args of [['./2026-13-01'], ['1', '2', '2026-13-01']]) {
      store.diffLive.mockRejectedValue(missing());
      store.diffSnapshots.mockRejectedValue(missing());
      await expect(run(args)).rejects.toThrow('No such path.');
    }
    store.diffLive.mockRejectedValue(new CodedError('INDEX_CORRUPT', 'Damaged.'));
    await expect(run(['2026-13-01'])).rejects.toThrow('Damaged.');
  });

  describe('with the lines of each change', () => {
    const bytes = (text: string): object => ({ type: 'bytes', bytes: Buffer.from(text) });
    const CONTENTS: readonly (readonly [object, object, object])[] = [
      [
        change('/r/a', 'modified', { sizeBefore: 6, sizeAfter: 6 }),
        bytes('1\n2\n3\n'),
        bytes('1\n4\n5\n6\n'),
      ],
      [change('/r/b', 'added', { sizeAfter: 3 }), { type: 'absent' }, bytes('\tx\x1b\n')],
      [change('/r/bin', 'modified'), bytes('\0'), bytes('\0\0')],
      [
        change('/r/c', 'removed', { sizeBefore: 2, renamedTo: '/r/d' }),
        bytes('c\n'),
        { type: 'absent' },
      ],
      [
        change('/r/d', 'added', { sizeAfter: 2, renamedFrom: '/r/c' }),
        { type: 'absent' },
        bytes('c\n'),
      ],
      [change('/r/e', 'metadata'), bytes('e'), bytes('e')],
    ];
    const HEADS = {
      a: 'M       +0 B  /r/a\n',
      b: '+       +3 B  /r/b\n',
      bin: 'M             /r/bin\n',
      d: 'R        2 B  /r/c -> /r/d\n',
      e: 'U             /r/e\n',
    };
    const SUM =
      '1 added, 2 modified, 1 renamed, 1 with other metadata: +3 B; 4 lines added, 2 removed\n';

    beforeEach(() => {
      store.diffSnapshots.mockImplementation(async (_, { onContents }) => {
        const tell = onContents as (change: object, contents: object) => Promise<void>;
        for (const [one, before, after] of CONTENTS) await tell(one, { before, after });
        return answer(CONTENTS.map(([one]) => one));
      });
    });

    test('--stat counts them: of each file, and of all', async () => {
      expect((await run(['--stat', '1', '2'])).stdout).toBe(
        `${HEADS.a}   3 lines added, 2 removed\n${HEADS.b}   1 line added, 0 removed\n` +
          `${HEADS.bin}   Binary files differ.\n${HEADS.d}${HEADS.e}${SUM}`,
      );
    });

    test('-p shows them, safe on a terminal but for tabs, else byte for byte', async () => {
      const { stdout } = await run(['-p', '1', '2']);
      const added = '--- /dev/null\n+++ b/r/b\n@@ -0,0 +1,1 @@\n+\tx';
      expect(stdout).toContain(
        `${HEADS.a}--- a/r/a\n+++ b/r/a\n@@ -1,3 +1,4 @@\n 1\n-2\n-3\n+4\n+5\n+6\n`,
      );
      expect(stdout).toContain(`${HEADS.b}${added}\x1b\n`);
      expect(stdout).toContain(`${HEADS.bin}   Binary files differ.\n${HEADS.d}${HEADS.e}${SUM}`);
      const shown = await run(['-p', '1', '2'], { columns: 200 });
      expect(shown.stdout).toContain(`${added}\\x1b\n`);
    });
  });

  test('what was renamed is one line, two changes of the document, and one of the sum', async () => {
    const changes = [
      change('/r/c', 'removed', { sizeBefore: 2, renamedTo: '/r/d' }),
      change('/r/d', 'added', { sizeAfter: 2, renamedFrom: '/r/c' }),
    ];
    store.diffSnapshots.mockResolvedValue(answer(changes));
    const { stdout } = await run(['1', '2']);
    expect(stdout).toBe('R        2 B  /r/c -> /r/d\n1 renamed: +0 B\n');
    const asDocument = await run(['1', '2'], { isJson: true });
    expect(JSON.parse(asDocument.stdout)).toEqual({
      ...{ source: 4, from: 1, to: 2, issues: [] },
      changes: [
        { path: '/r/c', change: 'removed', size_before: 2, renamed_to: '/r/d' },
        { path: '/r/d', change: 'added', size_after: 2, renamed_from: '/r/c' },
      ],
    });
  });
});

describe('find', () => {
  const run = (args: readonly string[], settings?: RunSettings) =>
    runCommand('find', findCommand, args, settings);
  const match = (id: number): object => ({
    ...{ path: '/r/x', source: id, firstSnapshot: 1, firstMs: day(1) },
    ...{ lastSnapshot: 3, lastMs: day(3), sizeBytes: 5 },
  });

  beforeEach(() => {
    store.findPaths.mockResolvedValue([match(4)]);
    store.findContent.mockResolvedValue([match(4)]);
    store.listSnapshots.mockResolvedValue([]);
  });

  test.each<[string[], object]>([
    [['x'], { pattern: 'x', ignoresCase: false }],
    [['x', '-i'], { pattern: 'x', ignoresCase: true }],
    [['--larger', '1K'], { pattern: undefined, ignoresCase: false, largerThan: 1024 }],
    [['--larger', '0'], { pattern: undefined, ignoresCase: false, largerThan: 0 }],
    [['--smaller', '2'], { pattern: undefined, ignoresCase: false, smallerThan: 2 }],
    [['--deleted'], { pattern: undefined, ignoresCase: false, isGone: true }],
    [['--newer', '@7'], { pattern: undefined, ignoresCase: false, modifiedFrom: 7 }],
    [['--older', '@7.9'], { pattern: undefined, ignoresCase: false, modifiedBefore: 7 }],
    [
      ['x', '--source', '4'],
      { pattern: 'x', ignoresCase: false, source: { type: 'number', id: 4 } },
    ],
  ])('%j is asked for as that and nothing else', async (args, options) => {
    expect((await run(args)).opened).toEqual(['read']);
    expect(askedOf('findPaths')).toEqual(options);
    expect(store.findContent).not.toHaveBeenCalled();
  });

  test('--content is asked for by itself', async () => {
    await run(['--content', 'f', '--source', '4']);
    expect(askedOf('findContent')).toEqual({ file: 'f', source: { type: 'number', id: 4 } });
    expect(store.findPaths).not.toHaveBeenCalled();
  });

  test('a snapshot stands for the second in which it was taken: of what is meant, or any', async () => {
    const all = [snapshot(1), snapshot(2, 5), snapshot(3)];
    store.listSnapshots.mockImplementation((_: unknown, ...options: unknown[]) =>
      Promise.resolve(options.length === 0 ? all : [snapshot(1), snapshot(3)]),
    );
    const secondsOf = async (...args: string[]): Promise<unknown> => {
      await run(args);
      const { modifiedFrom } = askedOf('findPaths');
      return modifiedFrom;
    };
    expect(await secondsOf('--newer', '2')).toBe(day(2) / 1000);
    expect(await secondsOf('--newer', '2', '--source', '4')).toBe(day(2) / 1000);
    expect(await secondsOf('--newer', '1B', '--source', '4')).toBe(day(1) / 1000);
    expect(await secondsOf('--newer', 'latest', '--source', '4')).toBe(day(3) / 1000);
    await expect(run(['--newer', 'latest'])).rejects.toThrow('a different time for each source');
  });

  test('the source is a column where there are several, and none was named', async () => {
    const head = async (...args: string[]): Promise<string> =>
      (await run(['x', ...args])).stdout.split('\n')[0] ?? '';
    for (const [snapshots, isShown] of [
      [[], false],
      [[snapshot(1), snapshot(3)], false],
      [[snapshot(1), snapshot(2, 5)], true],
    ] as const) {
      store.listSnapshots.mockResolvedValue(snapshots);
      expect((await head()).includes('SOURCE')).toBe(isShown);
      expect(await head('--source', '4')).not.toContain('SOURCE');
    }
    store.listSnapshots.mockResolvedValue([snapshot(1), snapshot(2, 5)]);
    expect((await run(['x'])).stdout).toBe(
      'SOURCE          FIRST           LAST  SIZE  PATH\n' +
        '     4  1  2026-01-01  3  2026-01-03   5 B  /r/x\n',
    );
  });
});

describe('status', () => {
  const run = (args: readonly string[], settings?: RunSettings) =>
    runCommand('status', statusCommand, args, settings);
  const verified = (more: object = {}): object => ({
    ...{ neverVerified: 0, oldestMs: day(2), newestMs: day(2), damaged: 0, damagedMs: null },
    ...more,
  });
  const status = (verification: object, more: object = {}): object => ({
    ...{ verification, lostBlobs: 0, freeBytes: 2048, sources: [] },
    ...more,
  });

  test.each<[object, number, string, string, object]>([
    [{}, 0, 'all of it, 2026-01-02 10:00:00', 'none known', { oldest: 2, newest: 2 }],
    [
      ...([{ newestMs: day(3) }, 0] as const),
      'all of it, at the earliest 2026-01-02 10:00:00',
      ...(['none known', { oldest: 2, newest: 3 }] as const),
    ],
    [
      ...([{ neverVerified: 1, newestMs: day(3) }, 0] as const),
      'last 2026-01-03 10:00:00, but some of it never',
      ...(['none known', { oldest: null, newest: 3 }] as const),
    ],
    [
      ...([{ neverVerified: 9, oldestMs: null, newestMs: null }, 0] as const),
      ...(['never', 'none known', { oldest: null, newest: null }] as const),
    ],
    [
      ...([{ damaged: 1, damagedMs: day(4) }, 0, 'all of it, 2026-01-02 10:00:00'] as const),
      'found by `varve verify`, 2026-01-04 10:00:00: see `varve help repair`',
      { oldest: 2, newest: 2, damage: 4 },
    ],
    [
      ...([{}, 1, 'all of it, 2026-01-02 10:00:00'] as const),
      ...(['1 blob lost', { oldest: 2, newest: 2 }] as const),
    ],
    [
      ...([{ damaged: 1, damagedMs: day(4) }, 2, 'all of it, 2026-01-02 10:00:00'] as const),
      'found by `varve verify`, 2026-01-04 10:00:00: see `varve help repair`; 2 blobs lost',
      { oldest: 2, newest: 2, damage: 4 },
    ],
  ])('%j and %d lost blobs', async (verification, lostBlobs, when, damage, times) => {
    store.readStatus.mockResolvedValue(status(verified(verification), { lostBlobs }));
    const { code, stdout } = await run([]);
    expect(stdout).toBe(
      `No snapshots yet.\nverified    ${when}\ndamage      ${damage}\nfree space  2.00 KiB\n`,
    );
    const isDamaged = damage !== 'none known';
    expect(code).toBe(isDamaged ? 4 : 0);
    expect(await run([], { isQuiet: true })).toMatchObject({ code, stdout: '' });
    const asDocument = JSON.parse((await run([], { isJson: true })).stdout) as object;
    const { oldest, newest, damage: found = null } = times as Record<string, number | null>;
    const iso = (at: number | null | undefined): string | null =>
      at ? `2026-01-0${at}T10:00:00.000+00:00` : null;
    expect(asDocument).toEqual({
      ...{ sources: [], damaged: isDamaged, lost_blobs: lostBlobs, free_bytes: 2048 },
      verified: { oldest: iso(oldest), newest: iso(newest), damage_found: iso(found) },
    });
  });

  test('notes of a source what is overdue, what was a problem and what is damaged', async () => {
    const one = (more: object): object => ({
      ...{ source, snapshots: 2, ageMs: 3_600_000, damagedPaths: 0 },
      latest: { number: 3, startedMs: day(3), issues: 0 },
      ...more,
    });
    const sources = [
      one({}),
      one({ damagedPaths: 1, latest: { number: 3, startedMs: day(3), issues: 2 } }),
      one({ damagedPaths: 2, ageMs: 3_600_001 }),
    ];
    store.readStatus.mockResolvedValue(status(verified(), { sources }));
    const { code, stdout } = await run(['--max-age', '1h', '--source', '4']);
    expect(askedOf('readStatus')).toEqual({ source: { type: 'number', id: 4 } });
    expect(code).toBe(6);
    expect(stdout.split('\n').slice(1, 4)).toEqual([
      '     4  2026-01-03 10:00:00   1h          2                              h:/r',
      '     4  2026-01-03 10:00:00   1h          2  2 problems, 1 damaged path  h:/r',
      '     4  2026-01-03 10:00:00   1h          2  overdue, 2 damaged paths    h:/r',
    ]);
  });
});

describe('explain', () => {
  const run = (args: readonly string[], settings?: RunSettings) =>
    runCommand('explain', explainCommand, ['/r/x', ...args], settings);
  const answer = (outcome: object, more: object = {}): object => ({
    ...{ ...origin, path: '/r/x', outcome, saved: undefined, causes: undefined, issues: [] },
    ...more,
  });
  const told = async (...args: [object, object?]): Promise<readonly string[]> => {
    store.explainPath.mockResolvedValue(answer(...args));
    const { stdout, code } = await run([]);
    expect(code).toBe(0);
    const [name, ...lines] = stdout.trimEnd().split('\n');
    expect(name).toBe('/r/x');
    return lines.map((line) => line.trimStart());
  };
  const leftOut = (reason: object, at = '/r/x'): object => ({ type: 'left-out', at, reason });
  const NOT_SAVED = 'Saved: not in the latest snapshot.';
  const REMOVED = 'The next backup counts it as removed; the snapshots that contain it keep it.';

  test.each<[object, string, object]>([
    [
      { type: 'rule', rule: { type: 'exclude', pattern: 'p' } },
      "by --exclude 'p'",
      {
        ...{ type: 'rule', action: 'exclude', pattern: 'p', file: null, line: null },
      },
    ],
    [
      { type: 'rule', rule: { type: 'exclude', pattern: 'p', origin: { file: '/f', line: 3 } } },
      "by 'p', line 3 of /f",
      { type: 'rule', action: 'exclude', pattern: 'p', file: '/f', line: 3 },
    ],
    [
      { type: 'marker', marker: '/r/m' },
      '/r/m is present (--exclude-if-present)',
      { type: 'marker', marker: { path: '/r/m' } },
    ],
    [
      { type: 'cache', marker: '/r/m' },
      '/r/m marks a cache (--exclude-caches)',
      { type: 'cache', marker: { path: '/r/m' } },
    ],
    [
      { type: 'size', largestBytes: 2048 },
      'it is larger than 2.00 KiB (--exclude-larger-than)',
      { type: 'size', larger_than: 2048 },
    ],
    [
      { type: 'file-system' },
      'another file system is mounted on its directory (--one-file-system)',
      { type: 'file_system' },
    ],
    [
      { type: 'pseudo-file-system', name: 'proc' },
      'proc is mounted on its directory, whose files the kernel makes up',
      { type: 'pseudo_file_system', name: 'proc' },
    ],
    [{ type: 'repository' }, 'it is the repository itself', { type: 'repository' }],
  ])('left out because of %j', async (reason, words, document) => {
    expect(await told(leftOut(reason))).toEqual([`Left out: ${words}.`, NOT_SAVED]);
    expect(await told(leftOut(reason, '/r'))).toEqual([
      `Left out: /r is left out, ${words}.`,
      NOT_SAVED,
    ]);
    const { stdout } = await run([], { isJson: true });
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ outcome: 'left_out', at: { path: '/r' }, reason: document },
    });
  });

  test('what is taken in, is absent or cannot be read, and what becomes of what was saved', async () => {
    const saved = { saved: { snapshot: 3, since: 3 } };
    const taken = (reason: string): object => ({ type: 'taken-in', reason: { type: reason } });
    expect(await told(taken('root'), { causes: ['size', 'mtime'], ...saved })).toEqual([
      'Backed up: it is one of the paths given to backup.',
      'Saved: in snapshot 3.',
      'Read by the next backup: yes, because its size differed, its modification time differed.',
    ]);
    expect(await told(taken('nothing'), { causes: [] })).toEqual([
      'Backed up: no rule leaves it out.',
      NOT_SAVED,
      'Read by the next backup: no, its size, times and inode have not changed.',
    ]);
    const older = { saved: { snapshot: 3, since: 1, causes: ['new'] } };
    expect(await told({ type: 'absent', at: '/r' }, older)).toEqual([
      'Missing: /r does not exist.',
      'Saved: in snapshot 3, unchanged since snapshot 1, which read it because it was never saved before.',
      REMOVED,
    ]);
    expect(await told(leftOut({ type: 'repository' }), saved)).toContain(REMOVED);
    const unreadable = { type: 'unreadable', at: '/r', message: '/r cannot be read.' };
    expect(await told(unreadable, saved)).toEqual([
      'Kept as last saved: /r cannot be read.',
      'Saved: in snapshot 3.',
    ]);
  });

  test('its options, its issues and its document', async () => {
    const issues = [{ path: '/r/x', code: 'RULES_UNREADABLE', message: 'Unread.' }];
    const outcome = { type: 'taken-in', reason: { type: 'root' } };
    store.explainPath.mockResolvedValue(
      answer(outcome, { issues, saved: { snapshot: 3, since: 1 }, causes: ['asked'] }),
    );
    const args = ['--exclude-caches', '--read-all', '--reread', '2%', '--source', '4'];
    expect(await run(args)).toMatchObject({ code: 3, said: ['Unread.'], opened: ['read'] });
    expect(askedOf('explainPath')).toEqual({
      ...{ path: '/r/x', filter: { excludesCaches: true }, readsAll: true, rereadShare: 0.02 },
      source: { type: 'number', id: 4 },
    });
    const asDocument = await run([], { isJson: true });
    expect(asDocument).toMatchObject({ code: 3, said: [] });
    expect(JSON.parse(asDocument.stdout)).toEqual({
      ...{ path: '/r/x', source: 4, outcome: 'taken_in', at: null, reason: { type: 'root' } },
      ...{ saved: { snapshot: 3, since: 1, read_because: null }, read_because: ['asked'], issues },
    });
  });
});
