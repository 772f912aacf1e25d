import { describe, expect, test } from 'vitest';
import {
  createHashList,
  entryBytes,
  WEAK_BYTES,
  type HashList,
} from '../../../src/remote/copy/hashing/hash-list.js';
import { loadHashMethod } from '../../../src/remote/copy/hashing/methods.js';
import { cutPieces, planPull, planPush } from '../../../src/remote/copy/plan.js';

const method = await loadHashMethod('blake3');
const BLOCK = 16;

/** The list of a file whose blocks are filled with these numbers. */
function listOf(sizeBytes: number, ...fills: number[]): HashList {
  const list = createHashList(sizeBytes, BLOCK, method);
  fills.forEach((fill, block) => {
    const length = Math.min(BLOCK, sizeBytes - block * BLOCK);
    const digest = method.digest(new Uint8Array(length).fill(fill));
    list.entries.set(digest, block * entryBytes(list) + WEAK_BYTES);
  });
  return list;
}

describe('a push', () => {
  test.each([
    ['of nothing', 0, [], [], [], 1],
    [
      'without matches is sent in blocks',
      40,
      [],
      [],
      [
        [0, 16],
        [16, 16],
        [32, 8],
      ],
      0,
    ],
    [
      'keeps what stands at its place',
      32,
      [{ block: 0, count: 2, offset: 0 }],
      [['keep', 0, 32]],
      [],
      1,
    ],
    [
      'copies what stands elsewhere',
      32,
      [{ block: 1, count: 1, offset: 0 }],
      [['copy', 0, 16]],
      [[16, 16]],
      0.5,
    ],
    [
      'sends gaps up to the next block',
      36,
      [{ block: 0, count: 1, offset: 20 }],
      [['copy', 20, 16]],
      [
        [0, 16],
        [16, 4],
      ],
      16 / 36,
    ],
  ] as const)('%s', (_, sizeBytes, matches, ready, missing, similarity) => {
    const plan = planPush(sizeBytes, BLOCK, matches, listOf(32, 1, 2));
    expect(plan.ready.map(({ type, offset, length }) => [type, offset, length])).toEqual(ready);
    expect(plan.missing.map(({ offset, length }) => [offset, length])).toEqual(missing);
    expect(plan.similarity).toBeCloseTo(similarity);
    expect(plan.keepsAll).toBe(missing.length === 0 && ready.every(([type]) => type === 'keep'));
  });
});

describe('a pull', () => {
  const piecesOf = (list: HashList, matches: Parameters<typeof planPull>[1]) => {
    const { ready, missing } = planPull(list, matches, method);
    return [...ready, ...missing.map((range) => ({ type: 'missing', ...range }))];
  };

  test('makes blocks of zeros, and neither keeps nor asks for them', () => {
    expect(piecesOf(listOf(32, 0, 7), [])).toEqual([
      { type: 'zeros', offset: 0, length: 16 },
      { type: 'missing', offset: 16, length: 16 },
    ]);
  });

  test('takes a block from its own place rather than from another', () => {
    const matches = [
      { block: 0, count: 1, offset: 0 },
      { block: 0, count: 1, offset: 48 },
    ];
    expect(piecesOf(listOf(16, 7), matches)).toEqual([{ type: 'keep', offset: 0, length: 16 }]);
  });

  test('joins neighbours that go on from each other, and no others', () => {
    const matches = [
      { block: 0, count: 2, offset: 100 },
      { block: 2, count: 1, offset: 300 },
    ];
    expect(piecesOf(listOf(40, 1, 2, 3), matches)).toEqual([
      { type: 'copy', offset: 0, length: 32, from: 100 },
      { type: 'copy', offset: 32, length: 8, from: 300 },
    ]);
  });
});

test('pieces are cut where they are longer than a request may be', () => {
  const pieces = [
    { type: 'copy', offset: 0, length: 40, from: 100 },
    { type: 'keep', offset: 40, length: 16 },
  ] as const;
  expect(cutPieces(pieces, 32)).toEqual([
    { type: 'copy', offset: 0, length: 32, from: 100 },
    { type: 'copy', offset: 32, length: 8, from: 132 },
    { type: 'keep', offset: 40, length: 16 },
  ]);
});

test('a file may have more blocks than a call has arguments', () => {
  const blocks = 500_000;
  const plan = planPush(blocks * BLOCK + 1, BLOCK, [], undefined);
  expect(plan.missing).toHaveLength(blocks + 1);
  expect(plan.missing.at(-1)).toEqual({ offset: blocks * BLOCK, length: 1 });
  const list = createHashList(BLOCK, BLOCK, method);
  const match = { block: 0, count: 1, offset: blocks * BLOCK };
  const before = planPush((blocks + 1) * BLOCK, BLOCK, [match], list);
  expect(before.missing).toHaveLength(blocks);
  expect(before.ready).toHaveLength(1);
});

test('a block that is found at its own place, too, is kept there, in whatever order it is found', () => {
  const list = listOf(3 * BLOCK, 1, 2, 3);
  const own = { block: 1, count: 1, offset: BLOCK };
  const [before, behind] = [0, 5 * BLOCK].map((offset) => ({ block: 1, count: 1, offset }));
  for (const matches of [
    [own, behind!],
    [before!, own],
    [before!, own, behind!],
  ]) {
    const { ready } = planPull(list, matches, method);
    expect(ready).toEqual([{ type: 'keep', offset: BLOCK, length: BLOCK }]);
  }
});

test('not all is kept where zeros are made, or anything is moved or sent', () => {
  const list = listOf(3 * BLOCK, 1, 0, 3);
  const at = (block: number, offset = block * BLOCK) => ({ block, count: 1, offset });
  expect(planPull(list, [at(0), at(2)], method).keepsAll).toBe(false);
  expect(planPull(list, [at(0), at(1), at(2)], method).keepsAll).toBe(true);
  expect(planPull(list, [at(0), at(1), at(2, 0)], method).keepsAll).toBe(false);
  expect(planPull(list, [at(1), at(2)], method).keepsAll).toBe(false);
});
