/** Blobs that only removed snapshots had go, and what rests on them hangs onto what stays. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { flipByte } from '../../../support/damage.js';
import { queryIndex } from '../../../support/index-facts.js';
import { expectKept, recordSnapshots } from '../../../support/kept-snapshots.js';
import { createLab, type Lab } from '../../../support/lab.js';
import { noise, prose } from '../../../support/seed.js';

/** A repository, and what its snapshots hold. */
function history() {
  const lab = createLab({ lanes: 1 });
  return { lab, ...recordSnapshots(lab) };
}

const kindsOf = ({ repository }: Lab): number[] =>
  queryIndex<{ kind: number }>(repository, 'SELECT kind FROM blob ORDER BY id').map(
    ({ kind }) => kind,
  );

/** One file in so many states, each 12 kB apart from the one before. */
async function oneFile(states: number) {
  const made = history();
  const bytes = noise(200_000, 1);
  for (let state = 0; state < states; state += 1) {
    bytes.set(noise(12_000, 10 + state), state * 20_000);
    made.lab.write('file', bytes);
    await made.backup();
  }
  return made;
}

describe('a kept delta whose basis goes', () => {
  test('is whole in one hop, and no longer needs what is given back', async () => {
    const { lab, trees, prune } = await oneFile(7);
    await prune(2, 3, 5, 6);
    expect(kindsOf(lab)).toEqual([2, 2, 1]);
    await expectKept(lab, trees);
    await prune(4);
    expect(kindsOf(lab)).toEqual([2, 1]);
    await expectKept(lab, trees);
  });

  test('may be one of hundreds, and one of several on the same basis', async () => {
    const { lab, trees, backup, prune } = history();
    const write = (state: number): void => {
      for (let i = 0; i < 140; i += 1) lab.write(`file${i}`, prose(20 + state, i));
      // Two files that become one content.
      for (const name of ['one', 'other']) {
        const own = state === 0 ? [noise(300, name.length)] : [];
        lab.write(name, Buffer.concat([noise(20_000, 5), noise(100 * state, 6), ...own]));
      }
    };
    for (const state of [0, 1, 2, 3]) {
      write(state);
      await backup();
    }
    await prune(2, 3);
    expect(kindsOf(lab)).toHaveLength(2 * 140 + 3);
    await expectKept(lab, trees);
  });

  test('stays where it is when the way to the next basis is damaged', async () => {
    const { lab, trees, prune } = await oneFile(4);
    const [second] = queryIndex<{ start: number; head: number }>(
      lab.repository,
      `SELECT f.start, f.head FROM version v JOIN blob b ON b.id = v.blob
       JOIN frame f ON f.id = b.frame WHERE v.first = 2`,
    );
    flipByte(join(lab.packs, '00000001.pack'), second!.start + second!.head + 6000);
    await prune(2);
    const { damage } = await lab.verify();
    expect(damage.flatMap(({ snapshots }) => snapshots)).toContain(1);
    expect((await lab.restore(1)).issues).toMatchObject([{ path: 'file', code: 'DAMAGED' }]);
    for (const number of [3, 4]) expect(await lab.treeAt(number)).toEqual(trees.get(number));
  });
});

describe('a whole blob that only removed snapshots had', () => {
  test('stays while a kept delta rests on it, and goes with that', async () => {
    const { lab, trees, backup, prune } = history();
    lab.write('file', prose(3000, 1));
    await backup();
    lab.write('file', prose(3001, 1));
    await backup();
    lab.remove('file');
    await backup();
    const allocated = (): number => fs.statSync(join(lab.packs, '00000001.pack')).blocks * 512;
    await prune(2);
    expect(kindsOf(lab)).toEqual([2, 1]);
    await expectKept(lab, trees);
    await prune(1);
    expect(kindsOf(lab)).toEqual([]);
    expect(fs.existsSync(join(lab.packs, '00000001.pack')) && allocated()).toBe(false);
    await expectKept(lab, trees);
  });

  test('goes with all that rest on it, and nothing is written for what goes', async () => {
    const { lab, trees, prune } = await oneFile(6);
    const size = (): number => fs.statSync(join(lab.packs, '00000001.pack')).size;
    const before = size();
    await prune(1, 2, 3);
    expect(size()).toBe(before);
    expect(kindsOf(lab)).toEqual([2, 2, 1]);
    await expectKept(lab, trees);
  });

  test('goes in whatever order a chain of them is found', async () => {
    const { lab, trees, prune } = await oneFile(6);
    lab.remove('file');
    await lab.backup();
    await prune(1, 2, 3, 4, 5, 6);
    expect(kindsOf(lab)).toEqual([]);
    await expectKept(lab, trees);
  });

  test('stays when another path or a large file has it', async () => {
    const { lab, trees, backup, prune } = history();
    lab.write('one', noise(20_000, 1));
    await backup();
    lab.remove('one');
    lab.write('elsewhere/two', noise(20_000, 1));
    await backup();
    lab.remove('elsewhere');
    await backup();
    await prune(1);
    await expectKept(lab, trees);
    await prune(2);
    expect(kindsOf(lab)).toEqual([]);
  });
});
