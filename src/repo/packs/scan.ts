/** Walks the frames of a pack from the front: what rebuilding the index and recovery are made of. */
import { CodedError } from '../../errors.js';
import type { FrameAddress } from '../model.js';
import {
  decodeFrameHead,
  decodeFrameHeader,
  FRAME_HEADER_BYTES,
  FRAME_MAGIC_BYTES,
  isPayloadIntact,
  type FrameHead,
} from './frame.js';
import { PACK_HEADER_BYTES, type PackStore } from './pack-store.js';

export interface ScannedFrame {
  readonly address: FrameAddress;
  readonly head: FrameHead;
  /** False when the payload was given back, or is damaged. */
  readonly isIntact: boolean;
  /** Header, table and payload. */
  readonly bytes: Buffer;
}

/**
 * The frames of `pack` from `start` on. Bytes that do not begin a readable frame are skipped up to
 * the next one that does, so that one bad header costs one frame: compare where a frame begins with
 * where the one before ended to see whether anything was left out.
 */
export function* scanPack(
  store: PackStore,
  pack: number,
  start = PACK_HEADER_BYTES,
): Generator<ScannedFrame> {
  const size = store.sizeBytes(pack) ?? 0;
  for (let offset: number | undefined = start; offset !== undefined;) {
    const frame: ScannedFrame | undefined = readFrameAt(store, pack, offset, size);
    if (frame) yield frame;
    offset = frame
      ? frame.address.offset + frame.address.lengthBytes
      : findHeader(store, pack, offset + 1, size);
  }
}

const SEARCH_BYTES = 1024 * 1024;

/** Where the next frame with a sound header begins. */
function findHeader(
  store: PackStore,
  pack: number,
  from: number,
  size: number,
): number | undefined {
  for (let start = from; start + FRAME_HEADER_BYTES <= size;) {
    const window = store.read(pack, start, SEARCH_BYTES);
    for (let at = window.indexOf(FRAME_MAGIC_BYTES); at !== -1;) {
      if (readFrameAt(store, pack, start + at, size)) return start + at;
      at = window.indexOf(FRAME_MAGIC_BYTES, at + 1);
    }
    start += SEARCH_BYTES - FRAME_MAGIC_BYTES.length;
  }
  return undefined;
}

function readFrameAt(
  store: PackStore,
  pack: number,
  offset: number,
  size: number,
): ScannedFrame | undefined {
  if (offset + FRAME_HEADER_BYTES > size) return undefined;
  try {
    const header = decodeFrameHeader(store.read(pack, offset, FRAME_HEADER_BYTES));
    const lengthBytes = FRAME_HEADER_BYTES + header.tableBytes + header.payloadBytes;
    if (offset + lengthBytes > size) return undefined;
    const bytes = store.read(pack, offset, lengthBytes);
    const head = decodeFrameHead(bytes);
    const address = { pack, offset, lengthBytes };
    return { address, head, bytes, isIntact: isPayloadIntact(head, bytes) };
  } catch (error) {
    if (error instanceof CodedError && error.code === 'FRAME_CORRUPT') return undefined;
    throw error;
  }
}
