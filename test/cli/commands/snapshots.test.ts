/** What `varve snapshots` shows of each snapshot, source by source. */
import { beforeEach, expect, test, vi } from 'vitest';
import { snapshotsCommand } from '../../../src/cli/commands/snapshots.js';
import type { ListedSnapshot } from '../../../src/store.js';
import { runCommand, STAND_IN, type RunSettings } from '../../support/command-run.js';

const { listSnapshots } = vi.hoisted(() => ({
  listSnapshots: vi.fn<(...args: unknown[]) => Promise<ListedSnapshot[]>>(),
}));
vi.mock('../../../src/store.js', async (load) => ({ ...(await load<object>()), listSnapshots }));
vi.stubEnv('TZ', 'UTC');

const one = { id: 1, host: 'one\x1b', roots: ['/a', '/b'] };
const two = { id: 2, host: 'two', roots: ['/c\xff', '/d'] };
const listed = (number: number, source: object, tags: readonly string[] = []): ListedSnapshot =>
  ({
    source,
    snapshot: {
      number,
      startedMs: Date.parse(`2026-01-0${number}T10:00:00.007Z`),
      tags,
      files: 10 * number,
      bytes: 100 * number,
      bytesStored: 3 * number,
    },
  }) as unknown as ListedSnapshot;
const ALL = [listed(1, one, ['x', 'y\x1b']), listed(2, two), listed(3, one)];

beforeEach(() => void listSnapshots.mockReset().mockResolvedValue(ALL));

async function shown(args: readonly string[], settings?: RunSettings): Promise<string> {
  const { code, stdout, opened, said } = await runCommand(
    'snapshots',
    snapshotsCommand,
    args,
    settings,
  );
  expect({ code, opened, said }).toEqual({ code: 0, opened: ['read'], said: [] });
  return stdout;
}

test('a table below a line for each source, each snapshot in its own', async () => {
  expect(await shown([])).toBe(
    [
      'Source 1  one\\x1b:/a /b',
      '#  TIME                 FILES   SIZE  ADDED  TAGS',
      '1  2026-01-01 10:00:00     10  100 B    3 B  x, y\\x1b',
      '3  2026-01-03 10:00:00     30  300 B    9 B',
      '',
      'Source 2  two:/c\\xff /d',
      '#  TIME                 FILES   SIZE  ADDED',
      '2  2026-01-02 10:00:00     20  200 B    6 B',
      '',
    ].join('\n'),
  );
});

test('a document in the order of the snapshots, with the bytes of roots that are not text', async () => {
  expect(JSON.parse(await shown([], { isJson: true }))).toEqual({
    snapshots: [
      {
        ...{ number: 1, time: '2026-01-01T10:00:00.007+00:00', source: 1, host: 'one\x1b' },
        ...{ paths: ['/a', '/b'], tags: ['x', 'y\x1b'], files: 10, bytes: 100, bytes_stored: 3 },
      },
      {
        ...{ number: 2, time: '2026-01-02T10:00:00.007+00:00', source: 2, host: 'two' },
        paths: ['/c\\xff', '/d'],
        paths_base64: ['/c\xff', '/d'].map((root) =>
          Buffer.from(root, 'latin1').toString('base64'),
        ),
        ...{ tags: [], files: 20, bytes: 200, bytes_stored: 6 },
      },
      {
        ...{ number: 3, time: '2026-01-03T10:00:00.007+00:00', source: 1, host: 'one\x1b' },
        ...{ paths: ['/a', '/b'], tags: [], files: 30, bytes: 300, bytes_stored: 9 },
      },
    ],
  });
});

test('of one source where that is asked for', async () => {
  await shown([]);
  expect(listSnapshots).toHaveBeenLastCalledWith(STAND_IN, {});
  await shown(['--source', '2']);
  expect(listSnapshots).toHaveBeenLastCalledWith(STAND_IN, { source: { type: 'number', id: 2 } });
});

test('where there is none, how to take one; in a document, nothing', async () => {
  listSnapshots.mockResolvedValue([]);
  expect(await shown([])).toBe('No snapshots yet. Take the first one with `varve backup PATH`.\n');
  expect(JSON.parse(await shown([], { isJson: true }))).toEqual({ snapshots: [] });
});
