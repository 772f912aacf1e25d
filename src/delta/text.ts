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

/** The two texts of a search, compared at any place of each. */
export class TextPair {
  readonly basis: Text;
  readonly target: Text;

  constructor(basis: Text, target: Text) {
    this.basis = basis;
    this.target = target;
  }

  /** How many bytes agree from `basis[source]` and `target[at]` on, at most `limit`. */
  equalForward(source: number, at: number, limit: number): number {
    const near = limit < WORDWISE_BYTES ? limit : WORDWISE_BYTES;
    const length = this.wordsForward(source, at, near);
    if (length < WORDWISE_BYTES) return length;
    return this.piecesForward(source, at, length, limit);
  }

  /** How many bytes agree before `basis[source]` and `target[at]`, at most `limit`. */
  equalBackward(source: number, at: number, limit: number): number {
    const near = limit < WORDWISE_BYTES ? limit : WORDWISE_BYTES;
    const length = this.wordsBackward(source, at, near);
    if (length < WORDWISE_BYTES) return length;
    return this.piecesBackward(source, at, length, limit);
  }

  private piecesForward(source: number, at: number, from: number, limit: number): number {
    const { basis, target } = this;
    let length = from;
    let piece = 1024;
    while (length < limit) {
      const size = Math.min(piece, limit - length);
      const x = source + length;
      const y = at + length;
      if (basis.bytes.compare(target.bytes, y, y + size, x, x + size) !== 0) {
        return length + this.wordsForward(x, y, size);
      }
      length += size;
      if (piece < PIECE_BYTES) piece *= 2;
    }
    return length;
  }

  private wordsForward(source: number, at: number, limit: number): number {
    const x = this.basis.view;
    const y = this.target.view;
    let n = 0;
    while (n + 4 <= limit && x.getInt32(source + n, true) === y.getInt32(at + n, true)) n += 4;
    while (n < limit && x.getUint8(source + n) === y.getUint8(at + n)) n += 1;
    return n;
  }

  private piecesBackward(source: number, at: number, from: number, limit: number): number {
    const { basis, target } = this;
    let length = from;
    let piece = 1024;
    while (length < limit) {
      const size = Math.min(piece, limit - length);
      const x = source - length;
      const y = at - length;
      if (basis.bytes.compare(target.bytes, y - size, y, x - size, x) !== 0) {
        return length + this.wordsBackward(x, y, size);
      }
      length += size;
      if (piece < PIECE_BYTES) piece *= 2;
    }
    return length;
  }

  private wordsBackward(source: number, at: number, limit: number): number {
    const x = this.basis.view;
    const y = this.target.view;
    let n = 0;
    while (n + 4 <= limit && x.getInt32(source - n - 4, true) === y.getInt32(at - n - 4, true)) {
      n += 4;
    }
    while (n < limit && x.getUint8(source - n - 1) === y.getUint8(at - n - 1)) n += 1;
    return n;
  }
}
