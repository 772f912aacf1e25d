/**
 * Reads blobs and deltas out of packs. Decoded sections are kept while they fit, so that neighbours
 * in a frame are decoded once. What comes back is checked against lengths here and against hashes by
 * whoever rebuilds a blob.
 */
import type { Delta } from '../../delta/delta.js';
import { count } from '../../platform/count.js';
import { CodedError } from '../../errors.js';
import type { BlobAddress, FrameAddress } from '../model.js';
import type { BufferPool } from './buffer-pool.js';
import { decodeFrameHead, decodeSection, isPayloadIntact, type FrameHead } from './frame.js';
import type { PackStore } from './pack-store.js';

export interface FrameReader {
  /** The bytes of a member that is stored whole. @throws CodedError FRAME_CORRUPT, PACK_MISSING */
  readFull(address: BlobAddress): Uint8Array;
  /** The delta at `address`. @throws CodedError FRAME_CORRUPT, PACK_MISSING */
  readDelta(address: BlobAddress): Delta;
  /** The caller no longer holds anything that was read: the memory may be reused. */
  recycle(): void;
}

/** What is held of each member beside its bytes: of a frame of tiny blobs more than these. */
const MEMBER_BYTES = 300;

interface DecodedFrame {
  readonly head: FrameHead;
  readonly sections: readonly Uint8Array[];
  /** Where each member's bytes begin in each section. */
  readonly starts: readonly (readonly number[])[];
  readonly sizeBytes: number;
  /** Buffers of the pool that the sections lie in. */
  readonly buffers: readonly Buffer[];
}

/** A reader that keeps up to `cacheBytes` of decoded frames. */
export function createFrameReader(
  store: PackStore,
  cacheBytes: number,
  pool: BufferPool,
): FrameReader {
  const cache = new Map<string, DecodedFrame>();
  const evicted: DecodedFrame[] = [];
  let cachedBytes = 0;

  const load = (address: FrameAddress): DecodedFrame => {
    const key = `${address.pack}:${address.offset}`;
    const hit = cache.get(key);
    if (hit) {
      // The one used longest ago stands first.
      cache.delete(key);
      cache.set(key, hit);
      return hit;
    }
    const frame = readDecoded(store, address, pool);
    cache.set(key, frame);
    cachedBytes += frame.sizeBytes;
    for (const [oldest, old] of cache) {
      if (cachedBytes <= cacheBytes || oldest === key) break;
      cache.delete(oldest);
      cachedBytes -= old.sizeBytes;
      evicted.push(old);
    }
    return frame;
  };

  return {
    readFull(address) {
      const { head, sections, starts } = load(address.frame);
      const member = head.fullMembers[address.member];
      if (!member || !areSameBytes(member.hash, address.hash)) throw misplaced(address);
      checkLength(member.lengthBytes, address);
      return slice(sections[0], starts[address.member]?.[0], member.lengthBytes);
    },
    readDelta(address) {
      const delta = deltaAt(load(address.frame), address.member);
      if (!delta || !areSameBytes(delta.targetHash, address.hash)) throw misplaced(address);
      checkLength(delta.targetLength, address);
      return delta;
    },
    recycle() {
      for (const { buffers } of evicted.splice(0)) for (const buffer of buffers) pool.give(buffer);
    },
  };
}

function readDecoded(store: PackStore, address: FrameAddress, pool: BufferPool): DecodedFrame {
  const stored = pool.take(address.lengthBytes);
  const buffers: Buffer[] = [];
  try {
    const frame = decodeFrame(readFrame(store, address, stored), (lengthBytes) => {
      const buffer = pool.take(lengthBytes);
      buffers.push(buffer);
      return buffer;
    });
    const isView = frame.sections.some(({ buffer }) => buffer === stored.buffer);
    if (isView) return { ...frame, buffers: [...buffers, stored] };
    pool.give(stored);
    return { ...frame, buffers };
  } catch (error) {
    pool.give(stored);
    throw error;
  }
}

/** The whole frame as stored. @throws CodedError FRAME_CORRUPT when the pack ends before it does */
export function readFrame(store: PackStore, address: FrameAddress, buffer?: Buffer): Buffer {
  const bytes = store.read(address.pack, address.offset, address.lengthBytes, buffer);
  if (bytes.length === address.lengthBytes) return bytes;
  throw new CodedError(
    'FRAME_CORRUPT',
    `Pack ${address.pack} ends inside the frame at ${address.offset}: ` +
      `expected ${count(address.lengthBytes, 'byte')}, found ${bytes.length}.`,
    { hint: 'Run `varve verify` to see what is affected, then `varve repair`.' },
  );
}

/** Whether the frame of whole blobs in `frame` decodes to exactly `bytes`. */
export function decodesTo(frame: Buffer, bytes: Uint8Array, pool: BufferPool): boolean {
  const buffer = pool.take(bytes.length);
  const section = decodeSection(decodeFrameHead(frame), frame, 0, () => buffer);
  const isEqual = Buffer.compare(section, bytes) === 0;
  pool.give(buffer);
  return isEqual;
}

/** Every delta of the frame in `bytes`. @throws CodedError FRAME_CORRUPT */
export function decodeDeltas(bytes: Buffer): Delta[] {
  const frame = decodeFrame(bytes);
  const deltas = frame.head.deltaMembers.map((_, member) => deltaAt(frame, member));
  return deltas.filter((delta) => delta !== undefined);
}

function deltaAt(
  { head, sections, starts }: Omit<DecodedFrame, 'buffers'>,
  index: number,
): Delta | undefined {
  const member = head.deltaMembers[index];
  if (!member) return undefined;
  const stream = (position: 0 | 1 | 2 | 3): Uint8Array =>
    slice(sections[position], starts[index]?.[position], member.streamBytes[position]);
  return {
    basisHash: member.basisHash,
    targetHash: member.hash,
    targetLength: member.lengthBytes,
    literalLengths: stream(0),
    copyLengths: stream(1),
    copyOffsets: stream(2),
    literals: stream(3),
  };
}

function decodeFrame(
  bytes: Buffer,
  into?: (lengthBytes: number) => Buffer,
): Omit<DecodedFrame, 'buffers'> {
  const head = decodeFrameHead(bytes);
  // A full blob is proven by its hash; a delta that is folded or moved on is proven only here.
  if (head.deltaMembers.length > 0 && !isPayloadIntact(head, bytes)) {
    throw new CodedError('FRAME_CORRUPT', 'A frame of deltas is damaged: its checksum is wrong.');
  }
  const sections = head.sections.map((_, index) => decodeSection(head, bytes, index, into));
  const starts = memberStarts(head);
  const members = head.fullMembers.length + head.deltaMembers.length;
  const sizeBytes = sections.reduce((sum, s) => sum + s.length, members * MEMBER_BYTES);
  return { head, sections, starts, sizeBytes };
}

function memberStarts(head: FrameHead): number[][] {
  const lengths = [
    ...head.fullMembers.map((member) => [member.lengthBytes]),
    ...head.deltaMembers.map((member) => [...member.streamBytes]),
  ];
  const next = head.sections.map(() => 0);
  return lengths.map((parts) => {
    const start = [...next];
    parts.forEach((bytes, index) => (next[index] = (next[index] ?? 0) + bytes));
    return start;
  });
}

function slice(section: Uint8Array | undefined, start = 0, length = 0): Uint8Array {
  if (section && start + length <= section.length) return section.subarray(start, start + length);
  throw new CodedError('FRAME_CORRUPT', 'A frame is damaged: a member extends beyond its section.');
}

function misplaced({ hash, frame, member }: BlobAddress): CodedError {
  return new CodedError(
    'FRAME_CORRUPT',
    `The frame at ${frame.offset} of pack ${frame.pack} does not hold blob ` +
      `${Buffer.from(hash).toString('hex')} as its member ${member}.`,
    { hint: 'Run `varve verify` to see what is affected, then `varve repair --rebuild-index`.' },
  );
}

/** By the lengths of the index the pieces of a file are put in their places. */
function checkLength(storedBytes: number, { hash, lengthBytes }: BlobAddress): void {
  if (storedBytes === lengthBytes) return;
  throw new CodedError(
    'FRAME_CORRUPT',
    `Blob ${Buffer.from(hash).toString('hex')} has ${count(storedBytes, 'byte')}, the index says ${lengthBytes}.`,
    { hint: 'Run `varve repair --rebuild-index`.' },
  );
}

function areSameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}
