/** Reads a stream of unknown length and stores it like a file, in memory that does not grow with it. */
import { HASH_BYTES } from '../../../delta/hash.js';
import type { ContentRef } from '../../model.js';
import type { ByteStream } from '../../platform/byte-streams.js';
import { createLimiter } from '../limiter.js';
import type { Repository } from '../repository.js';
import type { WritingRun } from '../writing-run.js';
import { createDedup } from './dedup.js';
import { contentOf } from './large-file.js';
import { createPieceCutter, type Pieces } from './piece-cutter.js';
import { storeTicket } from './store-ticket.js';

export interface StreamRead {
  readonly content: ContentRef;
  /** Hashes of its blobs, in order. */
  readonly blobs: readonly Uint8Array[];
  readonly sizeBytes: number;
}

/** As long as what is mostly cut at once. */
const SLOT_BYTES = 4 * 1024 * 1024;
/** Jobs under way on each worker: one at work, one ready. */
const JOBS_A_WORKER = 2;

/** @throws what the stream fails with */
export async function readStream(
  stream: ByteStream,
  { index, config }: Repository,
  run: WritingRun,
  options: {
    readonly signal: AbortSignal | undefined;
    readonly onProgress: (bytes: number) => void;
  },
): Promise<StreamRead> {
  const dedup = createDedup(index);
  const limiter = createLimiter(run.pool.laneCount * JOBS_A_WORKER);
  const cutter = createPieceCutter(config.chunking);
  const slots = createSlots();
  const parts: { readonly blobs: readonly number[]; readonly hashes: Uint8Array }[] = [];
  let count = 0;
  let sizeBytes = 0;

  const store = async (position: number, { bytes, lengths }: Pieces): Promise<void> => {
    const lane = run.pool.idlestLane();
    const slot = slots.fill(bytes);
    const job = { type: 'take-pieces', ticket: position, bytes: slot, lengths } as const;
    const { hashes } = await run.pool.run(job, lane);
    slots.give(slot);
    const claims = await storeTicket(run, dedup, { lane, ticket: position, lengths, hashes });
    parts[position] = { blobs: claims.map(({ blob }) => blob), hashes };
  };
  const storeAll = async (groups: Iterable<Pieces>): Promise<void> => {
    for (const pieces of groups) {
      const position = count++;
      await limiter.start(() => store(position, pieces));
    }
  };

  for await (const bytes of stream.open(options.signal)) {
    sizeBytes += bytes.length;
    await storeAll(cutter.push(bytes));
    options.onProgress(sizeBytes);
  }
  await storeAll(cutter.end());
  await limiter.drain();
  const hashes = parts.flatMap((part) => separate(part.hashes));
  const blobs = parts.flatMap((part) => part.blobs);
  return { content: contentOf(index, blobs, hashes, sizeBytes), blobs: hashes, sizeBytes };
}

/**
 * Memory that this thread and the workers see, used again as soon as a worker has taken its bytes out:
 * sent in messages, each window would be garbage of 4 MiB in every thread that it comes through.
 */
function createSlots() {
  const free: SharedArrayBuffer[] = [];
  return {
    fill(bytes: Uint8Array): Uint8Array<SharedArrayBuffer> {
      const fits = free.findIndex(({ byteLength }) => byteLength >= bytes.length);
      const [reused] = fits === -1 ? [] : free.splice(fits, 1);
      const buffer = reused ?? new SharedArrayBuffer(Math.max(bytes.length, SLOT_BYTES));
      const slot = new Uint8Array(buffer, 0, bytes.length);
      slot.set(bytes);
      return slot;
    },
    give: ({ buffer }: Uint8Array<SharedArrayBuffer>) => void free.push(buffer),
  };
}

/** Hashes that lie end to end. */
function separate(hashes: Uint8Array): Uint8Array[] {
  return Array.from({ length: hashes.length / HASH_BYTES }, (_, index) =>
    hashes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES),
  );
}
