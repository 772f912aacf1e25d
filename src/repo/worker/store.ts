/** Puts the wanted blobs of a ticket into frames: small ones side by side, a large one alone. */
import { HASH_BYTES } from '../../platform/hash.js';
import type { StoredFrame } from '../model.js';
import { laneWriter, type Ticket, type WorkerContext } from './context.js';
import type { StoreJob, StoreResult } from './jobs.js';
import { retirePairs } from './retire.js';

/**
 * Small blobs share a frame until it holds this many raw bytes; a blob of {@link ALONE_BYTES} or more
 * has its own, whose space can be given back at once. On 46 600 files of a system tree: 187 MB with
 * 256 KiB frames, 178 with 1 MiB, 175 with 2 MiB; reading one small file decodes one frame, 1 ms.
 */
const SHARED_FRAME_BYTES = 1024 * 1024;
const ALONE_BYTES = 512 * 1024;

const NO_BASES: ReadonlySet<number> = new Set();

export function storeTicket(context: WorkerContext, job: StoreJob): StoreResult {
  const ticket = context.tickets.get(job.ticket);
  if (!ticket) throw new Error(`no ticket ${job.ticket}`);
  context.tickets.delete(job.ticket);
  const bases = new Set(job.replaced.map(({ position }) => position));
  const isWanted = (position: number): boolean => job.wanted[position] === 1;
  const frames = storeBlobs(context, ticket, isWanted, bases);
  const { frames: deltaFrames } = retirePairs(
    context,
    job.replaced.map(({ old, oldStoredBytes, position }) => ({
      old,
      oldStoredBytes,
      newers: [
        { hash: hashAt(ticket, position), read: () => gather(ticket, [position]), stays: true },
      ],
    })),
  );
  context.pool.give(ticket.bytes);
  return { frames, deltaFrames };
}

function hashAt({ hashes }: Ticket, position: number): Uint8Array {
  return hashes.subarray(position * HASH_BYTES, (position + 1) * HASH_BYTES);
}

/** Appends the blobs of `ticket` that `isWanted` names; deltas are to rest on `bases`. */
export function storeBlobs(
  context: WorkerContext,
  ticket: Ticket,
  isWanted: (position: number) => boolean,
  bases: ReadonlySet<number> = NO_BASES,
): StoredFrame[] {
  const frames: StoredFrame[] = [];
  let group: number[] = [];
  let groupBytes = 0;
  const flush = (): void => {
    if (group.length > 0) frames.push(appendGroup(context, ticket, group, bases));
    group = [];
    groupBytes = 0;
  };

  ticket.lengths.forEach((length, position) => {
    if (length === 0 || !isWanted(position)) return;
    if (length >= ALONE_BYTES || !ticket.sharesFrames) {
      frames.push(appendGroup(context, ticket, [position], bases));
      return;
    }
    group.push(position);
    groupBytes += length;
    if (groupBytes >= SHARED_FRAME_BYTES) flush();
  });
  flush();
  return frames;
}

function appendGroup(
  context: WorkerContext,
  ticket: Ticket,
  positions: readonly number[],
  bases: ReadonlySet<number>,
): StoredFrame {
  const members = positions.map((position) => ({
    hash: hashAt(ticket, position),
    lengthBytes: ticket.lengths[position] ?? 0,
  }));
  const isBasis = positions.some((position) => bases.has(position));
  return laneWriter(context).appendFull(members, gather(ticket, positions), positions, isBasis);
}

/** The blobs end to end: a view where they are so already, else a copy. */
function gather(ticket: Ticket, positions: readonly number[]): Uint8Array {
  const parts = positions.map((position) => {
    const start = ticket.starts[position] ?? 0;
    return { start, end: start + (ticket.lengths[position] ?? 0) };
  });
  const isContiguous = parts.every((part, index) => {
    const before = parts[index - 1];
    return before === undefined || before.end === part.start;
  });
  const [first] = parts;
  const last = parts.at(-1);
  if (isContiguous && first && last) return ticket.bytes.subarray(first.start, last.end);
  return Buffer.concat(parts.map(({ start, end }) => ticket.bytes.subarray(start, end)));
}
