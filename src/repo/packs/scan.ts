/** Walks the frames of a pack from the front: what rebuilding the index and recovery are made of. */
import { CodedError } from '../../errors.js';
import type { FrameAddress } from '../model.js';
import {
  decodeFrameHead,
  decodeFrameHeader,
  FRAME_HEADER_BYTES,
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
 * The frames of `pack` from `start` on. Ends at the first byte that does not begin a readable frame;
 * compare the end of the last frame with the pack's size to see whether anything was left out.
 */
export function* scanPack(
  store: PackStore,
  pack: number,
  start = PACK_HEADER_BYTES,
): Generator<ScannedFrame> {
  const size = store.sizeBytes(pack) ?? 0;
  for (let offset = start; offset + FRAME_HEADER_BYTES <= size;) {
    const frame = readFrameAt(store, pack, offset, size);
    if (!frame) return;
    yield frame;
    offset += frame.address.lengthBytes;
  }
}

function readFrameAt(
  store: PackStore,
  pack: number,
  offset: number,
  size: number,
): ScannedFrame | undefined {
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
