/** What `varve log` shows of each version, and what it says beside the table. */
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { logCommand } from '../../../src/cli/commands/log.js';
import type { PathLog } from '../../../src/store.js';
import { runCommand, STAND_IN, type RunSettings } from '../../support/command-run.js';

const { logPath } = vi.hoisted(() => ({
  logPath: vi.fn<(...args: unknown[]) => Promise<PathLog>>(),
}));
vi.mock('../../../src/store.js', async (load) => ({ ...(await load<object>()), logPath }));
vi.stubEnv('TZ', 'UTC');

const day = (number: number): number => Date.parse(`2026-01-0${number}T10:00:00Z`);
const source = { id: 4, host: 'h', roots: ['/r'] };

function version(first: number, last: number, more: object = {}, metadata: object = {}): object {
  return {
    ...{ firstSnapshot: first, firstMs: day(first), lastSnapshot: last, lastMs: day(last) },
    hash: Buffer.alloc(32, first),
    ...{ stored: 'full', chainLength: 0 },
    ...more,
    version: {
      ...{ type: 1, flags: 0, sizeBytes: 1000 + first },
      mtime: { seconds: 1_000_000_000 + first, nanoseconds: 5 },
      ...metadata,
    },
  };
}

const logOf = (versions: readonly object[], more: object = {}): PathLog =>
  ({
    ...{ path: '/r/x\xff', source, isEvident: true, others: [], latestSnapshot: 6, versions },
    ...more,
  }) as unknown as PathLog;

const VERSIONS = [
  version(1, 2, { stored: 'delta', chainLength: 3 }),
  version(3, 3, {}, { btime: { seconds: 1, nanoseconds: 2 } }),
  version(4, 6, { stored: 'none', hash: undefined, chainLength: 0 }, { type: 3, flags: 7 }),
];

beforeEach(() => void logPath.mockReset().mockResolvedValue(logOf(VERSIONS)));

const run = (args: readonly string[] = [], settings?: RunSettings) =>
  runCommand('log', logCommand, ['x', ...args], settings);

test('it is asked for the path, and the source where one is named', async () => {
  expect((await run()).opened).toEqual(['read']);
  expect(logPath).toHaveBeenLastCalledWith(STAND_IN, { path: 'x' });
  await run(['--source', '4', '--last-seen']);
  const named = { path: 'x', source: { type: 'number', id: 4 } };
  expect(logPath).toHaveBeenLastCalledWith(STAND_IN, named);
});

describe('the table', () => {
  const hash = (byte: number): string => Buffer.alloc(6, byte).toString('hex');

  test('has a row for each version, oldest first', async () => {
    expect(await run()).toMatchObject({
      code: 0,
      said: [],
      stdout: [
        '/r/x\\xff',
        'SNAPSHOTS  TAKEN                     TYPE       SIZE  MODIFIED             STORED    HASH',
        `      1-2  2026-01-01 to 2026-01-02  file     1001 B  2001-09-09 01:46:41  delta, 3  ${hash(1)}`,
        `        3  2026-01-03                file     1003 B  2001-09-09 01:46:43  full      ${hash(3)}`,
        '      4-6  2026-01-04 to 2026-01-06  symlink  1004 B  2001-09-09 01:46:44',
        '',
      ].join('\n'),
    });
  });

  test('of the newest alone, where that is asked for', async () => {
    const { stdout, said } = await run(['--last-seen']);
    expect(stdout.split('\n').slice(2)).toEqual([
      '      4-6  2026-01-04 to 2026-01-06  symlink  1004 B  2001-09-09 01:46:44',
      '',
    ]);
    expect(said).toEqual([]);
  });

  test('marks possible bit rot, and has a column for it only then', async () => {
    logPath.mockResolvedValue(logOf([version(1, 2), version(3, 6, {}, { flags: 8 })]));
    const [, head = '', before = '', after = ''] = (await run()).stdout.split('\n');
    expect(head).toMatch(/HASH {10}NOTE$/);
    expect(before).toMatch(new RegExp(`${hash(1)}$`));
    expect(after).toMatch(new RegExp(`${hash(3)} {2}possible bit rot$`));
    expect((await run([], { isJson: true })).stdout).toContain('"possible_bit_rot":true');
    // The other flags say nothing of it.
    logPath.mockResolvedValue(logOf([version(1, 6, {}, { flags: 7 })]));
    expect((await run()).stdout).not.toContain('NOTE');
  });
});

test('the document has every field of every version', async () => {
  const { stdout, said } = await run([], { isJson: true });
  expect(said).toEqual([]);
  const span = (first: number, last: number): object => ({
    first_snapshot: first,
    first_time: `2026-01-0${first}T10:00:00.000+00:00`,
    last_snapshot: last,
    last_time: `2026-01-0${last}T10:00:00.000+00:00`,
    size: 1000 + first,
    mtime: `2001-09-09T01:46:4${first}.000000005+00:00`,
    btime: null,
    possible_bit_rot: false,
  });
  const bytes = (byte: number): string => Buffer.alloc(32, byte).toString('hex');
  expect(JSON.parse(stdout)).toEqual({
    path: '/r/x\\xff',
    path_base64: Buffer.from('/r/x\xff', 'latin1').toString('base64'),
    source: 4,
    versions: [
      { ...span(1, 2), type: 'file', hash: bytes(1), stored: 'delta', chain_length: 3 },
      {
        ...{ ...span(3, 3), type: 'file', hash: bytes(3), stored: 'full', chain_length: 0 },
        btime: '1970-01-01T00:00:01.000000002+00:00',
      },
      { ...span(4, 6), type: 'symlink', hash: null, stored: 'none', chain_length: 0 },
    ],
  });
  const newest = await run(['--last-seen'], { isJson: true });
  expect(JSON.parse(newest.stdout)).toMatchObject({ versions: [{ first_snapshot: 4 }] });
});

describe('beside the table', () => {
  const saidOf = async (more: object, versions = VERSIONS): Promise<readonly string[]> => {
    logPath.mockResolvedValue(logOf(versions, more));
    const { said } = await run([], { isJson: true });
    expect(said).toEqual([]);
    return (await run()).said;
  };

  test('it is said where it comes from, and which other sources have it', async () => {
    const others = [7, 9].map((id) => ({ ...source, id }));
    expect(await saidOf({ isEvident: false, others })).toEqual([
      'notice: From source 4, h:/r.',
      'notice: Source 7 has it, too: --source 7.',
      'notice: Source 9 has it, too: --source 9.',
    ]);
  });

  test('it is said that it is gone, and when it was last there', async () => {
    expect(await saidOf({ latestSnapshot: 8 })).toEqual([
      'notice: It is not in snapshot 8; it was last in snapshot 6, of 2026-01-06. ' +
        'Get it with `varve restore PATH --last-seen --to DIR`.',
    ]);
    expect(await saidOf({ latestSnapshot: 6 })).toEqual([]);
  });
});
