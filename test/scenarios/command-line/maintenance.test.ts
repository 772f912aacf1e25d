import { closeSync, cpSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { noise } from '../../support/seed.js';
import { createWorkspace } from '../../support/varve-command.js';

const { run, json, path, write, defaultRepository } = createWorkspace();
/** Does not compress, so that a byte changed in its pack is one of its own. */
const content = noise(40_000, 1);

beforeAll(async () => {
  write({ 'tree/a.txt': 'first\n', 'tree/noise': content });
  await run(['backup', '-q', 'tree']);
  write({ 'tree/a.txt': 'second, and longer\n' });
  await run(['backup', '-q', 'tree', '--tag', 'good']);
  write({ 'tree/a.txt': 'third\n' });
  await run(['backup', '-q', 'tree']);
});

describe('a healthy repository', () => {
  test('is verified', async () => {
    const { code, stdout, stderr } = await run(['verify']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /^No damage in 3 snapshots, \d+ versions: \d+ blobs, .* checked in 0:\d\d\n$/,
    );
    expect(await json('verify', '--quick')).toMatchObject({ ok: true, snapshots: 3, damage: [] });
    expect(await json('verify', '--sample', '5%')).toMatchObject({ ok: true, damage: [] });
  });

  test('is not changed by repair', async () => {
    const before = readdirSync(join(defaultRepository, 'packs'));
    const { code, stdout } = await run(['repair']);
    expect({ code, stdout }).toMatchObject({ code: 0 });
    expect(stdout).toMatch(/^Nothing is lost: \d+ blobs in 3 snapshots\.\n$/);
    expect(readdirSync(join(defaultRepository, 'packs'))).toEqual(before);
  });
});

describe('prune', () => {
  test('without a rule is refused', async () => {
    const { code, stderr } = await run(['prune']);
    expect(code).toBe(2);
    expect(stderr).toContain('varve: The policy has no rules, so it would keep nothing.');
  });

  test('in a dry run shows every snapshot with its rules', async () => {
    const { code, stdout } = await run(['prune', '-n', '--keep-last', '1', '--keep-tag', 'good']);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^# {2}TIME +SOURCE {2}WOULD BE {2}BECAUSE\n1 .* removed +no rule keeps it\n2 .* kept +tag good\n3 .* kept +last snapshot\n2 kept, 1 removed; .* would be freed\n$/,
    );
  });

  test('by the time of a snapshot, and to the byte that the dry run said', async () => {
    const planned = await json<{ bytes_freed: number }>('prune', '-n', '--older-than', '1B');
    const done = await json<{ bytes_freed: number }>('prune', '--older-than', '2');
    expect(done).toEqual({
      kept: [
        { number: 2, reasons: [expect.stringContaining('not older than') as string] },
        { number: 3, reasons: [expect.stringContaining('not older than') as string] },
      ],
      removed: [1],
      dropped_before_bit_rot: [],
      bytes_freed: planned.bytes_freed,
      duration_ms: expect.any(Number) as number,
    });
    expect(await json('snapshots')).toMatchObject({ snapshots: [{ number: 2 }, { number: 3 }] });
  });
});

describe('a damaged repository', () => {
  const damaged = ['--repo', path('damaged')];

  beforeAll(() => {
    cpSync(defaultRepository, path('damaged'), { recursive: true });
    // The first pack of blobs begins with the content of the first backup.
    const [pack = ''] = readdirSync(path('damaged/packs')).sort();
    const descriptor = openSync(path('damaged/packs', pack), 'r+');
    writeSync(descriptor, Buffer.from('damage'), 0, 6, 20_000);
    closeSync(descriptor);
  });

  test('is found by verify, with the paths that it hits', async () => {
    const { code, stdout, stderr } = await run([...damaged, 'verify']);
    expect(code).toBe(4);
    expect(stdout).toMatch(/^Damage: \d+ findings? in 2 snapshots/);
    expect(stderr).toMatch(/^varve: (BLOB_DAMAGED|FRAME_CORRUPT): /);
    expect(stderr).toContain(`  ${path('tree/noise')}\n`);
    const document = await json<{ damage: { paths: string[] }[] }>(...damaged, 'verify');
    expect(document).toMatchObject({ ok: false });
    expect(document.damage.flatMap(({ paths }) => paths)).toContain(path('tree/noise'));
  });

  test('stops cat', async () => {
    const { code, stdout, stderr } = await run([...damaged, 'cat', 'tree/noise']);
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(stderr).toMatch(/^varve: Blob [0-9a-f]{64} /);
  });

  test('gives back the files that are whole, and ends with 4', async () => {
    const { code, stderr } = await run([...damaged, 'restore', '--to', 'rescued']);
    expect(code).toBe(4);
    expect(stderr).toContain('noise');
    expect(readdirSync(path('rescued'))).toEqual(['a.txt']);
  });

  test('is set aside by repair', async () => {
    const { code, stderr } = await run([...damaged, 'repair', '-n']);
    expect(code).toBe(4);
    expect(stderr).toContain(path('tree/noise'));
  });
});

test('a missing index is rebuilt from the packs', async () => {
  const listed = await json('snapshots');
  for (const suffix of ['', '-wal', '-shm']) {
    rmSync(`${defaultRepository}/index.sqlite${suffix}`, { force: true });
  }
  const { code, stderr } = await run(['snapshots']);
  expect(code).toBe(4);
  expect(stderr).toContain('Run `varve repair --rebuild-index`');
  expect(await json('repair', '--rebuild-index')).toMatchObject({
    snapshots: 2,
    lost: 0,
    damage: [],
  });
  expect(await json('snapshots')).toMatchObject(listed as object);
});
