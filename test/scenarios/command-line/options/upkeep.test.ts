/** From each option of the commands that keep a repository in order to what it does, and their exits. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeAll, describe, expect, test } from 'vitest';
import { initRepository } from '../../../../src/repo/repository/init.js';
import { openPlatform } from '../../../../src/platform/platform.js';
import { backup } from '../../../support/by-path.js';
import { createInProcess, threadsOf } from '../../../support/in-process.js';
import { coverOptions, coverRefusals } from '../../../support/option-table.js';
import { noise } from '../../../support/seed.js';

const { run, json, path, write } = createInProcess();

interface Pruned {
  readonly kept: readonly { readonly number: number; readonly reasons: readonly string[] }[];
  readonly removed: readonly number[];
}

/** When the snapshots of `dated` were taken; the first three are an hour apart. */
const TIMES = [
  '2024-03-01T10:05:00Z',
  '2024-03-01T11:05:00Z',
  '2024-03-01T12:05:00Z',
  '2025-01-06T12:00:00Z',
  '2025-01-07T12:00:00Z',
  '2025-02-01T12:00:00Z',
].map((text) => Date.parse(text));

beforeAll(async () => {
  await makeDated();
  write({ 'tree/a': noise(400_000, 1) });
  await run(['-r', 'sound', 'init']);
  await run(['-r', 'sound', 'backup', 'tree']);
  for (let byte = 1; byte < 6; byte += 1)
    write({ [`large-tree/${byte}`]: Buffer.alloc(9e6, byte) });
  await run(['-r', 'large', 'init']);
  await run(['-r', 'large', 'backup', 'large-tree']);
  for (let seed = 2; seed < 5; seed += 1) {
    write({ [`tree/${seed}`]: noise(1_000_000, seed) });
    await run(['-r', 'sound', 'backup', 'tree']);
  }
});

/**
 * `dated`: source 1 of host `one` has the snapshots 1 to 6, tagged `t1`, `even` and so on; source 2 of
 * host `two` has the snapshots 7 and 8, a day apart.
 */
async function makeDated(): Promise<void> {
  write({ 'dated-tree/file': 'x' });
  const machine = openPlatform();
  initRepository(path('dated'), machine);
  const takeAt = (timeMs: number, host: string, tags: readonly string[]) =>
    backup(
      path('dated'),
      { ...machine, clock: { nowMs: () => timeMs } },
      {
        paths: [path('dated-tree')],
        host,
        tags,
        jobs: 1,
      },
    );
  for (const [i, timeMs] of TIMES.entries()) {
    await takeAt(timeMs, 'one', [`t${i + 1}`, i % 2 === 0 ? 'odd' : 'even']);
  }
  await takeAt(Date.parse('2025-03-01T00:00:00Z'), 'two', []);
  await takeAt(Date.parse('2025-03-02T00:00:00Z'), 'two', []);
}

/** What a dry run with these options would remove of `dated`. */
const removedBy = async (...args: string[]): Promise<readonly number[]> =>
  (await json<Pruned>('-r', 'dated', 'prune', '-n', ...args)).removed;
const ofOne = (...args: string[]): Promise<readonly number[]> =>
  removedBy('--source', '1', ...args);

coverOptions('prune', {
  async '--keep-last'() {
    expect(await ofOne('--keep-last', '2')).toEqual([1, 2, 3, 4]);
    expect(await ofOne('--keep-last', 'unlimited')).toEqual([]);
  },
  async '--keep-hourly'() {
    expect(await ofOne('--keep-hourly', '5')).toEqual([1]);
  },
  async '--keep-daily'() {
    expect(await ofOne('--keep-daily', '4')).toEqual([1, 2]);
    expect(await ofOne('--keep-daily', '3')).toEqual([1, 2, 3]);
  },
  async '--keep-weekly'() {
    expect(await ofOne('--keep-weekly', '2')).toEqual([1, 2, 3, 4]);
  },
  async '--keep-monthly'() {
    expect(await ofOne('--keep-monthly', '3')).toEqual([1, 2, 4]);
  },
  async '--keep-yearly'() {
    expect(await ofOne('--keep-yearly', '2')).toEqual([1, 2, 4, 5]);
  },
  async '--keep-within'() {
    expect(await ofOne('--keep-within', '26D')).toEqual([1, 2, 3, 4]);
  },
  async '--keep-tag'() {
    expect(await ofOne('--keep-tag', 'odd')).toEqual([2, 4]);
    expect(await ofOne('--keep-tag', 'odd,t1')).toEqual([2, 3, 4, 5]);
    expect(await ofOne('--keep-tag', 't1', '--keep-tag', 't2')).toEqual([3, 4, 5]);
  },
  async '--older-than'() {
    expect(await ofOne('--older-than', '2025-01-07T12:00:00Z')).toEqual([1, 2, 3, 4]);
    expect(await ofOne('--older-than', '3')).toEqual([1, 2]);
    // It would be another time for each source.
    for (const time of ['latest', '1B']) {
      const several = await run(['-r', 'dated', 'prune', '-n', '--older-than', time]);
      expect(several).toMatchObject({ code: 2, stdout: '' });
      expect(several.stderr).toContain('means a different time for each source');
      const one = await json<Pruned>('-r', 'sound', 'prune', '-n', '--older-than', time);
      expect(one.removed).toEqual(time === 'latest' ? [1, 2, 3] : [1, 2]);
    }
  },
  async '--drop-before-bit-rot'() {
    const rotten = await makeRotten();
    const prune = ['-r', rotten, 'prune', '-n', '--keep-last', '1'];
    expect(await json(...prune)).toMatchObject({ removed: [], dropped_before_bit_rot: [] });
    expect(await json(...prune, '--drop-before-bit-rot')).toMatchObject({
      removed: [1],
      dropped_before_bit_rot: [{ snapshot: 1 }],
    });
    const told = await run([...prune, '--drop-before-bit-rot']);
    expect(told.stderr).toContain('Snapshot 1 is the last to hold');
  },
  async '--host'() {
    expect(await removedBy('--host', 'two', '--keep-last', '1')).toEqual([7]);
    expect(await removedBy('--host', 'one', '--keep-last', '5')).toEqual([1]);
  },
  async '--all'() {
    expect(await removedBy('--source', '2', '--all')).toEqual([7, 8]);
    expect(await removedBy('--host', 'one', '--all')).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await removedBy('7', '8', '--all')).toEqual([7, 8]);
  },
  async '--source'() {
    expect(await removedBy('--source', '2', '--keep-last', '1')).toEqual([7]);
    expect(await removedBy('--source', `one:${path('dated-tree')}`, '--keep-last', '5')).toEqual([
      1,
    ]);
  },
  async '--dry-run'() {
    const before = await json('-r', 'dated', 'snapshots');
    for (const option of ['-n', '--dry-run']) {
      const prune = ['-r', 'dated', 'prune', '--keep-last', '1', option];
      expect(await json(...prune)).toMatchObject({ removed: [1, 2, 3, 4, 5, 7] });
      expect((await run(prune)).stdout).toContain('would be freed');
    }
    expect(await json('-r', 'dated', 'snapshots')).toEqual(before);
    fs.cpSync(path('dated'), path('pruned'), { recursive: true });
    expect(await json('-r', 'pruned', 'prune', '2', '4')).toMatchObject({ removed: [2, 4] });
    const { snapshots } = await json<{ snapshots: object[] }>('-r', 'pruned', 'snapshots');
    expect(snapshots).toHaveLength(6);
  },
});

/** A repository whose second snapshot has other bytes at the same size and times. */
async function makeRotten(): Promise<string> {
  write({ 'rotten-tree/file': 'sound' });
  await run(['-r', 'rotten', 'init']);
  await run(['-r', 'rotten', 'backup', 'rotten-tree']);
  const file = path('rotten-tree/file');
  const { atime, mtime } = fs.statSync(file);
  const db = new Database(path('rotten/index.sqlite'));
  write({ 'rotten-tree/file': 'sOund' });
  fs.utimesSync(file, atime, mtime);
  const { mtimeNs, ctimeNs } = fs.statSync(file, { bigint: true });
  const second = 1_000_000_000n;
  db.prepare(
    'UPDATE version SET flags = 0, mtime_s = ?, mtime_ns = ?, ctime_s = ?, ctime_ns = ? WHERE type = 1',
  ).run(mtimeNs / second, mtimeNs % second, ctimeNs / second, ctimeNs % second);
  db.close();
  await run(['-r', 'rotten', 'backup', 'rotten-tree', '--read-all']);
  return 'rotten';
}

coverOptions('init', {
  async '--make-parents'() {
    expect(await run(['-r', 'above/repo', 'init'])).toMatchObject({ code: 1, stdout: '' });
    expect(fs.existsSync(path('above'))).toBe(false);
    expect(await run(['-r', 'above/repo', 'init', '--make-parents'])).toMatchObject({ code: 0 });
    expect(fs.existsSync(path('above/repo/varve.json'))).toBe(true);
  },
});

interface Verified {
  readonly blobs: number;
  readonly bytes: number;
}

coverOptions('verify', {
  async '--quick'() {
    const all = await json<Verified>('-r', 'sound', 'verify');
    expect(all.bytes).toBe(3_400_000);
    expect(await json('-r', 'sound', 'verify', '--quick')).toMatchObject({ ok: true, bytes: 0 });
  },
  async '--sample'() {
    const part = await json<Verified>('-r', 'sound', 'verify', '--sample', '1%');
    expect(part.bytes).toBeGreaterThan(0);
    expect(part.bytes).toBeLessThan(3_400_000);
  },
  async '--jobs'() {
    for (const jobs of ['1', '3']) {
      const verify = ['-r', 'large', 'verify', '--jobs', jobs];
      expect(await threadsOf(() => run(verify))).toBe(Number(jobs));
    }
  },
});

/** A copy of `sound` whose first pack has a byte changed. */
function damagedCopy(name: string): string {
  fs.cpSync(path('sound'), path(name), { recursive: true });
  const [pack = ''] = fs.readdirSync(path(name, 'packs')).sort();
  const file = path(name, 'packs', pack);
  const bytes = fs.readFileSync(file);
  bytes[200_000]! ^= 1;
  fs.writeFileSync(file, bytes);
  return name;
}

coverOptions('repair', {
  async '--rebuild-index'() {
    fs.cpSync(path('sound'), path('indexless'), { recursive: true });
    for (const name of fs.readdirSync(path('indexless'))) {
      if (name.startsWith('index.sqlite')) fs.rmSync(join(path('indexless'), name));
    }
    expect(await run(['-r', 'indexless', 'repair'])).toMatchObject({ code: 4 });
    expect(await run(['-r', 'indexless', 'repair', '--rebuild-index'])).toMatchObject({ code: 0 });
    expect(await json('-r', 'indexless', 'snapshots')).toEqual(
      await json('-r', 'sound', 'snapshots'),
    );
  },
  async '--dry-run'() {
    const repair = ['-r', damagedCopy('unrepaired'), 'repair'];
    for (const option of ['-n', '--dry-run']) {
      expect(await run([...repair, option])).toMatchObject({ code: 4 });
      expect(await run(['-r', 'unrepaired', 'cat', path('tree/a')])).toMatchObject({ code: 4 });
      expect(await json('-r', 'unrepaired', 'status')).toMatchObject({ lost_blobs: 0 });
    }
    expect(await run(repair)).toMatchObject({ code: 4 });
    expect(await json('-r', 'unrepaired', 'status')).toMatchObject({ lost_blobs: 1 });
  },
  async '--jobs'() {
    for (const jobs of ['1', '3']) {
      const repair = ['-r', 'large', 'repair', '-n', '--jobs', jobs];
      expect(await threadsOf(() => run(repair))).toBe(Number(jobs));
    }
  },
});

describe('what is refused', () => {
  const prune = (...args: string[]): string[] => ['-r', 'dated', 'prune', ...args];
  coverRefusals(run, [
    [prune(), 2, 'The policy has no rules'],
    [prune('--all'), 2, '--all requires snapshots, --source or --host.'],
    [prune('--all', '--keep-last', '1'), 2, '--all requires'],
    [prune('1x'), 2, '"1x" is not the number of a snapshot.'],
    [prune('99'), 1, '99'],
    [prune('8', '7'), 1, '--all'],
    [prune('--host', 'three', '--keep-last', '1'), 1, 'three'],
    [prune('--source', '9', '--keep-last', '1'), 1, '9'],
    [prune('--source', 'x', '--keep-last', '1'), 2, '--source'],
    ...['last', 'hourly', 'daily', 'weekly', 'monthly', 'yearly'].map(
      (period) => [prune(`--keep-${period}`, 'x'), 2, `--keep-${period}: `] as const,
    ),
    [prune('--keep-within', 'long'), 2, '--keep-within: '],
    [prune('--keep-tag', 'a,,b'), 2, '--keep-tag: '],
    [prune('--keep-tag', '\udcff'), 2, '--keep-tag: '],
    [prune('--older-than', 'someday'), 2, '--older-than: '],
    [['-r', 'sound', 'verify', '--quick', '--sample', '5%'], 2, '--quick reads no contents'],
    [['-r', 'sound', 'verify', '--sample', 'some'], 2, '--sample: '],
    [['-r', 'sound', 'verify', '--jobs', 'all'], 2, '--jobs: '],
    [['-r', 'sound', 'repair', '--jobs', 'all'], 2, '--jobs: '],
    [['-r', 'sound', 'init'], 1, 'sound is a repository already'],
    [['-r', 'host:repo', 'init'], 2, 'Remote repositories are not supported'],
  ]);
});

describe('exits', () => {
  test('what is damaged: 4, once it is verified and as long as it is known', async () => {
    const damaged = damagedCopy('damaged');
    expect(await run(['-r', damaged, 'status'])).toMatchObject({ code: 0 });
    expect(await run(['-r', damaged, 'verify', '--quick'])).toMatchObject({ code: 0 });
    expect(await run(['-r', damaged, 'verify'])).toMatchObject({ code: 4 });
    expect(await run(['-r', damaged, 'status', '--max-age', '0s'])).toMatchObject({ code: 4 });
    expect(await run(['-r', damaged, 'repair'])).toMatchObject({ code: 4 });
    expect(await run(['-r', damaged, 'verify'])).toMatchObject({ code: 4 });
    expect(await run(['-r', damaged, 'status'])).toMatchObject({ code: 4 });
    expect(await run(['-r', damaged, 'backup', 'tree', '--read-all'])).toMatchObject({ code: 0 });
    expect(await run(['-r', damaged, 'verify'])).toMatchObject({ code: 0 });
    expect(await run(['-r', damaged, 'status'])).toMatchObject({ code: 0 });
  });

  test('no source at all is overdue, but only for who asks: 6', async () => {
    await run(['-r', 'bare', 'init']);
    expect(await run(['-r', 'bare', 'status'])).toMatchObject({ code: 0 });
    expect(await run(['-r', 'bare', 'status', '--max-age', '1D'])).toMatchObject({ code: 6 });
  });

  test.each([['verify'], ['repair'], ['prune', '--keep-last', '1']])(
    'an interrupt of %s: 130, and nothing is done',
    async (...args) => {
      const before = await json('-r', 'dated', 'snapshots');
      const done = await run(['-r', 'dated', ...args], { signal: AbortSignal.abort() });
      expect(done).toMatchObject({ code: 130, stdout: '' });
      expect(await json('-r', 'dated', 'snapshots')).toEqual(before);
    },
  );
});
