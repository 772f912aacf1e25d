/** A blob is what its recipe gives and its hash proves, or damaged; nothing else is either. */
import { describe, expect, test } from 'vitest';
import { CodedError } from '../../../src/errors.js';
import { blake3 } from '../../../src/platform/hash.js';
import { checkHash, rebuildBlob } from '../../../src/repo/chain/rebuild.js';
import type { BlobAddress, BlobRecipe } from '../../../src/repo/model.js';
import { noise } from '../../support/seed.js';
import { watchedWorker } from '../../support/watched-worker.js';

const FULL = noise(4000, 1);
/** Each a delta against the one before; the last is far longer than the full copy. */
const TEXTS = [
  Buffer.concat([noise(30, 2), FULL.subarray(0, 3900)]),
  Buffer.concat([noise(10, 3), FULL.subarray(0, 3000)]),
  Buffer.concat([FULL, noise(5000, 4), FULL]),
];

function prepare() {
  const worker = watchedWorker();
  const [full] = worker.putFulls(FULL);
  const deltas = TEXTS.map((text, at) => worker.putDelta(TEXTS[at - 1] ?? FULL, text));
  const recipe = (links: number): BlobRecipe => {
    const bytes = TEXTS[links - 1] ?? FULL;
    return {
      hash: blake3(bytes),
      lengthBytes: bytes.length,
      full: full!,
      deltas: deltas.slice(0, links),
    };
  };
  const spoil = ({ frame }: BlobAddress): void => {
    // Every text has these bytes of the full copy.
    const at = Math.max(frame.lengthBytes - 3500, 0) || frame.lengthBytes - 1;
    worker.packs.packs.get(frame.pack)![frame.offset + at]! ^= 4;
  };
  return { ...worker, reader: worker.context.reader, recipe, spoil };
}

test.each([0, 1, 2, 3])('a blob of %i links has its bytes, however long', (links) => {
  const { reader, recipe } = prepare();
  expect(Buffer.from(rebuildBlob(reader, recipe(links))).equals(TEXTS[links - 1] ?? FULL)).toBe(
    true,
  );
});

test('only what is rebuilt of deltas lies in a buffer that is given for it', () => {
  const { reader, recipe, pool } = prepare();
  const asked: number[] = [];
  const allocate = (lengthBytes: number): Buffer => {
    asked.push(lengthBytes);
    return pool.take(lengthBytes);
  };
  rebuildBlob(reader, recipe(0), allocate);
  expect(asked).toEqual([]);
  const made = rebuildBlob(reader, recipe(2), allocate);
  expect(asked).toEqual([TEXTS[1]!.length]);
  pool.give(made);
});

describe('a blob is damaged', () => {
  const damageOf = (act: () => unknown): unknown => {
    try {
      act();
      return undefined;
    } catch (error) {
      const { code, message, hint, cause } = error as CodedError;
      return { code, message, hint, cause: (cause as CodedError).code };
    }
  };

  test.each([
    ['its full copy has other bytes', 0, 'full', 'FRAME_CORRUPT'],
    ['a delta on the way does', 2, 'delta', 'FRAME_CORRUPT'],
  ] as const)('where %s', (_, links, which, cause) => {
    const { reader, recipe, spoil } = prepare();
    const wanted = recipe(links);
    spoil(which === 'full' ? wanted.full : wanted.deltas[0]!);
    const hash = Buffer.from(wanted.hash).toString('hex');
    expect(damageOf(() => rebuildBlob(reader, wanted))).toEqual({
      code: 'BLOB_DAMAGED',
      message: expect.stringMatching(new RegExp(`^Blob ${hash} cannot be rebuilt: \\S`)) as string,
      hint: 'Run `varve verify` to see what is affected, then `varve repair`.',
      cause,
    });
  });

  test('where the full copy that its deltas rest on has other bytes', () => {
    const { reader, recipe, spoil } = prepare();
    for (const links of [1, 2, 3]) {
      const wanted = recipe(links);
      if (links === 1) spoil(wanted.full);
      expect(damageOf(() => rebuildBlob(reader, wanted))).toMatchObject({ code: 'BLOB_DAMAGED' });
    }
  });

  test('where it is another, or its pack is gone', () => {
    const { reader, recipe, packs } = prepare();
    const other = { ...recipe(0), hash: blake3(noise(5, 1)) };
    expect(damageOf(() => rebuildBlob(reader, other))).toMatchObject({ cause: 'FRAME_CORRUPT' });
    packs.packs.clear();
    expect(damageOf(() => rebuildBlob(reader, recipe(1)))).toMatchObject({ cause: 'PACK_MISSING' });
  });

  test('where it is longer than the index says', () => {
    const { reader, recipe } = prepare();
    const short = { ...recipe(3), lengthBytes: TEXTS[2]!.length - 1 };
    expect(damageOf(() => rebuildBlob(reader, short))).toMatchObject({ code: 'BLOB_DAMAGED' });
  });
});

test.each([new TypeError('a bug'), new CodedError('OUT_OF_MEMORY', 'no memory')])(
  'what says nothing of its bytes is no damage: %s',
  (error) => {
    const { recipe } = prepare();
    const broken = {
      readFull: () => {
        throw error;
      },
      readDelta: () => {
        throw error;
      },
      recycle: () => undefined,
    };
    for (const links of [0, 2]) {
      expect(() => rebuildBlob(broken, recipe(links))).toThrow(error);
    }
  },
);

test('bytes are those of a hash, or corrupt', () => {
  const bytes = noise(100, 1);
  expect(checkHash(bytes, blake3(bytes))).toBe(bytes);
  expect(() => checkHash(bytes, blake3(noise(100, 2)))).toThrow(
    expect.objectContaining({
      code: 'FRAME_CORRUPT',
      message: 'The stored bytes do not match the hash of their blob.',
    }),
  );
});
