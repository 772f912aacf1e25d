/** What `varve repair` ends with: 4 for anything that was found, 0 only where nothing was. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PackKind, packFileName } from '../../../src/repo/packs/pack-store.js';
import { flipByte } from '../../support/damage.js';
import { createInProcess } from '../../support/in-process.js';
import { queryIndex } from '../../support/index-facts.js';
import { noise } from '../../support/seed.js';

const { run, json, path, write } = createInProcess();

beforeAll(async () => {
  await run(['-r', 'sound', 'init']);
  for (const state of [1, 2, 3]) {
    write({ 'tree/file': noise(5000, state), [`tree/${state}`]: noise(5000, 10 + state) });
    await run(['-r', 'sound', '-q', 'backup', 'tree']);
  }
});

beforeEach(() => {
  fs.rmSync(path('repo'), { recursive: true, force: true });
  fs.cpSync(path('sound'), path('repo'), { recursive: true });
});

interface Repaired {
  readonly lost: number;
  readonly damage: readonly object[];
}

const repair = (...args: string[]) => run(['-r', 'repo', 'repair', '--jobs', '1', ...args]);
const found = (...args: string[]) => json<Repaired>('-r', 'repo', 'repair', '--jobs', '1', ...args);

function packs(kind: PackKind): string[] {
  const rows = queryIndex<{ number: number }>(
    path('repo'),
    `SELECT number FROM pack WHERE kind = ${kind} ORDER BY number`,
  );
  return rows.map(({ number }) => join(path('repo/packs'), packFileName(number)));
}

/** Changes a byte in the end of a manifest. */
function spoilManifest(run: number): void {
  const { pack, start, head } = queryIndex<{ pack: number; start: number; head: number }>(
    path('repo'),
    'SELECT pack, start, head FROM frame WHERE kind = 4 ORDER BY start',
  )[run - 1]!;
  flipByte(join(path('repo/packs'), packFileName(pack)), start + head + 12);
}

const spoilContents = (): void => flipByte(packs(PackKind.blobs)[0] ?? '', 3000);
const removeContents = (): void => packs(PackKind.blobs).forEach((pack) => fs.rmSync(pack));

describe('what was found ends with 4', () => {
  test.each([
    ['a manifest, which loses no contents', () => spoilManifest(2), [], 0, 1],
    ['the first manifest', () => spoilManifest(1), [], 0, 1],
    ['a manifest, with a new index', () => spoilManifest(2), ['--rebuild-index'], 0, 1],
    ['contents', spoilContents, [], 1, 1],
    ['contents whose pack is gone', removeContents, [], 6, 1],
    ['contents that a new index finds nowhere', removeContents, ['--rebuild-index'], 6, 0],
  ])('%s', async (_, spoil, args, lost, findings) => {
    spoil();
    const tried = await found('-n', ...args);
    expect([tried.lost, tried.damage.length]).toEqual([lost, findings]);
    for (const how of [['-n'], ['-n', '-q'], ['-n', '--json'], []]) {
      expect(await repair(...how, ...args), how.join(' ')).toMatchObject({ code: 4 });
    }
  });
});

describe('the next repair', () => {
  test('ends with 0 where all that was found could be set aside', async () => {
    spoilManifest(2);
    const { stdout } = await repair();
    expect(stdout).toContain('Damaged manifests set aside: 1.\n');
    expect(stdout).toContain('Nothing is lost: 6 blobs in 3 snapshots.\n');
    expect(await repair()).toMatchObject({ code: 0, stderr: '' });
  });

  test('ends with 4 as long as something is lost, with 0 once it is stored again', async () => {
    write({ 'tree/file': noise(5000, 1) });
    spoilContents();
    const { stdout, stderr } = await repair();
    expect(stderr).toContain('varve: ');
    expect(stdout).toContain('Damaged blobs marked lost: 1.\n');
    expect(stdout).toContain('Lost: 1 of 6 blobs in 3 snapshots.\n');
    expect(await repair()).toMatchObject({ code: 4 });
    expect(await repair('-n')).toMatchObject({ code: 4 });
    await run(['-r', 'repo', '-q', 'backup', 'tree']);
    expect(await repair()).toMatchObject({ code: 0, stderr: '' });
  });
});

test.each([[[]], [['-n']], [['--rebuild-index']], [['-n', '--rebuild-index']]])(
  'a sound repository ends with 0: %j',
  async (args) => {
    expect(await found(...args)).toMatchObject({ snapshots: 3, blobs: 6, lost: 0, damage: [] });
    const { code, stdout, stderr } = await repair(...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('Nothing is lost: 6 blobs in 3 snapshots.\n');
    expect(await repair('-q', ...args)).toEqual({ code: 0, stdout: '', stderr: '' });
  },
);
