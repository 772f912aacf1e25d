import { describe, expect, test } from 'vitest';
import { expectInvariants, queryIndex } from '../../../support/index-facts.js';
import { createLab, SMALL_PIECES } from '../../../support/lab.js';
import { noise } from '../../../support/seed.js';
import { readTree } from '../../../support/tree.js';

const KINDS = 'SELECT kind, count(*) AS blobs FROM blob GROUP BY kind ORDER BY kind';
/** Members of delta frames in the packs, used or not. */
const DELTA_FRAMES = 'SELECT count(*) AS frames FROM frame WHERE kind = 2';

function edited(bytes: Buffer, seed: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.set(noise(40, seed), copy.length >> 1);
  return copy;
}

describe('an old blob whose delta was made during the walk', () => {
  test('becomes that delta, and only one is made', async () => {
    const lab = createLab({ lanes: 1 });
    lab.write('file', noise(20_000, 1));
    await lab.backup();
    const first = readTree(lab.source);
    lab.write('file', edited(noise(20_000, 1), 2));
    await lab.backup();
    expect(queryIndex(lab.repository, KINDS)).toEqual([
      { kind: 1, blobs: 1 },
      { kind: 2, blobs: 1 },
    ]);
    expect(queryIndex(lab.repository, DELTA_FRAMES)).toEqual([{ frames: 1 }]);
    expect(await lab.treeAt(1)).toEqual(first);
    expectInvariants(lab.repository);
    await lab.expectSound();
  });

  test('stays whole when another path keeps it', async () => {
    const lab = createLab({ lanes: 1 });
    for (const name of ['a', 'b']) lab.write(name, noise(20_000, 1));
    await lab.backup();
    lab.write('a', edited(noise(20_000, 1), 2));
    await lab.backup();
    expect(queryIndex(lab.repository, KINDS)).toEqual([{ kind: 1, blobs: 2 }]);
    expect(queryIndex(lab.repository, DELTA_FRAMES)).toEqual([{ frames: 0 }]);
    expectInvariants(lab.repository);
  });

  test('stays whole when another path comes to have it in the same run', async () => {
    const lab = createLab({ lanes: 1 });
    // Read first, as its extension stands before the other's; so its delta is made first.
    lab.write('file.a', noise(20_000, 1));
    await lab.backup();
    lab.write('file.a', edited(noise(20_000, 1), 2));
    lab.write('file.b', noise(20_000, 1));
    await lab.backup();
    expect(queryIndex(lab.repository, KINDS)).toEqual([{ kind: 1, blobs: 2 }]);
    expect(queryIndex(lab.repository, DELTA_FRAMES)).toEqual([{ frames: 1 }]);
    expectInvariants(lab.repository);
    const second = readTree(lab.source);
    await lab.rebuild();
    expectInvariants(lab.repository);
    expect(queryIndex(lab.repository, KINDS)).toEqual([{ kind: 1, blobs: 2 }]);
    expect(await lab.treeAt(2)).toEqual(second);
  });

  test('is retired once where two paths replace it', async () => {
    const lab = createLab({ lanes: 2 });
    for (const name of ['a', 'b']) lab.write(name, noise(20_000, 1));
    await lab.backup();
    const first = readTree(lab.source);
    lab.write('a', edited(noise(20_000, 1), 2));
    lab.write('b', edited(noise(20_000, 1), 3));
    await lab.backup();
    expect(queryIndex(lab.repository, KINDS)).toEqual([
      { kind: 1, blobs: 2 },
      { kind: 2, blobs: 1 },
    ]);
    expectInvariants(lab.repository);
    await lab.rebuild();
    expect(await lab.treeAt(1)).toEqual(first);
  });

  test('may be a piece of a large file, also where bytes were put in before it', async () => {
    const lab = createLab({ chunking: SMALL_PIECES, lanes: 2 });
    const bytes = noise(60_000, 1);
    lab.write('large', bytes);
    await lab.backup();
    const first = readTree(lab.source);
    const shifted = Buffer.concat([noise(700, 8), bytes]);
    for (let at = 9000; at < 60_000; at += 9000) shifted.set(noise(30, at), at);
    lab.write('large', shifted);
    await lab.backup();
    const deltas = queryIndex<{ blobs: number }>(lab.repository, `${KINDS} LIMIT 1 OFFSET 1`);
    expect(deltas[0]!.blobs).toBeGreaterThan(5);
    expectInvariants(lab.repository);
    await lab.expectSound();
    expect(await lab.treeAt(1)).toEqual(first);
    expect(await lab.treeAt(2)).toEqual(readTree(lab.source));
  });
});
