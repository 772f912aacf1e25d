/** A benchmark whose programs are played: what they are asked in which order, and what is left of it. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { benchmark, type BenchmarkRow } from '../../../../src/remote/copy/benchmark/benchmark.js';
import type { Program } from '../../../../src/platform/processes.js';
import { openPlatform } from '../../../../src/store.js';
import { scratchDirectory } from '../../../support/directory.js';

interface Story {
  lines: string[];
  programs: Program[];
  hasRsync: boolean;
  port: number;
  /** What of a program's words makes it fail. */
  fails: string | undefined;
}
const story = vi.hoisted((): Story => ({}) as Story);
vi.mock('../../../../src/remote/copy/benchmark/processes.js', () => {
  const serving = (name: string) => {
    const own = (story.port += 1);
    story.lines.push(`start ${name} ${own}`);
    return Promise.resolve({
      port: own,
      stop: () => {
        story.lines.push(`stop ${own}`);
        return Promise.resolve();
      },
    });
  };
  return {
    isInstalled: () => Promise.resolve(story.hasRsync),
    startRsync: (_: unknown, work: string, root: string) => serving(`rsync ${work !== '' && root}`),
    startServing: (program: (port: number) => Program) => {
      const made = program(story.port + 1);
      story.programs.push(made);
      return serving(made.args.filter((word) => /cache|serve/.test(word)).join(' '));
    },
    run: (program: Program) => {
      story.programs.push(program);
      const [first, ...words] = program.args;
      const line = `${program.command} ${[first, ...words].join(' ')}`;
      story.lines.push(line.replace(/.*\/node /, ''));
      if (story.fails !== undefined && line.includes(story.fails))
        return Promise.reject(new Error('it failed'));
      return Promise.resolve('{"bytes_sent":5,"bytes_received":70}');
    },
  };
});
vi.mock('../../../../src/remote/copy/benchmark/changes.js', () => ({
  zeroFront: (_: unknown, __: string, bytes: number) => story.lines.push(`zero ${bytes}`),
  scatterPages: (_: unknown, __: string, bytes: number) => story.lines.push(`scatter ${bytes}`),
  prependByte: () => story.lines.push('prepend'),
}));

beforeEach(() => {
  Object.assign(story, { lines: [], programs: [], hasRsync: false, port: 9000, fails: undefined });
});

function lab() {
  const directory = scratchDirectory();
  const temporaryDirectory = scratchDirectory();
  const path = (name: string): string => join(directory, name);
  writeFileSync(path('a b'), Buffer.alloc(1000));
  let nowMs = 0;
  const platform = {
    ...openPlatform(),
    temporaryDirectory,
    clock: { ...openPlatform().clock, nowMs: () => (nowMs += 10) },
  };
  const rows: BenchmarkRow[] = [];
  const start = (more: object = {}) =>
    benchmark(platform, {
      source: { type: 'local', path: path('a b') },
      token: 'secret',
      target: path('target'),
      count: 2,
      canOverwrite: false,
      varve: { command: 'varve', args: ['main'] },
      onRow: (row) => {
        rows.push(row);
        if (rows.length === 1) writeFileSync(path('target'), '');
        story.lines.push(`row ${row.name}`);
      },
      ...more,
    });
  return { path, rows, start, left: () => readdirSync(temporaryDirectory) };
}
const NAMES = [
  '50% zeroed',
  '100% zeroed',
  '1% of pages scattered',
  'one byte at the front',
  'unchanged',
  'unchanged, second run',
];

test('without rsync each case is changed and copied, in place but where a byte was inserted', async () => {
  const { path, rows, start, left } = lab();
  writeFileSync(path('target'), Buffer.alloc(1001));
  await start({ canOverwrite: true });
  const target = path('target');
  const [plain, cached] = [9001, 9002].map((port) => `http://127.0.0.1:${port}/a%20b`);
  const copy = (flags: string, from = plain): string =>
    `varve main copy --json ${flags}--no-cache ${from} ${target}`;
  const twice = `varve main copy --json --inplace ${cached} ${target}`;
  expect(story.lines).toEqual([
    'start serve --no-cache 9001',
    'start serve 9002',
    copy(''),
    ...['zero 500', copy('--inplace '), `row ${NAMES[0]}`],
    ...['zero 1001', copy('--inplace '), `row ${NAMES[1]}`],
    ...['scatter 1001', copy('--inplace '), `row ${NAMES[2]}`],
    ...['prepend', copy(''), `row ${NAMES[3]}`],
    ...[copy('--inplace '), `row ${NAMES[4]}`],
    ...[twice, twice, `row ${NAMES[5]}`],
    'stop 9001',
    'stop 9002',
  ]);
  expect(rows).toEqual(
    NAMES.map((name) => ({ name, dataBytes: 75, varveMs: 10, rsyncMs: undefined })),
  );
  expect(left()).toEqual([]);
});

test('with rsync each change is made once more for it', async () => {
  story.hasRsync = true;
  const { path, rows, start } = lab();
  await start({ count: 1 });
  const target = path('target');
  const from = 'rsync://127.0.0.1:9003/files/a b';
  expect(story.lines).toContain(`rsync --inplace --no-whole-file -I ${from} ${target}`);
  const inserted = story.lines.indexOf('prepend');
  expect(story.lines.slice(inserted, inserted + 4)).toEqual([
    'prepend',
    expect.stringContaining('varve main copy --json --no-cache'),
    'prepend',
    `rsync --no-whole-file -I ${from} ${target}`,
  ]);
  expect(rows.map(({ rsyncMs }) => rsyncMs)).toEqual([10, 10, 10, 10, 10]);
  expect(story.lines.slice(-3)).toEqual(['stop 9001', 'stop 9002', 'stop 9003']);
});

describe('the token is for the server that has the source', () => {
  const tokens = (): (string | undefined)[] => [
    ...new Set(story.programs.map(({ env }) => env?.['VARVE_TOKEN'])),
  ];

  test('if that is another', async () => {
    story.hasRsync = true;
    const { rows, start } = lab();
    await start({ source: { type: 'remote', url: new URL('http://host/x') } });
    expect(tokens()).toEqual(['secret']);
    expect(story.lines.some((line) => /start|rsync|stop/.test(line))).toBe(false);
    expect(story.lines.filter((line) => line.includes(' http://host/x '))).toHaveLength(8);
    expect(rows).toHaveLength(6);
    for (const { rsyncMs } of rows) expect(rsyncMs).toBeUndefined();
  });

  test('and there is none without it', async () => {
    await lab().start({
      source: { type: 'remote', url: new URL('http://host/x') },
      token: undefined,
    });
    expect(tokens()).toEqual(['']);
  });

  test('but not for those that are started here', async () => {
    await lab().start();
    expect(tokens()).toEqual(['']);
  });
});

test('what it keeps between runs lies in a directory of its own, which goes with it', async () => {
  const { start, left } = lab();
  const seen: unknown[] = [];
  await start({ onRow: () => seen.push(left()) });
  const caches = new Set(story.programs.map(({ env }) => env?.['XDG_CACHE_HOME']));
  expect(caches.size).toBe(1);
  expect(seen[0]).toEqual([expect.stringMatching(/^varve-benchmark-/)]);
  expect(left()).toEqual([]);
});

test('one that fails stops its servers, and leaves nothing behind', async () => {
  const { start, left } = lab();
  story.fails = '--inplace';
  await expect(start()).rejects.toThrow('it failed');
  expect(story.lines.slice(-2)).toEqual(['stop 9001', 'stop 9002']);
  expect(left()).toEqual([]);
});

test('nothing is begun for a target that is there, or a source that is not', async () => {
  const { path, start, left } = lab();
  writeFileSync(path('target'), 'x');
  await expect(start()).rejects.toMatchObject({ code: 'TARGET_UNUSABLE' });
  const source = { type: 'local', path: path('none') };
  await expect(start({ source, canOverwrite: true })).rejects.toMatchObject({
    code: 'PATH_NOT_FOUND',
    message: `${path('none')} does not exist.`,
  });
  expect([story.lines, left()]).toEqual([[], []]);
});
