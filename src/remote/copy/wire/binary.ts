/** Ranges and pieces as bytes. All numbers are big-endian. */
import { CodedError } from '../../../errors.js';
import { MAX_PIECES } from '../batches.js';
import type { DraftPiece, DraftPieceType } from '../draft/pieces.js';
import { MAX_BODY_BYTES } from '../../transport/protocol.js';
import { placed } from '../batches.js';
import type { PlacedRange, FileRange } from '../worker/messages.js';

const RANGE_BYTES = 16;
const COUNT_BYTES = 4;
const PIECE_BYTES = 25;

/** The first byte of a piece. */
const TYPES: readonly DraftPieceType[] = ['keep', 'copy', 'data', 'zeros'];

/** The most bytes that ranges, or pieces without their data, take. */
export const MAX_HEAD_BYTES = COUNT_BYTES + MAX_PIECES * PIECE_BYTES;

/** Ranges: offset and length each. */
export function encodeRanges(ranges: readonly FileRange[]): Buffer {
  const bytes = Buffer.alloc(ranges.length * RANGE_BYTES);
  ranges.forEach(({ offset, length }, index) => {
    bytes.writeBigUInt64BE(BigInt(offset), index * RANGE_BYTES);
    bytes.writeBigUInt64BE(BigInt(length), index * RANGE_BYTES + 8);
  });
  return bytes;
}

/** @throws CodedError REMOTE_REQUEST */
export function decodeRanges(bytes: Buffer): PlacedRange[] {
  const count = bytes.length / RANGE_BYTES;
  if (!Number.isInteger(count) || count === 0 || count > MAX_PIECES) throw malformed('ranges');
  return placed(
    Array.from({ length: count }, (_, index) => ({
      offset: readNumber(bytes, index * RANGE_BYTES),
      length: readNumber(bytes, index * RANGE_BYTES + 8),
    })),
  );
}

/** The head of a body of pieces: their count, then type, offset, length and origin of each. */
export function encodePieces(pieces: readonly DraftPiece[]): Buffer {
  const bytes = Buffer.alloc(COUNT_BYTES + pieces.length * PIECE_BYTES);
  bytes.writeUInt32BE(pieces.length);
  pieces.forEach((piece, index) => {
    const start = COUNT_BYTES + index * PIECE_BYTES;
    bytes[start] = TYPES.indexOf(piece.type);
    bytes.writeBigUInt64BE(BigInt(piece.offset), start + 1);
    bytes.writeBigUInt64BE(BigInt(piece.length), start + 9);
    bytes.writeBigUInt64BE(BigInt(piece.type === 'copy' ? piece.from : 0), start + 17);
  });
  return bytes;
}

/** The pieces of a body. */
export interface DecodedPieces {
  /** Their data lie one after the other from `at` 0 on. */
  readonly pieces: DraftPiece[];
  /** Where the data begins in the body. */
  readonly headBytes: number;
  /** How long the data is, decompressed. */
  readonly dataBytes: number;
}

/** @throws CodedError REMOTE_REQUEST */
export function decodePieces(bytes: Buffer): DecodedPieces {
  const count = bytes.length >= COUNT_BYTES ? bytes.readUInt32BE(0) : 0;
  const headBytes = COUNT_BYTES + count * PIECE_BYTES;
  let at = 0;
  if (count === 0 || count > MAX_PIECES || headBytes > bytes.length) throw malformed('pieces');
  const pieces = Array.from({ length: count }, (_, index): DraftPiece => {
    const start = COUNT_BYTES + index * PIECE_BYTES;
    const type = TYPES[bytes[start] as number];
    const offset = readNumber(bytes, start + 1);
    const length = readNumber(bytes, start + 9);
    const from = readNumber(bytes, start + 17);
    if (type === undefined) throw malformed('pieces');
    if (type === 'copy') return { type, offset, length, from };
    if (type !== 'data') return { type, offset, length };
    at += length;
    return { type, offset, length, at: at - length };
  });
  if (at > MAX_BODY_BYTES) throw malformed('pieces');
  return { pieces, headBytes, dataBytes: at };
}

function readNumber(bytes: Buffer, offset: number): number {
  const number = Number(bytes.readBigUInt64BE(offset));
  if (Number.isSafeInteger(number)) return number;
  throw malformed('numbers');
}

function malformed(what: string): CodedError {
  return new CodedError('REMOTE_REQUEST', `The request has malformed ${what}.`, {
    hint: 'The two sides do not understand each other. Please report this.',
  });
}
