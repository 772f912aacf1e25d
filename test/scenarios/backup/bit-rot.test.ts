import * as fs from 'node:fs';
import { expect, test } from 'vitest';
import { bytesFromText } from '../../../src/platform/bytes.js';
import { VersionFlag } from '../../../src/repo/model.js';
import { logicalIndex, queryIndex } from '../../support/index-facts.js';
import { createLab, SMALL_PIECES, type Lab } from '../../support/lab.js';
import { rottingFiles } from '../../support/rotting-files.js';
import { seededBytes } from '../../support/golden.js';
import { logPath } from '../../support/by-path.js';

/** A lab with one snapshot, whose files are not racy, and what makes them rot. */
async function createRottingLab(files: Readonly<Record<string, string | Uint8Array>>) {
  const lab = createLab({ chunking: SMALL_PIECES });
  const rotting = rottingFiles();
  lab.useFiles(rotting.files);
  for (const [name, content] of Object.entries(files)) lab.write(name, content);
  lab.runAhead();
  await lab.backup();
  return {
    lab,
    rot: (name: string, bytes: string | Uint8Array) => rotting.rot(lab.path(name), bytes),
  };
}

function flagsOf(lab: Lab): number[] {
  const rows = queryIndex<{ flags: number }>(
    lab.repository,
    'SELECT flags FROM version WHERE type = 1 ORDER BY path, first',
  );
  return rows.map(({ flags }) => flags);
}

test('bytes that changed while no time did are reported, kept apart and flagged', async () => {
  const { lab, rot } = await createRottingLab({ 'a.txt': 'good bytes', 'b.txt': 'others' });
  rot('a.txt', 'rott bytes');
  expect(await lab.backup()).toMatchObject({ filesChanged: 0, filesUnchanged: 2, issues: [] });

  const { filesChanged, filesUnchanged, issues } = await lab.backup({ readsAll: true });
  expect({ filesChanged, filesUnchanged }).toEqual({ filesChanged: 1, filesUnchanged: 1 });
  const path = lab.path('a.txt');
  expect(issues).toEqual([
    {
      path: bytesFromText(path),
      code: 'POSSIBLE_BIT_ROT',
      message:
        `${path} has changed since it was saved although its size and times have not: ` +
        'possible bit rot. `varve log` shows the snapshots that hold its earlier contents.',
    },
  ]);
  expect((await lab.treeAt(2)).get('a.txt')?.content).toBe('good bytes');
  expect((await lab.treeAt(3)).get('a.txt')?.content).toBe('rott bytes');
  expect(flagsOf(lab)).toEqual([0, VersionFlag.suspect, 0]);
  await lab.expectSound();
});

test('a large file of which one piece rots is told as well', async () => {
  const image = seededBytes('image', 40_000);
  const { lab, rot } = await createRottingLab({ image });
  rot('image', image.fill(0, 20_000, 20_003));
  const { issues } = await lab.backup({ readsAll: true });
  expect(issues).toMatchObject([{ code: 'POSSIBLE_BIT_ROT' }]);
});

test('it is reported once, and the flag stays with the bytes', async () => {
  const { lab, rot } = await createRottingLab({ 'a.txt': 'good bytes' });
  rot('a.txt', 'rott bytes');
  await lab.backup({ readsAll: true });
  expect((await lab.backup({ readsAll: true })).issues).toEqual([]);
  fs.chmodSync(lab.path('a.txt'), 0o700);
  await lab.backup();
  const versions = await logPath(lab.repository, lab.platform, { path: lab.path('a.txt') });
  expect(versions.versions.map(({ version }) => version.flags & VersionFlag.suspect)).toEqual([
    0,
    VersionFlag.suspect,
    VersionFlag.suspect,
  ]);
});

test('a file whose last version was racy or unstable is not called rotten', async () => {
  const lab = createLab();
  const rotting = rottingFiles();
  lab.useFiles(rotting.files);
  lab.write('a.txt', 'first');
  await lab.backup();
  expect(flagsOf(lab)).toEqual([VersionFlag.racy]);
  rotting.rot(lab.path('a.txt'), 'later');
  expect((await lab.backup({ readsAll: true })).issues).toEqual([]);
});

test('a file that was written is not called rotten, whatever its mtime says', async () => {
  const { lab } = await createRottingLab({ 'a.txt': 'good bytes' });
  const path = lab.path('a.txt');
  const { atime, mtime } = fs.statSync(path);
  fs.writeFileSync(path, 'rott bytes');
  fs.utimesSync(path, atime, mtime);
  const { filesChanged, issues } = await lab.backup({ readsAll: true });
  expect({ filesChanged, issues }).toEqual({ filesChanged: 1, issues: [] });
});

test('a share comes round to every file in one over the share of the runs', async () => {
  const names = Array.from({ length: 40 }, (_, number) => `${number}.txt`);
  const { lab, rot } = await createRottingLab(
    Object.fromEntries(names.map((name) => [name, `good ${name}`])),
  );
  names.forEach((name) => rot(name, `rott ${name}`));
  const found: number[] = [];
  for (let run = 0; run < 4; run += 1) {
    found.push((await lab.backup({ rereadShare: 0.25 })).issues.length);
  }
  expect(found.reduce((sum, count) => sum + count, 0)).toBe(40);
  expect(Math.max(...found)).toBeLessThanOrEqual(14);
});

test('a rebuilt index still knows the suspects', async () => {
  const { lab, rot } = await createRottingLab({ 'a.txt': 'good bytes' });
  rot('a.txt', 'rott bytes');
  await lab.backup({ readsAll: true });
  await lab.backup({ readsAll: true });
  const before = logicalIndex(lab.repository);
  fs.rmSync(lab.indexPath);
  await lab.rebuild();
  expect(logicalIndex(lab.repository)).toEqual(before);
  expect(flagsOf(lab)).toEqual([0, VersionFlag.suspect]);
});

test('all names of a file come to their turn together, and get the same bytes', async () => {
  const lab = createLab();
  const rotting = rottingFiles();
  lab.useFiles(rotting.files);
  for (let number = 0; number < 10; number += 1) {
    lab.write(`${number}.txt`, `good ${number}`);
    fs.linkSync(lab.path(`${number}.txt`), lab.path(`${number}.link`));
  }
  lab.runAhead();
  await lab.backup();
  for (let number = 0; number < 10; number += 1) {
    rotting.rot(lab.path(`${number}.txt`), `rott ${number}`);
  }
  for (let run = 0; run < 4; run += 1) {
    const { snapshot } = await lab.backup({ rereadShare: 0.25 });
    const tree = await lab.treeAt(snapshot!);
    for (let number = 0; number < 10; number += 1) {
      const { content } = tree.get(`${number}.txt`)!;
      expect(tree.get(`${number}.link`)!.content).toBe(content);
      if (run === 3) expect(content).toBe(`rott ${number}`);
    }
  }
});
