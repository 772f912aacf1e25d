import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { deadFrom, faultyFiles, systemError, type Call } from '../../support/faulty-files.js';
import { expectInvariants, queryIndex, unknownPackFiles } from '../../support/index-facts.js';
import { createLab, SMALL_PIECES, type Lab } from '../../support/lab.js';
import { noise, prose } from '../../support/seed.js';
import { readTree, type Tree } from '../../support/tree.js';

/** The first state of the source, and one in which every file but one is different. */
function writeState(lab: Lab, state: number): void {
  lab.write('notes.txt', prose(40 + state, 1));
  lab.write('unchanged.txt', prose(30, 2));
  lab.write('image.bin', Buffer.concat([noise(300 * state, 90 + state), noise(20_000, 3)]));
  lab.write(`only-${state}.txt`, prose(20, 10 + state));
  if (state > 1) lab.remove(`only-${state - 1}.txt`);
}

/** A repository with two snapshots and a source that has moved on. */
async function prepare(): Promise<{ lab: Lab; trees: Tree[] }> {
  const lab = createLab({ chunking: SMALL_PIECES });
  const trees: Tree[] = [];
  for (const state of [1, 2]) {
    writeState(lab, state);
    trees.push(readTree(lab.source));
    await lab.backup();
  }
  writeState(lab, 3);
  return { lab, trees };
}

async function expectRestorable(lab: Lab, trees: readonly Tree[]): Promise<void> {
  await lab.expectSound();
  expectInvariants(lab.repository);
  for (const [position, tree] of trees.entries()) {
    expect(await lab.treeAt(position + 1)).toEqual(tree);
  }
}

/** How often each blob lies whole in the packs' committed part, by hash. */
function duplicatesAmongFull(lab: Lab): unknown[] {
  return queryIndex(lab.repository, 'SELECT hash FROM blob GROUP BY hash HAVING count(*) > 1');
}

const tears = [
  { name: 'before the call', bytes: 0 },
  { name: 'after 20 bytes', bytes: 20 },
  { name: 'after all of it', bytes: Number.MAX_SAFE_INTEGER },
];

describe('a run that dies at its n-th call', () => {
  test.each(tears)('a backup, $name: as if it had not happened', async ({ bytes }) => {
    for (let position = 1, wasHit = true; wasHit; position += 1) {
      const { lab, trees } = await prepare();
      const dead = deadFrom(position, bytes);
      lab.useFiles(dead.files);
      const failed = await lab.backup().then(
        () => false,
        () => true,
      );
      wasHit = dead.wasHit();
      lab.useRealFiles();
      const label = `call ${position}`;
      const isCommitted = queryIndex(lab.repository, 'SELECT 1 FROM snapshot').length === 3;
      expect(failed || isCommitted, label).toBe(true);
      await expectRestorable(lab, trees);

      const { snapshot } = await lab.backup();
      expect(snapshot, label).toBe(isCommitted ? 4 : 3);
      await expectRestorable(lab, [...trees, readTree(lab.source)]);
      expect(duplicatesAmongFull(lab), label).toEqual([]);
      expect(unknownPackFiles(lab.repository), label).toEqual([]);
      if (!wasHit) expect(position).toBeGreaterThan(8);
    }
  });

  test('the first backup of a repository', async () => {
    for (let position = 1, wasHit = true; wasHit; position += 1) {
      for (const { bytes } of tears) {
        const lab = createLab();
        writeState(lab, 1);
        const dead = deadFrom(position, bytes);
        lab.useFiles(dead.files);
        await lab.backup().catch(() => undefined);
        wasHit = dead.wasHit();
        lab.useRealFiles();
        await lab.backup();
        expect(unknownPackFiles(lab.repository), `call ${position}`).toEqual([]);
        await expectRestorable(lab, [readTree(lab.source)]);
      }
    }
  });

  test('a prune: the kept snapshots are all there, and the next prune ends it', async () => {
    for (let position = 1, wasHit = true; wasHit; position += 1) {
      const { lab, trees } = await prepare();
      await lab.backup({ tags: ['keep'] });
      trees.push(readTree(lab.source));
      const dead = deadFrom(position, 20);
      lab.useFiles(dead.files);
      await lab.prune({ keepLast: 1 }).catch(() => undefined);
      wasHit = dead.wasHit();
      lab.useRealFiles();
      await lab.expectSound();
      expectInvariants(lab.repository);
      expect(await lab.treeAt(3), `call ${position}`).toEqual(trees[2]);

      const { kept } = await lab.prune({ keepLast: 1 });
      expect(kept.map(({ number }) => number)).toEqual([3]);
      await lab.backup();
      await lab.expectSound();
      expectInvariants(lab.repository);
      expect(unknownPackFiles(lab.repository), `call ${position}`).toEqual([]);
      expect(await lab.treeAt(3)).toEqual(trees[2]);
    }
  });

  test('a rebuild of the index: done again, it ends as if nothing had been', async () => {
    for (let position = 1, wasHit = true; wasHit; position += 1) {
      const { lab, trees } = await prepare();
      const dead = deadFrom(position);
      lab.useFiles(dead.files);
      await lab.rebuild().catch(() => undefined);
      wasHit = dead.wasHit();
      lab.useRealFiles();
      const { snapshots, lost, damage } = await lab.rebuild();
      expect({ snapshots, lost, damage }).toEqual({ snapshots: 2, lost: 0, damage: [] });
      await expectRestorable(lab, trees);
      const fresh = fs.readdirSync(lab.repository).filter((name) => name.includes('.new'));
      expect(fresh, `call ${position}`).toEqual([]);
    }
  });

  test('two backups that die one after the other, and a recovery that dies', async () => {
    const { lab, trees } = await prepare();
    for (const position of [4, 6, 2, 3, 5, 1]) {
      lab.useFiles(deadFrom(position, 20).files);
      await lab.backup().catch(() => undefined);
      lab.useRealFiles();
      lab.write('notes.txt', prose(60, position));
    }
    await expectRestorable(lab, trees);
    await lab.backup();
    await expectRestorable(lab, [...trees, readTree(lab.source)]);
  });
});

describe('what was stored by a run that died', () => {
  test('is adopted: the next run stores no blob of it again', async () => {
    const lab = createLab({ lanes: 1 });
    for (let file = 0; file < 40; file += 1) lab.write(`f${file}`, noise(100_000, file));
    const countWrites = { calls: 0 };
    lab.useFiles(
      faultyFiles(({ name, bytes }) => {
        if (name === 'write' && (bytes?.length ?? 0) > 1000 && ++countWrites.calls > 2) {
          return { type: 'tear', lengthBytes: 5000, error: systemError('EIO') };
        }
        return undefined;
      }),
    );
    await expect(lab.backup()).rejects.toThrow('EIO: injected');
    lab.useRealFiles();
    const { bytesStored, bytesRead } = await lab.backup();
    expect(bytesRead).toBe(4_000_000);
    expect(bytesStored).toBeLessThan(2_500_000);
    const { size } = fs.statSync(join(lab.packs, '00000001.pack'));
    expect(size).toBeLessThan(4_050_000);
    await lab.expectSound();
    expectInvariants(lab.repository);
  });
});

describe('errors of the disk', () => {
  test('no space left at any write ends a backup with DISK_FULL, and nothing is lost', async () => {
    for (let nth = 1, wasHit = true; wasHit; nth += 1) {
      const { lab, trees } = await prepare();
      let writes = 0;
      lab.useFiles(
        faultyFiles(({ name }) => {
          if ((name !== 'write' && name !== 'create') || ++writes < nth) return undefined;
          return { type: 'tear', lengthBytes: 10, error: systemError('ENOSPC') };
        }),
      );
      const failure = await lab.backup().catch((error: unknown) => error);
      lab.useRealFiles();
      wasHit = writes >= nth;
      if (wasHit) {
        expect(failure, `write ${nth}`).toMatchObject({
          code: 'DISK_FULL',
          message: `No space is left for the repository ${lab.repository}.`,
          hint: 'Free space on its file system, or run `varve prune`; nothing was changed.',
        });
      } else expect(nth).toBeGreaterThan(3);
      await expectRestorable(lab, trees);
      await lab.backup();
      await expectRestorable(lab, [...trees, readTree(lab.source)]);
    }
  });

  test('no space left during a prune is DISK_FULL, and nothing is lost', async () => {
    const { lab, trees } = await prepare();
    await lab.backup();
    trees.push(readTree(lab.source));
    lab.useFiles(
      faultyFiles(({ name }) =>
        name === 'write' ? { type: 'throw', error: systemError('ENOSPC') } : undefined,
      ),
    );
    await expect(lab.prune({ keepLast: 1 })).rejects.toMatchObject({ code: 'DISK_FULL' });
    lab.useRealFiles();
    await expectRestorable(lab, trees);
  });

  test('prune works on a disk with next to no space: it copies nothing', async () => {
    // One frame, of which four fifths are dead once the first snapshot is gone.
    const names = Array.from({ length: 20 }, (_, number) => `f${number}`);
    const spare = 16 * 1024 * 1024;
    const moves = async (roomFor: (frameBytes: number) => number): Promise<boolean> => {
      const lab = createLab({ lanes: 1 });
      lab.write('large', noise(300_000, 99));
      await lab.backup();
      names.forEach((name, seed) => lab.write(name, noise(10_000, seed)));
      await lab.backup();
      ['large', ...names.slice(4)].forEach((name) => lab.remove(name));
      await lab.backup();
      const tree = readTree(lab.source);
      const frames = () =>
        queryIndex<{ id: number; length: number }>(
          lab.repository,
          `SELECT DISTINCT frame.id, frame.length FROM frame
          JOIN blob ON blob.frame = frame.id WHERE blob.length = 10000`,
        );
      const [frame, ...others] = frames();
      expect(others).toEqual([]);
      const freeBytes = (): number => roomFor(frame?.length ?? 0);
      lab.useFiles({ ...lab.platform.files, freeBytes });
      const { bytesFreed } = await lab.prune({ keepLast: 1 });
      expect(bytesFreed).toBeGreaterThan(0);
      lab.useRealFiles();
      await lab.expectSound();
      expectInvariants(lab.repository);
      expect(await lab.treeAt(3)).toEqual(tree);
      return frames()[0]?.id !== frame?.id;
    };
    expect(await moves(() => 4096)).toBe(false);
    // Twice what it copies, and something to spare.
    expect(await moves((bytes) => spare + 2 * bytes - 1)).toBe(false);
    expect(await moves((bytes) => spare + 2 * bytes)).toBe(true);
  });

  test('an error of fsync ends the run, and the same fsync is not tried again', async () => {
    for (const name of ['sync', 'sync-names'] as const) {
      const lab = createLab({ lanes: 1 });
      writeState(lab, 1);
      const calls: Call[] = [];
      lab.useFiles(
        faultyFiles((call) => {
          if (call.name !== name) return undefined;
          calls.push(call);
          return { type: 'throw', error: systemError('EIO') };
        }),
      );
      await expect(lab.backup()).rejects.toThrow('EIO: injected');
      expect(calls).toHaveLength(1);
      lab.useRealFiles();
      expect(queryIndex(lab.repository, 'SELECT number FROM snapshot')).toEqual([]);
      await lab.backup();
      await expectRestorable(lab, [readTree(lab.source)]);
    }
  });
});
