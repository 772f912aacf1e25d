/** Damage is said once, with its place and its cost; after a repair and a backup there is none. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createLab, type Lab } from '../../support/lab.js';
import { noise } from '../../support/seed.js';
import { readTree } from '../../support/tree.js';

/** Three snapshots, of which each has what the one before had, and the source still has it all. */
async function prepare(): Promise<Lab> {
  const lab = createLab({ lanes: 1 });
  for (const number of [1, 2, 3]) {
    lab.write(`file${number}`, noise(20_000, number));
    await lab.backup();
  }
  lab.runAhead();
  return lab;
}

const BLOBS = '00000001.pack';

function manifestPack({ packs }: Lab): string {
  return fs.readdirSync(packs).find((name) => name !== BLOBS)!;
}

function flip(path: string, offset: number): void {
  const bytes = fs.readFileSync(path);
  bytes[offset] = bytes[offset]! ^ 0x55;
  fs.writeFileSync(path, bytes);
}

const cut = (name: (lab: Lab) => string, share: number) => (lab: Lab) => {
  const path = join(lab.packs, name(lab));
  fs.truncateSync(path, Math.floor(fs.statSync(path).size * share));
};

const DAMAGES: Record<string, (lab: Lab) => void> = {
  'a pack of blobs that is cut off in its midst': cut(() => BLOBS, 0.5),
  'a pack of blobs that is cut off near its end': cut(() => BLOBS, 0.999),
  'a pack of blobs that is empty': cut(() => BLOBS, 0),
  'a pack of manifests that is cut off in its midst': cut(manifestPack, 0.6),
  'a pack of manifests that is cut off in its header': cut(manifestPack, 0.005),
  'a pack of blobs that is missing': ({ packs }) => fs.rmSync(join(packs, BLOBS)),
  'a pack of manifests that is missing': (lab) => fs.rmSync(join(lab.packs, manifestPack(lab))),
  'a pack of blobs of another repository': ({ packs }) => flip(join(packs, BLOBS), 20),
  'a damaged blob': ({ packs }) => flip(join(packs, BLOBS), 25_000),
  'a damaged manifest': (lab) => flip(join(lab.packs, manifestPack(lab)), 200),
};

describe.each(Object.entries(DAMAGES))('%s', (_, damage) => {
  test('is found alike by verify and repair -n, and is gone after repair and a backup', async () => {
    const lab = await prepare();
    damage(lab);
    const found = await lab.verify();
    expect(found.ok).toBe(false);
    for (const { pack, offset } of found.damage) {
      expect([typeof pack, typeof offset]).toEqual(['number', 'number']);
    }
    const planned = await lab.repair({ isDryRun: true });
    expect(planned.damage).toEqual(found.damage);
    expect(planned.lost).toBe(found.damagedBlobs.length);
    expect((await lab.verify()).damage).toEqual(found.damage);
    const done = await lab.repair();
    expect(done.damage).toEqual(found.damage);
    expect(done.actions.map((text) => text.replace(/(marked|set)/, 'to be $1'))).toEqual(
      planned.actions,
    );
    await lab.backup();
    await lab.expectSound();
    const { actions, lost } = await lab.repair();
    expect({ actions, lost }).toEqual({ actions: [], lost: 0 });
    expect(await lab.treeAt(4)).toEqual(readTree(lab.source));
    await lab.prune({ keepLast: 1 });
    await lab.expectSound();
  });
});

test('the paths and snapshots that damage costs are those that have the bytes', async () => {
  const lab = await prepare();
  lab.remove('file2');
  await lab.backup();
  cut(() => BLOBS, 0)(lab);
  const { damage } = await lab.verify();
  expect(damage[0]).toMatchObject({ code: 'PACK_CORRUPT', pack: 1, snapshots: [1, 2, 3, 4] });
  expect([...damage[0]!.paths].sort()).toEqual(
    [1, 2, 3].map((number) => lab.bytes(`file${number}`)),
  );
});

test('packs that are all away are rather on a disk that is not mounted', async () => {
  const lab = await prepare();
  const away = `${lab.packs}-away`;
  fs.renameSync(lab.packs, away);
  fs.mkdirSync(lab.packs);
  await lab.repair();
  fs.rmSync(lab.packs, { recursive: true });
  fs.renameSync(away, lab.packs);
  await lab.backup();
  await lab.expectSound();
});

test.each([false, true])(
  'a pack of one manifest that is back after a repair is never cut; backup in between: %j',
  async (isBackedUp) => {
    const lab = createLab({ lanes: 1 });
    lab.write('file', noise(20_000, 1));
    await lab.backup();
    const path = join(lab.packs, manifestPack(lab));
    const bytes = fs.readFileSync(path);
    fs.rmSync(path);
    await lab.repair();
    lab.write('more', noise(5000, 2));
    if (isBackedUp) await lab.backup();
    fs.writeFileSync(path, bytes);
    await expect(lab.backup()).rejects.toMatchObject({
      code: 'INDEX_CORRUPT',
      hint: 'Run `varve repair --rebuild-index` to rebuild it from the packs.',
    });
    expect(fs.readFileSync(path)).toEqual(bytes);
    await lab.rebuild();
    await lab.backup();
    await lab.expectSound();
    expect(fs.readFileSync(path).subarray(0, bytes.length)).toEqual(bytes);
  },
);
