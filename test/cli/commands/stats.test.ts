/** What `varve stats` shows of its figures: each once, the newest and the costliest, as wide as there is room. */
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { statsCommand } from '../../../src/cli/commands/stats.js';
import type { RepositoryStats } from '../../../src/store.js';
import { runCommand, STAND_IN, type RunSettings } from '../../support/command-run.js';

const { readStats } = vi.hoisted(() => ({
  readStats: vi.fn<(repository: unknown) => Promise<RepositoryStats>>(),
}));
vi.mock('../../../src/store.js', async (load) => ({ ...(await load<object>()), readStats }));
vi.stubEnv('TZ', 'UTC');

const TAKEN = Date.parse('2026-01-01T10:00:00Z');
const source = { id: 4, host: 'h', roots: ['/a', '/b\xff'] };

const statsOf = (snapshots: number, paths: number): RepositoryStats =>
  ({
    snapshots,
    sources: 1,
    paths: 2,
    versions: 3,
    blobs: 5,
    logicalBytes: 1001,
    contentBytes: 1002,
    storedBytes: 1003,
    indexBytes: 1004,
    fullBytes: 1005,
    deltaBytes: 1006,
    perSource: [{ source, snapshots, logicalBytes: 1007, addedBytes: 1008 }],
    perSnapshot: Array.from({ length: snapshots }, (_, i) => ({
      number: i + 1,
      source: 4,
      startedMs: TAKEN + i,
      files: 20 + i,
      logicalBytes: 1010 - i,
      addedBytes: 900 + i,
    })),
    costliest: Array.from({ length: paths }, (_, i) => ({ path: `/p${i}`, bytes: 100 - i })),
    costliestDirectories: Array.from({ length: paths }, (_, i) => ({
      path: `/d${i}`,
      bytes: 50 - i,
    })),
  }) as unknown as RepositoryStats;

beforeEach(() => void readStats.mockReset().mockResolvedValue(statsOf(2, 2)));

async function shown(settings?: RunSettings): Promise<string> {
  const { code, stdout, opened } = await runCommand('stats', statsCommand, [], settings);
  expect({ code, opened }).toEqual({ code: 0, opened: ['read'] });
  expect(readStats).toHaveBeenLastCalledWith(STAND_IN);
  return stdout;
}

test('each figure stands where it belongs', async () => {
  expect(await shown()).toBe(
    [
      'snapshots              2 of 1 source',
      'paths                  2 with 3 versions',
      'all snapshots in full  1001 B',
      'distinct content       1002 B in 5 blobs',
      'stored whole           1005 B',
      'stored as deltas       1006 B',
      'on disk                1003 B, 1004 B of it for the index',
      '',
      'SOURCE  SNAPSHOTS  IN FULL   ADDED  HOST:PATHS',
      '     4          2   1007 B  1008 B  h:/a /b\\xff',
      '',
      '#  TIME                 SOURCE  FILES  IN FULL  ADDED',
      '1  2026-01-01 10:00:00       4     20   1010 B  900 B',
      '2  2026-01-01 10:00:00       4     21   1009 B  901 B',
      '',
      'Paths that take up most',
      '  100 B  /p0',
      '   99 B  /p1',
      '',
      'Directories whose own files take up most',
      '  50 B  /d0',
      '  49 B  /d1',
      '',
    ].join('\n'),
  );
});

test('a document has all of them, whatever is shown', async () => {
  readStats.mockResolvedValue(statsOf(12, 12));
  const document = JSON.parse(await shown({ isJson: true })) as Record<string, object[]>;
  const { per_snapshot: snapshots, costliest_paths: paths, ...rest } = document;
  expect(rest).toEqual({
    snapshots: 12,
    sources: 1,
    paths: 2,
    versions: 3,
    blobs: 5,
    logical_bytes: 1001,
    content_bytes: 1002,
    stored_bytes: 1003,
    index_bytes: 1004,
    full_bytes: 1005,
    delta_bytes: 1006,
    per_source: [
      {
        source: 4,
        host: 'h',
        paths: ['/a', '/b\\xff'],
        snapshots: 12,
        logical_bytes: 1007,
        bytes_stored: 1008,
      },
    ],
    costliest_directories: Array.from({ length: 12 }, (_, i) => ({
      path: `/d${i}`,
      bytes: 50 - i,
    })),
  });
  expect(snapshots?.[11]).toEqual({
    number: 12,
    source: 4,
    time: '2026-01-01T10:00:00.011+00:00',
    files: 31,
    logical_bytes: 999,
    bytes_stored: 911,
  });
  expect(snapshots).toHaveLength(12);
  expect(paths?.[11]).toEqual({ path: '/p11', bytes: 89 });
});

describe('of long lists', () => {
  const rows = (text: string, expression: RegExp): string[] =>
    [...text.matchAll(expression)].map(([, name = '']) => name);
  const numbers = (text: string): string[] => rows(text, /^ *(\d+) {2}2026-/gm);
  const upTo = (first: number, last: number): string[] =>
    Array.from({ length: last - first + 1 }, (_, i) => String(first + i));

  test.each([
    [9, upTo(1, 9), undefined],
    [10, upTo(1, 10), undefined],
    [11, upTo(2, 11), '(1 older snapshot: -v)'],
    [13, upTo(4, 13), '(3 older snapshots: -v)'],
  ])('of %d snapshots the newest ten are shown', async (count, shownOnes, more) => {
    readStats.mockResolvedValue(statsOf(count, 0));
    const few = await shown();
    expect(numbers(few)).toEqual(shownOnes);
    expect(/^\(.*\)$/m.exec(few)?.[0]).toBe(more);
    const all = await shown({ isVerbose: true });
    expect(numbers(all)).toEqual(upTo(1, count));
    expect(all).not.toContain('-v)');
  });

  test.each([10, 11])('of %d paths the ten that cost most are shown', async (count) => {
    readStats.mockResolvedValue(statsOf(1, count));
    for (const [expression, name] of [
      [/ B {2}\/(p\d+)$/gm, 'p'],
      [/ B {2}\/(d\d+)$/gm, 'd'],
    ] as const) {
      const all = Array.from({ length: count }, (_, i) => `${name}${i}`);
      expect(rows(await shown(), expression)).toEqual(all.slice(0, 10));
      expect(rows(await shown({ isVerbose: true }), expression)).toEqual(all);
    }
  });
});

test('what there is none of has no heading', async () => {
  readStats.mockResolvedValue({ ...statsOf(0, 0), perSource: [] });
  expect((await shown()).split('\n')).toHaveLength(7 + 1);
});

test('a name that does not fit beside its size goes below it', async () => {
  const path = `/${'n'.repeat(30)}`;
  const cost = [{ path, bytes: 5 }] as unknown as RepositoryStats['costliest'];
  readStats.mockResolvedValue({ ...statsOf(0, 0), costliest: cost });
  // Two blanks, `5 B`, two blanks, and the name.
  const fits = 2 + 3 + 2 + path.length;
  expect(await shown({ columns: fits })).toContain(`\n  5 B  ${path}\n`);
  expect(await shown({ columns: fits - 1 })).toContain(`\n  5 B\n    ${path}\n`);
});
