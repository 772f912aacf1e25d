/** Reads a stream of unknown length and stores it like a file, in memory that does not grow with it. */
import { HASH_BYTES } from '../../../platform/hash.js';
import type { ContentRef, Version } from '../../model.js';
import type { ByteStream } from '../../../platform/byte-streams.js';
import { createLimiter } from '../../../threads/limiter.js';
import { contentOf, joinHoles, type StoredPiece } from './large-file.js';
import { createOldPieces } from './old-pieces.js';
import { createPieceCutter, type Pieces } from './piece-cutter.js';
import type { SourceRun } from './snapshot-run.js';
import { createTicketStore } from './store-ticket.js';

export interface StreamRead {
  readonly content: ContentRef;
  /** Hashes of its blobs, in order. */
  readonly blobs: readonly Uint8Array[];
  readonly sizeBytes: number;
}

interface StreamOptions {
  /** The version that it is to replace. */
  readonly known: Version | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: (bytes: number) => void;
}

/** As long as what is mostly cut at once. */
const SLOT_BYTES = 4 * 1024 * 1024;
/** Jobs under way on each worker: one at work, one ready. */
const JOBS_A_WORKER = 2;

/** @throws what the stream fails with */
export async function readStream(
  stream: ByteStream,
  { repository: { index, config }, run, ahead }: SourceRun,
  options: StreamOptions,
): Promise<StreamRead> {
  const tickets = createTicketStore(run, index, ahead);
  const limiter = createLimiter(run.pool.laneCount * JOBS_A_WORKER);
  const cutter = createPieceCutter(config.chunking);
  const slots = createSlots();
  const { known } = options;
  const oldPieces = known && createOldPieces(index, known.content);
  /** By ticket, which is the order of the stream. */
  const parts: StoredPiece[][] = [];
  let cutBytes = 0;
  let sizeBytes = 0;

  const store = async ({ bytes, pieces }: Pieces): Promise<void> => {
    const lane = run.pool.idlestLane();
    const ticket = tickets.nextTicket();
    let start = cutBytes;
    cutBytes += pieces.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);
    const slot = slots.fill(bytes);
    const job = { type: 'take-pieces', ticket, bytes: slot, pieces } as const;
    const { lengths, hashes } = await run.pool.run(job, lane);
    slots.give(slot);
    const claims = await tickets.store({ lane, ticket, lengths, hashes }, (position, blob) => {
      const length = lengths[position] ?? 0;
      const old = oldPieces?.at(start, length, blob);
      start += length;
      return old === undefined || !known ? undefined : { path: known.path, old };
    });
    parts[ticket] = pieces.map(({ lengthBytes, isHole }, position) => ({
      hash: hashes.subarray(position * HASH_BYTES, (position + 1) * HASH_BYTES),
      lengthBytes,
      blob: isHole ? undefined : claims[position]?.blob,
    }));
  };
  const storeAll = async (groups: Iterable<Pieces>): Promise<void> => {
    for (const pieces of groups) await limiter.start(() => store(pieces));
  };

  for await (const bytes of stream.open(options.signal)) {
    sizeBytes += bytes.length;
    await storeAll(cutter.push(bytes));
    options.onProgress(sizeBytes);
  }
  await storeAll(cutter.end());
  await limiter.drain();
  const pieces = joinHoles(parts.flat());
  const content = contentOf({ index, holeBlob: tickets.holeBlob }, pieces, sizeBytes);
  return { content, blobs: pieces.map(({ hash }) => hash), sizeBytes };
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
