import { describe, expect, test } from 'vitest';
import { BlobKind, type ListedBlob } from '../../../../src/repo/index/blobs.js';
import { pairBlobs } from '../../../../src/repo/operations/backup/pair-blobs.js';

type Piece = readonly [id: number, lengthBytes: number];

/** Pieces that are stored whole. */
const pieces = (...list: readonly Piece[]): ListedBlob[] =>
  list.map(([id, lengthBytes]) => ({ id, lengthBytes, kind: BlobKind.full }));
const hole = (id: number, lengthBytes: number): ListedBlob => ({
  id,
  lengthBytes,
  kind: BlobKind.hole,
});

describe('an old piece is paired with the new one in which its middle lies', () => {
  test.each<[string, Piece[], Piece[], Piece[]]>([
    [
      'where the cuts are the same',
      [
        [1, 10],
        [2, 10],
      ],
      [
        [11, 10],
        [12, 10],
      ],
      [
        [1, 11],
        [2, 12],
      ],
    ],
    [
      'where a new piece takes in two old ones',
      [
        [1, 4],
        [2, 4],
      ],
      [[11, 8]],
      [
        [1, 11],
        [2, 11],
      ],
    ],
    [
      'where two new pieces share an old one',
      [[1, 10]],
      [
        [11, 4],
        [12, 6],
      ],
      [[1, 12]],
    ],
    [
      'where the cuts lie elsewhere',
      [
        [1, 10],
        [2, 10],
        [3, 10],
      ],
      [
        [11, 6],
        [12, 20],
        [13, 4],
      ],
      [
        [1, 11],
        [2, 12],
        [3, 12],
      ],
    ],
    [
      'where the middle is a cut, the later one',
      [[1, 10]],
      [
        [11, 5],
        [12, 5],
      ],
      [[1, 12]],
    ],
    [
      'where it lies one byte before a cut',
      [[1, 10]],
      [
        [11, 6],
        [12, 4],
      ],
      [[1, 11]],
    ],
    [
      'where it lies beyond the new end, with the last',
      [
        [1, 10],
        [2, 10],
        [3, 10],
      ],
      [
        [11, 8],
        [12, 2],
      ],
      [
        [1, 11],
        [2, 12],
        [3, 12],
      ],
    ],
    [
      'where several new pieces lie between',
      [
        [1, 2],
        [2, 20],
      ],
      [
        [11, 3],
        [12, 3],
        [13, 3],
        [14, 9],
      ],
      [
        [1, 11],
        [2, 14],
      ],
    ],
    ['where nothing is new, with none', [[1, 10]], [], []],
    ['where nothing was there, none', [], [[11, 10]], []],
  ])('%s', (_, olds, newers, expected) => {
    expect(pairBlobs(pieces(...olds), pieces(...newers))).toEqual(expected);
  });
});

describe('a piece that both have', () => {
  test('is an anchor: what lies before and behind it is paired there, whatever came before', () => {
    const olds = pieces([1, 10], [5, 10], [2, 10]);
    // Much was put in before the anchor: by its offset alone, 2 would be paired with 11.
    const newers = pieces([11, 100], [5, 10], [12, 10]);
    expect(pairBlobs(olds, newers)).toEqual([
      [1, 11],
      [2, 12],
    ]);
  });

  test('leaves what has no counterpart between two of them alone', () => {
    const olds = pieces([5, 10], [1, 10], [6, 10]);
    expect(pairBlobs(olds, pieces([5, 10], [6, 10], [11, 10]))).toEqual([]);
  });

  test('that was moved to the front is no anchor a second time: anchors keep their order', () => {
    const olds = pieces([1, 10], [5, 10], [2, 10], [6, 10], [3, 10]);
    const newers = pieces([6, 10], [11, 10], [5, 10], [12, 10]);
    // 5 is one; 6, which now stands before it, is not, so 2, 6 and 3 share what follows.
    expect(pairBlobs(olds, newers)).toEqual([
      [1, 6],
      [2, 12],
      [6, 12],
      [3, 12],
    ]);
  });

  test('is none where it is a hole: holes of one length are one blob, wherever they lie', () => {
    const olds = [...pieces([1, 10]), hole(9, 10), ...pieces([2, 10])];
    const newers = [hole(9, 10), ...pieces([11, 10]), ...pieces([12, 10])];
    expect(pairBlobs(olds, newers)).toEqual([
      [1, 9],
      [9, 11],
      [2, 12],
    ]);
  });
});
