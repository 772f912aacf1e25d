import { expect, onTestFinished, test } from 'vitest';
import { BlobKind } from '../../../src/repo/index/blobs.js';
import { openIndex } from '../../../src/repo/index/index.js';
import { openFileSystem } from '../../../src/platform/files.js';
import { scratchDirectory } from '../../support/directory.js';
import { drawer } from '../../support/seed.js';

/** The tails of blobs, given each blob with its basis (0: none) and what it takes. */
function tailsOf(blobs: readonly (readonly [id: number, basis: number, stored: number])[]) {
  const index = openIndex(`${scratchDirectory()}/index.sqlite`, 'create', openFileSystem());
  onTestFinished(() => index.close());
  for (const [id, basis, storedBytes] of blobs) {
    const kind = basis > 0 ? BlobKind.delta : BlobKind.full;
    const where = { kind, frame: 1, member: 0, basis: basis || undefined, storedBytes };
    index.blobs.insert(id, Buffer.alloc(32, id), 1, where);
    // What an earlier state left.
    index.blobs.setTail(id, 77, 77);
  }
  index.recomputeTails();
  return blobs.map(([id]) => {
    const { tailLinks, tailBytes } = index.blobs.get(id)!;
    return [id, tailLinks, tailBytes];
  });
}

test('a tail is that of the longest chain, and of the costliest, from every blob on the way', () => {
  const blobs = [
    [1, 0, 500],
    [2, 1, 10],
    [3, 2, 20],
    [4, 3, 5],
    // Fewer links, and more bytes.
    [5, 2, 100],
    [6, 0, 500],
    [7, 6, 1],
    [8, 0, 500],
  ] as const;
  const expected = [
    [1, 3, 110],
    [2, 2, 100],
    [3, 1, 5],
    [4, 0, 0],
    [5, 0, 0],
    [6, 1, 1],
    [7, 0, 0],
    [8, 0, 0],
  ];
  expect(tailsOf(blobs)).toEqual(expected);
  // Under any other ids, by which the order changes in which deltas are found.
  const draw = drawer(1);
  for (let round = 0; round < 30; round += 1) {
    const ids = [1, 2, 3, 4, 5, 6, 7, 8].sort(() => draw(3) - 1);
    const idOf = (id: number): number => (id === 0 ? 0 : ids[id - 1]!);
    const renamed = blobs.map(([id, basis, stored]) => [idOf(id), idOf(basis), stored] as const);
    expect(tailsOf(renamed), `ids ${ids.join(' ')}`).toEqual(
      expected.map(([id = 0, ...tail]) => [idOf(id), ...tail]),
    );
  }
});

test('a loop, as only a damaged index has one, ends', () => {
  const tails = tailsOf([
    [1, 2, 10],
    [2, 1, 10],
    [3, 2, 10],
    [4, 0, 10],
  ]);
  expect(tails).toHaveLength(4);
  expect(tails[3]).toEqual([4, 0, 0]);
});
