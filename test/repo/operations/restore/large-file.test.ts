import { describe, expect, test } from 'vitest';
import type { BlobRecipe } from '../../../../src/repo/model.js';
import { fillFile } from '../../../../src/repo/operations/restore/large-file.js';
import type { WorkingFile } from '../../../../src/repo/operations/restore/working-file.js';
import type { HeldRepository } from '../../../../src/repo/repository/held.js';
import type { RestorePiece } from '../../../../src/repo/worker/jobs.js';
import { createLimiter } from '../../../../src/threads/limiter.js';

const MIB = 1024 * 1024;

/** A blob of so many bytes, a hole, or one that is lost. */
type Blob = number | { readonly hole: number } | 'lost';

interface Case {
  readonly blobs: readonly Blob[];
  readonly leavesHoles?: boolean;
  readonly looksFinished?: boolean;
  /** Bytes of each part, in the order of their beginnings, that are not there yet; `undefined`: it fails. */
  readonly differs?: (position: number, bytes: number) => number | undefined;
}

const lengthOf = (piece: RestorePiece): number =>
  piece.type === 'zeros' ? piece.lengthBytes : piece.recipe.lengthBytes;
const positionOf = ({ places }: RestorePiece): number => places[0]!.position;
const shown = (piece: RestorePiece): string =>
  `${piece.type === 'zeros' ? 'zeros ' : ''}${positionOf(piece)}+${lengthOf(piece)}`;

/** What filling a file asks of workers, and what it tells. */
async function fill({ blobs, leavesHoles = false, looksFinished = false, differs }: Case) {
  const calls: string[] = [];
  const parts: RestorePiece[][] = [];
  let toldBytes = 0;
  const repository = {
    index: {
      blobs: {
        holeBytes(id: number) {
          const blob = blobs[id];
          return typeof blob === 'object' ? blob.hole : undefined;
        },
        recipe(id: number) {
          const blob = blobs[id];
          return typeof blob === 'number' ? ({ lengthBytes: blob } as BlobRecipe) : undefined;
        },
      },
    },
  } as unknown as HeldRepository;
  const working = {
    leavesHoles,
    looksFinished,
    mark: () => void calls.push('mark'),
  } as unknown as WorkingFile;
  const written = await fillFile(repository, working, [...blobs.keys()], {
    limiter: createLimiter(1),
    fillPart(pieces, effect) {
      const start = positionOf(pieces[0]!);
      calls.push(`${effect} ${start}`);
      if (effect === 'write') parts.push([...pieces]);
      const bytes = pieces.reduce((sum, piece) => sum + lengthOf(piece), 0);
      return Promise.resolve(differs ? differs(start, bytes) : bytes);
    },
    onPart: (bytes) => void (toldBytes += bytes),
    onLost: () => void calls.push('lost'),
  });
  return { written, calls, toldBytes, parts: parts.map((part) => part.map(shown)) };
}

describe('a file is filled in parts', () => {
  test('that end with the blob that brings them to 4 MiB', async () => {
    const blobs = [3 * MIB, MIB, 4 * MIB - 1, 2 * MIB, 5];
    const { written, parts, toldBytes } = await fill({ blobs });
    expect(parts).toEqual([
      [`0+${3 * MIB}`, `${3 * MIB}+${MIB}`],
      [`${4 * MIB}+${4 * MIB - 1}`, `${8 * MIB - 1}+${2 * MIB}`],
      [`${10 * MIB - 1}+5`],
    ]);
    expect([written, toldBytes]).toEqual([10 * MIB + 4, 10 * MIB + 4]);
  });

  test('of at most 1024 pieces', async () => {
    const { parts } = await fill({ blobs: Array<Blob>(2050).fill(1) });
    expect(parts.map((part) => part.length)).toEqual([1024, 1024, 2]);
    expect(parts[2]).toEqual(['2048+1', '2049+1']);
  });

  test('that write zeros by the 4 MiB where no hole is left', async () => {
    const { parts, written } = await fill({ blobs: [5, { hole: 9 * MIB }, 7] });
    expect(parts).toEqual([
      ['0+5', `zeros 5+${4 * MIB}`],
      [`zeros ${4 * MIB + 5}+${4 * MIB}`],
      [`zeros ${8 * MIB + 5}+${MIB}`, `${9 * MIB + 5}+7`],
    ]);
    expect(written).toBe(9 * MIB + 12);
  });

  test('that leave a hole as one piece, which costs nothing', async () => {
    const { parts } = await fill({ blobs: [5, { hole: 900 * MIB }, 7], leavesHoles: true });
    expect(parts).toEqual([['0+5', `zeros 5+${900 * MIB}`, `${900 * MIB + 5}+7`]]);
  });

  test('of at most 1024 holes', async () => {
    const blobs = Array<Blob>(1025).fill({ hole: 10 });
    const { parts } = await fill({ blobs, leavesHoles: true });
    expect(parts.map((part) => part.length)).toEqual([1024, 1]);
  });
});

test('a file without bytes is filled', async () => {
  expect(await fill({ blobs: [] })).toMatchObject({ written: 0, calls: [] });
});

test('what is written is counted apart from what is as it should be', async () => {
  const blobs = Array<Blob>(3).fill(4 * MIB);
  const { written, toldBytes } = await fill({ blobs, differs: (position) => position / MIB });
  expect([written, toldBytes]).toEqual([12, 12 * MIB]);
});

describe('a file that looks finished', () => {
  const blobs = Array<Blob>(4).fill(4 * MIB);

  test('is compared only, where all of it is there', async () => {
    const { calls, written, toldBytes } = await fill({
      blobs,
      looksFinished: true,
      differs: () => 0,
    });
    expect(calls).toEqual([0, 4, 8, 12].map((mib) => `count ${mib * MIB}`));
    expect([written, toldBytes]).toEqual([0, 16 * MIB]);
  });

  test('is marked once, before the first byte that is written', async () => {
    const { calls, written } = await fill({
      blobs,
      looksFinished: true,
      differs: (position) => (position >= 4 * MIB ? 100 : 0),
    });
    expect(calls).toEqual([
      'count 0',
      `count ${4 * MIB}`,
      'mark',
      ...[4, 8, 12].map((mib) => `write ${mib * MIB}`),
    ]);
    expect(written).toBe(300);
  });

  test('is marked, where it cannot be compared', async () => {
    const { calls, written } = await fill({
      blobs: [5],
      looksFinished: true,
      differs: () => undefined,
    });
    expect(calls).toEqual(['count 0', 'mark', 'write 0']);
    expect(written).toBeUndefined();
  });
});

describe('a file is not whole', () => {
  test('where a part cannot be written; the others are', async () => {
    const { written, toldBytes, parts } = await fill({
      blobs: Array<Blob>(3).fill(4 * MIB),
      differs: (position, bytes) => (position === 4 * MIB ? undefined : bytes),
    });
    expect(written).toBeUndefined();
    expect(toldBytes).toBe(8 * MIB);
    expect(parts.length).toBe(3);
  });

  test('where a blob is lost: nothing more is written, and it is told once', async () => {
    const { written, calls } = await fill({ blobs: [4 * MIB, 5, 'lost', 4 * MIB, 'lost'] });
    expect(written).toBeUndefined();
    expect(calls).toEqual(['write 0', 'lost']);
  });
});
