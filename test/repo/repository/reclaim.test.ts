/** Dead bytes go after the index has forgotten them, whole packs last, and each only once. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { tryLockExclusively } from '../../../src/repo/index/lock.js';
import { reclaim } from '../../../src/repo/repository/reclaim.js';
import { openRepository } from '../../../src/repo/repository/repository.js';
import { saveFiles } from '../../support/damage.js';
import { deadFrom, faultyFiles, filesWithAt, systemError } from '../../support/faulty-files.js';
import {
  expectInvariants,
  packRows,
  queryIndex,
  unknownPackFiles,
} from '../../support/index-facts.js';
import { createLab, type Lab } from '../../support/lab.js';
import { noise } from '../../support/seed.js';
import { readTree } from '../../support/tree.js';

/** Two packs of blobs, 1 and 3; what both hold is gone from the newest snapshot, 4. */
async function twoPacksToGo(): Promise<Lab> {
  const lab = createLab({ lanes: 1 });
  lab.useFiles(filesWithAt(() => ({ punchHole: () => false })));
  lab.write('one', noise(100_000, 1));
  await lab.backup();
  lab.write('two', noise(10_000, 2));
  lab.write('dead', noise(40_000, 3));
  await lab.backup();
  lab.remove('dead');
  await lab.backup();
  await lab.prune({ keepLast: 1 });
  lab.useRealFiles();
  for (const name of ['one', 'two']) lab.remove(name);
  lab.write('empty', '');
  await lab.backup();
  expect(packFiles(lab)).toEqual(['00000001.pack', '00000002.pack', '00000003.pack']);
  return lab;
}

const packFiles = ({ packs }: Lab): string[] =>
  fs
    .readdirSync(packs)
    .filter((name) => name.endsWith('.pack'))
    .sort();

describe('a pack of which nothing is used', () => {
  test('is removed, and only after the index has forgotten it', async () => {
    const lab = await twoPacksToGo();
    const { files } = lab.platform;
    const gone: string[] = [];
    lab.useFiles({
      ...files,
      remove(path) {
        const number = Number(/(\d+)\.pack$/.exec(path)?.[1]);
        if (number > 0) {
          expect(packRows(lab.repository).map((row) => row.number)).not.toContain(number);
          gone.push(path.slice(lab.packs.length + 1));
        }
        files.remove(path);
      },
    });
    await lab.prune({ keepLast: 1 });
    lab.useRealFiles();
    expect(gone).toEqual(['00000001.pack', '00000003.pack']);
    expect(packFiles(lab)).toEqual(['00000002.pack']);
    await lab.expectSound();
    expect(await lab.treeAt(4)).toEqual(readTree(lab.source));
  });

  test('is gone after the next prune, wherever the first one died', async () => {
    const lab = await twoPacksToGo();
    const putBack = saveFiles(lab.repository);
    const calls: number[] = [];
    for (let position = 1, wasHit = true; wasHit; position += 1) {
      putBack();
      const dead = deadFrom(position);
      lab.useFiles(dead.files);
      await lab.prune({ keepLast: 1 }).catch(() => undefined);
      wasHit = dead.wasHit();
      lab.useRealFiles();
      if (wasHit) calls.push(packFiles(lab).length);
      await lab.expectSound();
      expect(await lab.treeAt(4), `call ${position}`).toEqual(readTree(lab.source));
      const { kept } = await lab.prune({ keepLast: 1 });
      expect(kept.map(({ number }) => number)).toEqual([4]);
      expect(packFiles(lab), `call ${position}`).toEqual(['00000002.pack']);
      expect(unknownPackFiles(lab.repository)).toEqual([]);
      await lab.expectSound();
      expectInvariants(lab.repository);
    }
    // It died with all packs there, and with one of the two gone.
    expect([...new Set(calls)]).toEqual([3, 2]);
  });
});

/** Snapshot 2 no longer has what takes a frame of 900 kB. */
async function deadFrame(): Promise<Lab> {
  const lab = createLab({ lanes: 1 });
  lab.write('large', noise(900_000, 1));
  await lab.backup();
  lab.write('small', noise(5000, 2));
  lab.remove('large');
  await lab.backup();
  return lab;
}

const allocated = ({ packs }: Lab): number =>
  fs.statSync(join(packs, '00000001.pack')).blocks * 512;

describe('the payload of a dead frame', () => {
  test('is given back once, and what lies behind it is found without the index', async () => {
    const lab = await deadFrame();
    let punched = 0;
    lab.useFiles(
      faultyFiles(({ name }) => {
        if (name === 'punch') punched += 1;
        return undefined;
      }),
    );
    await lab.prune({ keepLast: 1 });
    // The other was to see whether holes can be made at all.
    expect(punched).toBe(2);
    expect(allocated(lab)).toBeLessThan(20_000);
    lab.write('more', 'more');
    await lab.backup();
    expect(punched).toBe(2);
    expect(await lab.rebuild()).toMatchObject({ snapshots: 2, lost: 0, damage: [] });
    await lab.backup();
    expect(punched).toBe(2);
    lab.useRealFiles();
    await lab.expectSound();
    expect(await lab.treeAt(4)).toEqual(readTree(lab.source));
  });

  test.each([
    { payload: 8192, isPunched: true },
    { payload: 8191, isPunched: false },
  ])('of $payload bytes is given back: $isPunched', async ({ payload, isPunched }) => {
    const lab = createLab({ lanes: 1 });
    lab.write('first', noise(20_000, 3));
    await lab.backup();
    lab.write('dead', noise(payload, 1));
    await lab.backup();
    lab.remove('dead');
    await lab.backup();
    const before = fs.readFileSync(join(lab.packs, '00000001.pack'));
    await lab.prune({ keepLast: 1 });
    const after = fs.readFileSync(join(lab.packs, '00000001.pack'));
    expect(after.equals(before)).toBe(!isPunched);
  });

  test.each(['EIO', 'EPERM', 'ENOSPC'])(
    'that the system will not give back (%s) undoes no prune, and is given back later',
    async (code) => {
      const lab = await deadFrame();
      let punches = 0;
      lab.useFiles(
        faultyFiles(({ name }) =>
          name === 'punch' && ++punches > 1
            ? { type: 'throw', error: systemError(code) }
            : undefined,
        ),
      );
      const { removed } = await lab.prune({ keepLast: 1 });
      expect(removed.map(({ number }) => number)).toEqual([1]);
      expect(punches).toBe(2);
      lab.useRealFiles();
      await lab.expectSound();
      expect(allocated(lab)).toBeGreaterThan(900_000);
      await lab.backup();
      expect(allocated(lab)).toBeLessThan(20_000);
      await lab.expectSound();
      expect(await lab.treeAt(2)).toEqual(readTree(lab.source));
    },
  );
});

describe('what the system refuses while space is given back', () => {
  test.each(['EIO', 'ENOSPC'])(
    '(%s) is undone, and another transaction can begin',
    async (code) => {
      const lab = await deadFrame();
      let punches = 0;
      lab.useFiles(
        faultyFiles(({ name }) =>
          name === 'punch' && ++punches > 1
            ? { type: 'throw', error: systemError('EIO') }
            : undefined,
        ),
      );
      await lab.prune({ keepLast: 1 });
      lab.useRealFiles();
      const opened = openRepository(lab.repository, lab.platform, { access: 'write' });
      const freed = await opened.write((held) => {
        const dead = held.index.frames.dead(0);
        expect(dead.length).toBeGreaterThan(0);
        const commit = vi.spyOn(held.index, 'commit').mockImplementationOnce(() => {
          throw systemError(code);
        });
        const bytes = reclaim(held);
        expect(commit).toHaveBeenCalledOnce();
        held.index.begin();
        expect(held.index.frames.dead(0)).toEqual(dead);
        held.index.rollback();
        return bytes;
      });
      expect(freed).toBe(0);
      // The lock that nobody else may have is given up.
      const alone = tryLockExclusively(`${lab.repository}/lock.sqlite`);
      expect(alone).toBeDefined();
      alone!.release();
      opened.close();
      await lab.expectSound();
    },
  );

  test('is not forgotten where no hole can be made, and given back where one can', async () => {
    const lab = await deadFrame();
    const deadFrames = (): number =>
      queryIndex<{ count: number }>(
        lab.repository,
        'SELECT count(*) AS count FROM frame WHERE live = 0 AND length - head >= 8192',
      )[0]!.count;
    // Only the file on which it is tried has holes.
    let calls = 0;
    lab.useFiles(filesWithAt(() => ({ punchHole: () => calls++ === 0 })));
    await lab.prune({ keepLast: 1 });
    expect(calls).toBeGreaterThan(1);
    expect(deadFrames()).toBeGreaterThan(0);
    lab.useRealFiles();
    await lab.backup();
    expect(deadFrames()).toBe(0);
    await lab.expectSound();
  });

  test('is no matter of the system where it is a bug', async () => {
    const lab = await deadFrame();
    const opened = openRepository(lab.repository, lab.platform, { access: 'write' });
    const failed = opened.write((held) => {
      vi.spyOn(held.index.packs, 'unused').mockImplementation(() => {
        throw new TypeError('a bug');
      });
      return reclaim(held);
    });
    await expect(failed).rejects.toThrow('a bug');
    opened.close();
  });
});
