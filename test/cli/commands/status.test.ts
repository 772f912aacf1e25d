/** `varve status`, and pruning what is named, as their users type them. */
import { closeSync, openSync, readdirSync, rmSync, statSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { noise } from '../../support/seed.js';
import { createWorkspace } from '../../support/varve-command.js';

const { run, json, path, write, defaultRepository } = createWorkspace();

interface StatusDocument {
  readonly sources: readonly {
    readonly source: number;
    readonly last_snapshot: number;
    readonly age_ms: number;
    readonly issues: number;
    readonly damaged_paths: number;
    readonly overdue: boolean;
  }[];
  readonly verified: { oldest: string | null; newest: string | null; damage_found: string | null };
  readonly damaged: boolean;
  readonly lost_blobs: number;
  readonly free_bytes: number;
}

test('a repository without a snapshot is overdue, if that is asked', async () => {
  await run(['init']);
  expect(await run(['status'])).toMatchObject({ code: 0, stderr: '' });
  expect((await run(['status', '--max-age', '2D'])).code).toBe(6);
});

test('each source with its last backup and age; what is verified; free space', async () => {
  write({ 'one/a': noise(50_000, 3), 'two/b': 'b\n' });
  await run(['backup', '-q', 'one']);
  await run(['backup', '-q', 'two']);
  const { code, stdout } = await run(['status']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^SOURCE {2}LAST BACKUP +AGE {2}SNAPSHOTS {2}HOST:PATHS\n/);
  expect(stdout).toContain(`${hostname()}:${path('one')}\n`);
  expect(stdout).toMatch(/\nverified +never\ndamage +none known\nfree space +[\d.]+ \w+\n$/);
  await run(['verify', '-q']);
  expect((await run(['status'])).stdout).toMatch(/verified +all of it, \d{4}-\d\d-\d\d /);
  const status = await json<StatusDocument>('status', '--source', '2');
  expect(status).toMatchObject({
    sources: [{ source: 2, last_snapshot: 2, issues: 0, damaged_paths: 0, overdue: false }],
    damaged: false,
    lost_blobs: 0,
  });
  expect(status.free_bytes).toBeGreaterThan(0);
  expect(status.verified.oldest).not.toBeNull();
});

test.each([
  [['--max-age', '2D'], 0],
  [['--max-age', '0s'], 6],
  [['--max-age', '0s', '--source', '1'], 6],
  [['--max-age', 'soon'], 2],
  [['-q', '--max-age', '0s'], 6],
  [['--json', '--max-age', '0s'], 6],
])('status %j exits with %i', async (args, code) => {
  expect((await run(['status', ...args])).code).toBe(code);
});

describe('damage', () => {
  test('that a verification found is known, then what repair set aside, then nothing', async () => {
    const packs = join(defaultRepository, 'packs');
    const [largest = ''] = readdirSync(packs)
      .map((name) => join(packs, name))
      .sort((a, b) => statSync(b).size - statSync(a).size);
    const file = openSync(largest, 'r+');
    writeSync(file, Buffer.from('damage'), 0, 6, 20_000);
    closeSync(file);
    expect((await run(['status'])).code).toBe(0);
    expect((await run(['verify', '-q'])).code).toBe(4);
    const found = await run(['status', '--max-age', '0s']);
    expect(found.code).toBe(4);
    expect(found.stdout).toMatch(/damage +found by `varve verify`, /);
    await run(['repair', '-q']);
    const status = await json<StatusDocument>('status');
    expect(status).toMatchObject({ damaged: true, lost_blobs: 1 });
    expect(status.sources.map((one) => one.damaged_paths)).toEqual([1, 0]);
    await run(['backup', '-q', 'one']);
    await run(['verify', '-q']);
    expect(await json('status')).toMatchObject({ damaged: false, lost_blobs: 0 });
  });
});

describe('prune by name', () => {
  test('one snapshot, with -n first; the newest stays', async () => {
    const dry = await run(['prune', '-n', '1']);
    expect(dry.stdout).toMatch(/1 .* removed +as asked\n3 .* kept +not named\n/);
    expect((await run(['prune', '3'])).stderr).toContain('is the newest of source 1');
    expect((await run(['prune', '1'])).code).toBe(0);
    expect((await run(['ls', '--at', '1'])).stderr).toContain('There is no snapshot 1');
    expect((await run(['prune', '1'])).stderr).toContain('There is no snapshot 1 to remove.');
  });

  test('a source goes with --all only, and can be backed up again', async () => {
    const refused = await run(['prune', '2']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('Add --all to remove the source');
    expect(await json('prune', '--source', '2', '--all')).toMatchObject({ removed: [2], kept: [] });
    expect((await run(['snapshots'])).stdout).not.toContain(path('two'));
    rmSync(path('two/b'));
    write({ 'two/c': 'c\n' });
    await run(['backup', '-q', 'two']);
    expect((await run(['ls', 'two'])).stdout).toBe(`${path('two/c')}\n`);
    await run(['repair', '--rebuild-index', '-q']);
    expect((await run(['ls', 'two'])).stdout).toBe(`${path('two/c')}\n`);
    expect((await run(['verify', '-q'])).code).toBe(0);
  });

  test('a policy looks at the sources that are named alone', async () => {
    await run(['backup', '-q', '--host', 'elsewhere', 'one']);
    await run(['backup', '-q', '--host', 'elsewhere', 'one']);
    await run(['backup', '-q', 'one']);
    const document = await json<{ removed: number[]; kept: object[] }>(
      'prune',
      '--host',
      'elsewhere',
      '--keep-last',
      '1',
    );
    expect(document.removed).toHaveLength(1);
    expect(document.kept).toHaveLength(1);
  });

  test.each([
    [['--all'], 2, '--all requires snapshots, --source or --host.'],
    [['yesterday'], 2, '"yesterday" is not the number of a snapshot.'],
    [['5', '--keep-last', '1'], 2, 'A policy says what to keep'],
    [['--host', 'nowhere'], 1, 'No source is of the host nowhere.'],
    [['--source', '99'], 1, 'There is no source 99'],
  ])('%j is refused', async (args, code, message) => {
    const refused = await run(['prune', ...args]);
    expect(refused.code).toBe(code);
    expect(refused.stderr).toContain(message);
  });
});
