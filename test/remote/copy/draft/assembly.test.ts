/** What pieces may be, and what becomes of them in each kind of draft. */
import { linkSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Assembly } from '../../../../src/remote/copy/draft/assembly.js';
import { openDraft, type DraftPlace } from '../../../../src/remote/copy/draft/draft.js';
import { Proof } from '../../../../src/remote/copy/draft/proof.js';
import type { DraftPiece } from '../../../../src/remote/copy/draft/pieces.js';
import { openExistingFile, localPlace } from '../../../../src/remote/copy/file/place.js';
import { blockCount } from '../../../../src/remote/copy/hashing/hash-list.js';
import { readFileOf, startListing } from '../../../../src/remote/copy/hashing/listing.js';
import { loadHashMethod } from '../../../../src/remote/copy/hashing/methods.js';
import type { Workers } from '../../../../src/remote/copy/worker/pool.js';
import { createJobRunner } from '../../../../src/remote/copy/worker/run-job.js';
import { MAX_PUT_BLOCKS } from '../../../../src/remote/copy/wire/protocol.js';
import { openPlatform } from '../../../../src/store.js';
import type { FileSystem } from '../../../../src/platform/files.js';
import { scratchDirectory } from '../../../support/directory.js';

import { noise } from '../../../support/seed.js';

const BLOCK = 4096;
const old = noise(16 * BLOCK, 1);
const { files } = openPlatform();
const method = await loadHashMethod('blake3');

/** A file system without copies that share their blocks. */
const withoutClones: FileSystem = { ...files, cloneFile: () => false };

interface Options {
  readonly sizeBytes?: number;
  /** The old file has as many bytes, all but the usual ones a hole. */
  readonly large?: number;
  readonly blockBytes?: number;
  /** Where the new file is made; 'linked': in a second name of the old one. */
  readonly where?: DraftPlace | 'linked';
  /** What runs the jobs. */
  readonly run?: ReturnType<typeof createJobRunner>;
  /** Blocks that the search put in their places, one byte each. */
  readonly placed?: Uint8Array;
  /** Told of the memory that pieces take. */
  readonly hold?: (bytes: number) => void;
}

/** A new file that is made from an old one. */
async function assemble({
  sizeBytes = old.length,
  large = old.length,
  blockBytes = BLOCK,
  where = 'beside',
  run = createJobRunner(files),
  placed,
  hold,
}: Options = {}) {
  const workers: Workers = {
    laneCount: 1,
    run: (job) => run(job) as never,
    close: () => Promise.resolve(),
  };
  const directory = scratchDirectory();
  const path = join(directory, 'old');
  writeFileSync(path, old);
  truncateSync(path, large);
  const target = where === 'linked' ? join(directory, 'linked') : path;
  if (where === 'linked') linkSync(path, target);
  const place = localPlace(files, path);
  const file = openExistingFile(files, place);
  const targetPlace = localPlace(files, target);
  const kind = where === 'linked' ? 'in-place' : where;
  const draft = openDraft(withoutClones, targetPlace, kind, file);
  const listing = startListing(workers, file, { blockBytes, method, onHashed: () => undefined });
  await listing.ready(blockCount(listing.list));
  const basis = { file, list: listing.list, placed };
  const about = { files, workers, draft, basis, sizeBytes, blockBytes, method, hold };
  const assembly = new Assembly(about);
  onTestFinished(() => [draft, file, place, targetPlace].forEach((one) => one.close()));
  const put = (pieces: readonly DraftPiece[], bytes = new SharedArrayBuffer(BLOCK)) =>
    assembly.apply(pieces, bytes);
  return { assembly, put, path, file, draft };
}

const refused = { code: 'REMOTE_REQUEST' };

describe('a piece is refused', () => {
  const fits: readonly (readonly [string, DraftPiece])[] = [
    ['kept', { type: 'keep', offset: 15 * BLOCK, length: BLOCK }],
    ['copied', { type: 'copy', offset: 0, length: BLOCK, from: 15 * BLOCK }],
    ['of data', { type: 'data', offset: 15 * BLOCK, length: BLOCK, at: 0 }],
    ['of zeros', { type: 'zeros', offset: 15 * BLOCK, length: BLOCK }],
  ];

  test.each(fits)(
    'that is %s: without bytes, or one byte beyond the end of the new file',
    async (_, piece) => {
      const { put } = await assemble();
      await put([piece]);
      for (const change of [{ length: 0 }, { offset: 15 * BLOCK + 1 }]) {
        await expect((await assemble()).put([{ ...piece, ...change }])).rejects.toMatchObject(
          refused,
        );
      }
    },
  );

  test('that lies beyond the end of the old file, which is the shorter one', async () => {
    const sizeBytes = 32 * BLOCK;
    for (const piece of [
      { type: 'keep', offset: 15 * BLOCK + 1, length: BLOCK },
      { type: 'copy', offset: 0, length: BLOCK, from: 15 * BLOCK + 1 },
    ] as const) {
      const { put } = await assemble({ sizeBytes });
      await expect(put([piece])).rejects.toMatchObject(refused);
    }
  });

  test('of data that is longer than a block', async () => {
    const { put } = await assemble();
    const bytes = new SharedArrayBuffer(2 * BLOCK);
    const data = { type: 'data', offset: 0, at: 0 } as const;
    await expect(put([{ ...data, length: BLOCK + 1 }], bytes)).rejects.toMatchObject(refused);
    await put([{ ...data, length: BLOCK }], bytes);
  });

  test('together with all others of its request: nothing is written', async () => {
    const { put, path } = await assemble({ where: 'in-place' });
    const pieces = [
      { type: 'zeros', offset: 0, length: BLOCK },
      { type: 'zeros', offset: BLOCK, length: 0 },
    ] as const;
    await expect(put(pieces)).rejects.toMatchObject(refused);
    expect(readFileSync(path).equals(old)).toBe(true);
  });

  test('that makes more of the file than there is, in one request or in several', async () => {
    const whole = { type: 'zeros', offset: 0, length: old.length } as const;
    const more = { type: 'zeros', offset: 0, length: 1 } as const;
    const { put } = await assemble();
    await put([whole]);
    await expect(put([more])).rejects.toMatchObject(refused);
    await expect((await assemble()).put([whole, more])).rejects.toMatchObject(refused);
  });

  test('that is of more blocks than a request may have', async () => {
    const blockBytes = 16;
    const most = MAX_PUT_BLOCKS * blockBytes;
    const longest = await assemble({ sizeBytes: 2 * most, blockBytes });
    await longest.put([{ type: 'zeros', offset: 0, length: most }]);
    const { put } = await assemble({ sizeBytes: 2 * most, blockBytes });
    const zeros = put([{ type: 'zeros', offset: 0, length: most + 1 }]);
    await expect(zeros).rejects.toMatchObject(refused);
  });
});

describe('what comes from another place of the old file', () => {
  const piece = { type: 'copy', offset: 0, length: BLOCK, from: BLOCK } as const;

  test('is copied into a new file', async () => {
    const { put, assembly } = await assemble();
    await put([piece]);
    expect(assembly.bytesWritten).toBe(BLOCK);
  });

  test.each(['in-place', 'linked'] as const)(
    'is refused where both are one file, whose bytes may be new already: %s',
    async (where) => {
      const { put, path } = await assemble({ where });
      await expect(put([piece])).rejects.toMatchObject(refused);
      expect(readFileSync(path).equals(old)).toBe(true);
    },
  );
});

describe('zeros', () => {
  const zeros = { type: 'zeros', offset: 4 * BLOCK, length: 8 * BLOCK } as const;
  const others = [
    { type: 'keep', offset: 0, length: 4 * BLOCK },
    { type: 'keep', offset: 12 * BLOCK, length: 4 * BLOCK },
  ] as const;
  const expected = Buffer.from(old).fill(0, 4 * BLOCK, 12 * BLOCK);

  test.each(['in-place', 'beside'] as const)('take no space: %s', async (where) => {
    const { put, path, assembly } = await assemble({ where });
    await put([zeros, ...others]);
    // In a new file, where they are from the start, it is what is kept.
    expect(assembly.bytesWritten).toBe(8 * BLOCK);
    assembly.publish(rootOf(expected), { mode: undefined, mtime: undefined });
    expect(readFileSync(path).equals(expected)).toBe(true);
    expect(statSync(path).blocks * 512).toBeLessThanOrEqual(9 * BLOCK);
  });

  test('are written where no hole can be punched', async () => {
    const at = { ...files.at, punchHole: () => false };
    const options = { where: 'in-place', run: createJobRunner({ ...files, at }) } as const;
    const { put, path, assembly } = await assemble(options);
    await put([zeros, ...others]);
    assembly.publish(rootOf(expected), { mode: undefined, mtime: undefined });
    expect(readFileSync(path).equals(expected)).toBe(true);
  });

  test('that are no whole blocks are proved, too', async () => {
    const { put, path, assembly } = await assemble({ where: 'in-place', sizeBytes: 2 * BLOCK + 5 });
    await put([
      { type: 'keep', offset: 0, length: BLOCK },
      { type: 'zeros', offset: BLOCK, length: BLOCK + 5 },
    ]);
    const cut = Buffer.concat([old.subarray(0, BLOCK), Buffer.alloc(BLOCK + 5)]);
    assembly.publish(rootOf(cut), { mode: undefined, mtime: undefined });
    expect(readFileSync(path).equals(cut)).toBe(true);
  });
});

test('another root than that of the pieces publishes nothing: COPY_MISMATCH', async () => {
  const { put, path, assembly } = await assemble();
  await put([{ type: 'zeros', offset: 0, length: old.length }]);
  const publish = (root: string) => () =>
    assembly.publish(root, { mode: undefined, mtime: undefined });
  expect(publish('0'.repeat(64))).toThrow(expect.objectContaining({ code: 'COPY_MISMATCH' }));
  expect(readFileSync(path).equals(old)).toBe(true);
  publish(rootOf(Buffer.alloc(old.length)))();
  expect(readFileSync(path).equals(Buffer.alloc(old.length))).toBe(true);
});

test('pages are of the old file, and end with it', async () => {
  const { assembly, file } = await assemble({ sizeBytes: 32 * BLOCK });
  const digests = await assembly.hashPages([{ offset: 15 * BLOCK, length: BLOCK }], BLOCK);
  expect(Buffer.from(digests).equals(method.digest(old.subarray(15 * BLOCK)))).toBe(true);
  const beyond = { offset: 15 * BLOCK + 1, length: BLOCK };
  expect(() => assembly.hashPages([beyond], BLOCK)).toThrow(expect.objectContaining(refused));
  expect(readFileOf(file).sizeBytes).toBe(old.length);
});

/** The whole-file hash of bytes that are cut into blocks. */
function rootOf(bytes: Buffer): string {
  const proof = new Proof(method.digestBytes);
  for (let offset = 0; offset < bytes.length; offset += BLOCK) {
    const block = bytes.subarray(offset, offset + BLOCK);
    proof.add(offset, block.length, method.digest(block));
  }
  return proof.root(bytes.length);
}

describe('what is copied', () => {
  const MIB = 1024 * 1024;
  const copyAll: DraftPiece[] = [{ type: 'copy', offset: 0, length: old.length - 5, from: 5 }];

  test.each([BLOCK, 3000, 16])(
    'is proved in blocks of %i, however it is shared out',
    async (blockBytes) => {
      const { assembly, put, path } = await assemble({ blockBytes, sizeBytes: old.length - 5 });
      await put(copyAll);
      const proof = new Proof(method.digestBytes);
      const made = old.subarray(5);
      for (let at = 0; at < made.length; at += blockBytes) {
        const block = made.subarray(at, at + blockBytes);
        proof.add(at, block.length, method.digest(block));
      }
      assembly.publish(proof.root(made.length), { mode: undefined, mtime: undefined });
      expect(readFileSync(path).equals(made)).toBe(true);
      expect(assembly.bytesWritten).toBe(made.length);
    },
  );

  test.each([
    [BLOCK, [16 * MIB, 16 * MIB, 8 * MIB]],
    [3 * MIB, [15 * MIB, 15 * MIB, 10 * MIB]],
    // Blocks of odd lengths stay whole.
    [5_000_000, [15_000_000, 15_000_000, 40 * MIB - 30_000_000]],
  ])(
    'is shared out in jobs of whole blocks, of 16 MiB: blocks of %i',
    async (blockBytes, lengths) => {
      const jobs: number[] = [];
      const real = createJobRunner(files);
      const run: typeof real = async (job) => {
        if (job.type !== 'copy') return real(job);
        jobs.push(job.moves.reduce((sum, { length }) => sum + length, 0));
        const parts = job.moves.reduce(
          (sum, { length }) => sum + Math.ceil(length / blockBytes),
          0,
        );
        return Promise.resolve(new Uint8Array(parts * method.digestBytes));
      };
      const { put, path } = await assemble({
        blockBytes,
        sizeBytes: 40 * MIB,
        run,
        large: 40 * MIB,
      });
      await put([{ type: 'copy', offset: 0, length: 40 * MIB, from: 0 }]);
      expect(jobs).toEqual(lengths);
      expect(statSync(path).size).toBe(40 * MIB);
    },
  );

  test('was put there by the search where it says so: it is proved, counted, and not copied again', async () => {
    const placed = new Uint8Array(16).fill(1, 3, 6);
    const jobs: number[] = [];
    const real = createJobRunner(files);
    const run: typeof real = (job) => {
      if (job.type === 'copy')
        jobs.push(...job.moves.flatMap(({ offset, length }) => [offset, length]));
      return real(job);
    };
    const { assembly, put, path, draft } = await assemble({ placed, run });
    for (const block of [3, 4, 5])
      files.write(
        draft.descriptor,
        old.subarray(block * BLOCK, (block + 1) * BLOCK),
        block * BLOCK,
      );
    await put([{ type: 'keep', offset: 0, length: old.length }]);
    expect(jobs).toEqual([0, 3 * BLOCK, 6 * BLOCK, 10 * BLOCK]);
    expect(assembly.bytesWritten).toBe(old.length);
    const proof = new Proof(method.digestBytes);
    for (let at = 0; at < old.length; at += BLOCK)
      proof.add(at, BLOCK, method.digest(old.subarray(at, at + BLOCK)));
    assembly.publish(proof.root(old.length), { mode: undefined, mtime: undefined });
    expect(readFileSync(path).equals(old)).toBe(true);
  });
});

test('a new file has its length from the beginning, an old one as it was', async () => {
  const sizeBytes = 20 * BLOCK;
  const beside = await assemble({ sizeBytes });
  expect(files.at.statOpen(beside.draft.descriptor).sizeBytes).toBe(sizeBytes);
  const inPlace = await assemble({ sizeBytes, where: 'in-place' });
  expect(statSync(inPlace.path).size).toBe(old.length);
});

test.each([
  ['beside', 'keep', 3],
  ['in-place', 'keep', 0],
  ['beside', 'copy', 3],
  ['beside', 'zeros', 0],
] as const)(
  'memory is asked for before it is taken, %s for what is to %s',
  async (where, type, leaves) => {
    const held: number[] = [];
    const { put } = await assemble({ where, hold: (bytes) => held.push(bytes) });
    const range = { offset: 0, length: 2 * BLOCK + 5 };
    await put([type === 'copy' ? { ...range, type, from: BLOCK } : { ...range, type }]);
    const proof = new Proof(method.digestBytes);
    expect(held).toEqual([proof.heldBytes(1) + leaves * method.digestBytes]);
    const none = await assemble({
      where,
      hold: () => {
        throw new Error('no memory');
      },
    });
    await expect(none.put([{ ...range, type: 'zeros' }])).rejects.toThrow('no memory');
  },
);
