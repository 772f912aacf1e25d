import { describe, expect, test } from 'vitest';
import { BlobKind } from '../../../../src/repo/index/blobs.js';
import type { Index } from '../../../../src/repo/index/index.js';
import { createOldPieces } from '../../../../src/repo/operations/backup/old-pieces.js';

/** Blobs 1 to 4 of 100 bytes each, one after the other. */
const olds = () =>
  createOldPieces(
    {
      blobs: { sizedOfContent: () => [1, 2, 3, 4].map((id) => ({ id, lengthBytes: 100 })) },
    } as unknown as Index,
    { type: 'content', content: 9 },
  );

describe('the old piece at the place of a new one', () => {
  test('is the one that holds its middle', () => {
    expect(olds().at(0, 100, 50)).toBe(1);
    expect(olds().at(60, 100, 50)).toBe(2);
    expect(olds().at(399, 1, 50)).toBe(4);
  });

  test('is looked for where a piece that both have says that it went', () => {
    const pieces = olds();
    expect(pieces.at(0, 170, 50)).toBe(1);
    expect(pieces.at(170, 100, 2)).toBeUndefined();
    expect(pieces.at(270, 100, 51)).toBe(3);
  });

  test('is not looked for by a hole, which may lie anywhere', () => {
    const kinds = [BlobKind.full, BlobKind.hole, BlobKind.full, BlobKind.hole, BlobKind.full];
    const list = [1, 9, 2, 9, 3].map((id, at) => ({ id, lengthBytes: 100, kind: kinds[at] }));
    const index = { blobs: { sizedOfContent: () => list } } as unknown as Index;
    const pieces = createOldPieces(index, { type: 'content', content: 9 });
    pieces.at(100, 100, 9);
    expect(pieces.at(200, 100, 50)).toBe(2);
  });

  test('is none beyond the end, and none for a content without bytes', () => {
    expect(olds().at(400, 10, 50)).toBeUndefined();
    expect(olds().at(350, 100, 50)).toBeUndefined();
    expect(olds().at(349, 100, 50)).toBe(4);
    const none = createOldPieces({} as Index, { type: 'none' });
    expect(none.at(0, 10, 50)).toBeUndefined();
  });
});
