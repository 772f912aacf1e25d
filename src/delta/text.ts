/** A text being compared: its bytes, and a view for loading four of them at once, unaligned. */
export interface Text {
  readonly bytes: Buffer;
  readonly view: DataView;
  readonly length: number;
}

/** Wraps bytes without copying them. */
export function textOf(bytes: Uint8Array): Text {
  const { buffer, byteOffset, byteLength } = bytes;
  return {
    bytes: Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength),
    view: new DataView(buffer, byteOffset, byteLength),
    length: byteLength,
  };
}

/** Compared word by word up to here; beyond, `Buffer.compare` pays for its call (14 GB/s against 3). */
const WORDWISE_BYTES = 256;

/** Largest piece given to one `Buffer.compare`: the failing piece is searched again, so not too large. */
const PIECE_BYTES = 64 * 1024;

/** How many bytes agree from `a[aStart]` and `b[bStart]` on, at most `limit`. */
export function equalForward(
  a: Text,
  aStart: number,
  b: Text,
  bStart: number,
  limit: number,
): number {
  const near = limit < WORDWISE_BYTES ? limit : WORDWISE_BYTES;
  const length = equalWordsForward(a, aStart, b, bStart, near);
  if (length < WORDWISE_BYTES) return length;
  return equalPiecesForward(a, aStart, b, bStart, length, limit);
}

function equalPiecesForward(
  a: Text,
  aStart: number,
  b: Text,
  bStart: number,
  from: number,
  limit: number,
): number {
  let length = from;
  let piece = 1024;
  while (length < limit) {
    const size = Math.min(piece, limit - length);
    const x = aStart + length;
    const y = bStart + length;
    if (a.bytes.compare(b.bytes, y, y + size, x, x + size) !== 0) {
      return length + equalWordsForward(a, x, b, y, size);
    }
    length += size;
    if (piece < PIECE_BYTES) piece *= 2;
  }
  return length;
}

function equalWordsForward(
  a: Text,
  aStart: number,
  b: Text,
  bStart: number,
  limit: number,
): number {
  const x = a.view;
  const y = b.view;
  let n = 0;
  while (n + 4 <= limit && x.getInt32(aStart + n, true) === y.getInt32(bStart + n, true)) n += 4;
  while (n < limit && x.getUint8(aStart + n) === y.getUint8(bStart + n)) n += 1;
  return n;
}

/** How many bytes agree before `a[aEnd]` and `b[bEnd]`, at most `limit`. */
export function equalBackward(a: Text, aEnd: number, b: Text, bEnd: number, limit: number): number {
  const near = limit < WORDWISE_BYTES ? limit : WORDWISE_BYTES;
  const length = equalWordsBackward(a, aEnd, b, bEnd, near);
  if (length < WORDWISE_BYTES) return length;
  return equalPiecesBackward(a, aEnd, b, bEnd, length, limit);
}

function equalPiecesBackward(
  a: Text,
  aEnd: number,
  b: Text,
  bEnd: number,
  from: number,
  limit: number,
): number {
  let length = from;
  let piece = 1024;
  while (length < limit) {
    const size = Math.min(piece, limit - length);
    const x = aEnd - length;
    const y = bEnd - length;
    if (a.bytes.compare(b.bytes, y - size, y, x - size, x) !== 0) {
      return length + equalWordsBackward(a, x, b, y, size);
    }
    length += size;
    if (piece < PIECE_BYTES) piece *= 2;
  }
  return length;
}

function equalWordsBackward(a: Text, aEnd: number, b: Text, bEnd: number, limit: number): number {
  const x = a.view;
  const y = b.view;
  let n = 0;
  while (n + 4 <= limit && x.getInt32(aEnd - n - 4, true) === y.getInt32(bEnd - n - 4, true))
    n += 4;
  while (n < limit && x.getUint8(aEnd - n - 1) === y.getUint8(bEnd - n - 1)) n += 1;
  return n;
}
