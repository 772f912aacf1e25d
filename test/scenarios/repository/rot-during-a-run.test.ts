/**
 * Bytes that go wrong on their way, once: whatever a run makes of them, what was committed before
 * restores byte for byte, and nothing wrong is stored under the hash of something else.
 */
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type * as zstd from '../../../src/platform/zstd.js';
import { saveFiles } from '../../support/damage.js';
import { flippingFiles } from '../../support/flipping-files.js';
import { createLab, SMALL_PIECES, type Lab } from '../../support/lab.js';
import { noise, prose } from '../../support/seed.js';
import { readTree, type Tree } from '../../support/tree.js';

/** Which call of the codec gives a wrong byte, counted from 1 (0: none), and whether that decodes. */
const codec = vi.hoisted(() => ({ wrongCall: 0, calls: 0, decodes: false }));

vi.mock('../../../src/platform/zstd.js', async (importActual) => {
  const real = await importActual<typeof zstd>();
  return {
    ...real,
    compress(raw: Uint8Array, into: Uint8Array, level: number) {
      const storedBytes = real.compress(raw, into, level);
      if (storedBytes === undefined || ++codec.calls !== codec.wrongCall) return storedBytes;
      if (!codec.decodes) {
        into[storedBytes - 5]! ^= 0x10;
        return storedBytes;
      }
      const wrong = Uint8Array.from(raw);
      wrong[wrong.length - 1]! ^= 0x10;
      return real.compress(wrong, into, level);
    },
  };
});

beforeEach(() => {
  codec.wrongCall = 0;
});

interface History {
  readonly lab: Lab;
  readonly trees: Map<number, Tree>;
}

/** Text that is edited, noise that is edited, a large file, and a file that is renamed and edited. */
function write(lab: Lab, state: number): void {
  lab.write('text', Buffer.concat([prose(400, 1), prose(60, 10 + state)]));
  lab.write('noise', Buffer.concat([noise(12_000 * state, 2), noise(50_000, 3)]));
  lab.write('large', Buffer.concat([noise(300 * state, state), prose(1200, 4)]));
  lab.write(`moved${state}/name`, prose(300 + 3 * state, 5));
  if (state > 1) lab.remove(`moved${state - 1}`);
}

async function prepare(states: number): Promise<History> {
  const lab = createLab({ lanes: 1, chunking: { ...SMALL_PIECES, whole_file_bytes: 100_000 } });
  const trees = new Map<number, Tree>();
  for (let state = 1; state <= states; state += 1) {
    write(lab, state);
    const { snapshot } = await lab.backup();
    trees.set(snapshot!, readTree(lab.source));
  }
  return { lab, trees };
}

async function expectTrees({ lab, trees }: History, label: string): Promise<void> {
  const { damage } = await lab.verify();
  expect(damage, label).toEqual([]);
  for (const [number, tree] of trees) expect(await lab.treeAt(number), label).toEqual(tree);
}

/** Runs `operate` once for each read of a pack, with one wrong byte in that read; `check` follows. */
async function withEachReadWrong(
  { lab }: History,
  operate: () => Promise<unknown>,
  check: (label: string, isDone: boolean) => Promise<void>,
): Promise<void> {
  const putBack = saveFiles(lab.repository);
  for (const share of [0.5, 1]) {
    for (let nth = 1, wasHit = true; wasHit; nth += 1) {
      const flipping = flippingFiles(lab.packs, nth, share);
      lab.useFiles(flipping.files);
      const isDone = await operate().then(
        () => true,
        () => false,
      );
      lab.useRealFiles();
      wasHit = flipping.wasHit();
      await check(`read ${nth}, ${share}`, isDone);
      if (!wasHit) expect([nth > 4, isDone]).toEqual([true, true]);
      putBack();
    }
  }
}

describe('one wrong byte in one read of a pack', () => {
  test('during a backup: all snapshots are what they were', async () => {
    const history = await prepare(2);
    const { lab, trees } = history;
    write(lab, 3);
    await withEachReadWrong(
      history,
      () => lab.backup(),
      async (label, isDone) => {
        const own = isDone ? [[3, readTree(lab.source)] as const] : [];
        await expectTrees({ lab, trees: new Map([...trees, ...own]) }, label);
      },
    );
  });

  test('during a prune: the kept snapshots are what they were', async () => {
    const history = await prepare(1);
    const { lab, trees } = history;
    // What is to be moved out of frames that are mostly dead, whole and as deltas.
    for (let i = 0; i < 4; i += 1) lab.write(`goes${i}`, noise(30_000, 20 + i));
    lab.write('stays', noise(20_000, 30));
    await lab.backup();
    for (let i = 0; i < 4; i += 1) lab.remove(`goes${i}`);
    for (const state of [2, 3, 4]) {
      write(lab, state);
      const { snapshot } = await lab.backup();
      trees.set(snapshot!, readTree(lab.source));
    }
    for (const number of [3, 4]) trees.delete(number);
    await withEachReadWrong(
      history,
      () => lab.pruneNamed({ snapshots: [2, 3, 4] }),
      (label) => expectTrees(history, label),
    );
  });

  test('during a restore: a file is right, or it is named and not there', async () => {
    const lab = createLab({ lanes: 1, chunking: SMALL_PIECES });
    const trees = new Map<number, Tree>();
    // Nothing of it compresses: the codec sees no damage.
    for (const state of [1, 2, 3]) {
      lab.write('one', Buffer.concat([noise(500 * state, state), noise(5000, 4)]));
      lab.write('other', noise(4000, 5));
      lab.write('large', Buffer.concat([noise(500 * state, 10 + state), noise(12_000, 6)]));
      await lab.backup();
      trees.set(state, readTree(lab.source));
    }
    let named = 0;
    for (const [number, tree] of trees) {
      for (let nth = 1, wasHit = true; wasHit; nth += 1) {
        const flipping = flippingFiles(lab.packs, nth, nth % 2 === 0 ? 0.5 : 1);
        lab.useFiles(flipping.files);
        const to = lab.newTarget();
        const { issues } = await lab.restore(number, { to });
        lab.useRealFiles();
        wasHit = flipping.wasHit();
        named += issues.length;
        const restored = readTree(to);
        const label = `snapshot ${number}, read ${nth}`;
        for (const { path } of issues) expect(restored.has(path), label).toBe(false);
        for (const [path, { content }] of restored) {
          expect(content === tree.get(path)!.content, `${label}: ${path}`).toBe(true);
        }
        expect(restored.size + issues.length, label).toBe(tree.size);
      }
    }
    expect(named).toBeGreaterThan(10);
  });
});

describe('one wrong byte out of the codec during a backup costs no earlier snapshot anything', () => {
  test.each([false, true])('that decodes: %j', async (decodes) => {
    const history = await prepare(2);
    const { lab, trees } = history;
    write(lab, 3);
    const putBack = saveFiles(lab.repository);
    let failures = 0;
    for (let nth = 1, wasHit = true; wasHit; nth += 1) {
      Object.assign(codec, { wrongCall: nth, calls: 0, decodes });
      await lab.backup().catch(() => (failures += 1));
      wasHit = codec.calls >= nth;
      codec.wrongCall = 0;
      for (const [number, tree] of trees) {
        expect(await lab.treeAt(number), `call ${nth}`).toEqual(tree);
      }
      putBack();
    }
    expect(failures).toBeGreaterThan(1);
  });
});
