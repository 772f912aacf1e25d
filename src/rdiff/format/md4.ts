/**
 * MD4 (RFC 1320), as old signatures have it, over bytes that come in pieces. It is broken: anyone can
 * make two texts with one sum. The kernels compute it for whole blocks, eight at once; this one is for
 * a single sum.
 */
import { expectBytes } from './expect.js';

const CHUNK_BYTES = 64;
const START = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476] as const;

type State = readonly [number, number, number, number];

/** The words of a chunk in the order of each round, and by how many bits each step rotates. */
const ROUNDS = [
  {
    order: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    shifts: [3, 7, 11, 19],
    constant: 0,
    mix: (x: number, y: number, z: number) => (x & y) | (~x & z),
  },
  {
    order: [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
    shifts: [3, 5, 9, 13],
    constant: 0x5a827999,
    mix: (x: number, y: number, z: number) => (x & y) | (x & z) | (y & z),
  },
  {
    order: [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15],
    shifts: [3, 9, 11, 15],
    constant: 0x6ed9eba1,
    mix: (x: number, y: number, z: number) => x ^ y ^ z,
  },
] as const;

/**
 * The sum of bytes that come in pieces.
 *
 * @example
 * const sum = new Md4();
 * sum.update(head);
 * const other = sum.copy(); // goes its own way from here
 * console.log(sum.digest().toString('hex'));
 */
export class Md4 {
  private state: State = START;
  private readonly partial = Buffer.alloc(CHUNK_BYTES);
  private total = 0;

  /** Bytes taken so far. */
  get length(): number {
    return this.total;
  }

  /** @throws CodedError RDIFF_PARAMETER */
  update(bytes: Uint8Array): void {
    expectBytes('The piece', bytes);
    for (let taken = 0; taken < bytes.length;) {
      const held = this.total % CHUNK_BYTES;
      const piece = bytes.subarray(taken, taken + CHUNK_BYTES - held);
      this.partial.set(piece, held);
      taken += piece.length;
      this.total += piece.length;
      if (held + piece.length === CHUNK_BYTES) this.state = absorb(this.state, this.partial, 0);
    }
  }

  /** The sum of all pieces so far, 16 bytes; more may follow. */
  digest(): Buffer {
    const held = this.total % CHUNK_BYTES;
    const tail = Buffer.alloc(held < CHUNK_BYTES - 8 ? CHUNK_BYTES : 2 * CHUNK_BYTES);
    tail.set(this.partial.subarray(0, held));
    tail[held] = 0x80;
    tail.writeUInt32LE((this.total * 8) >>> 0, tail.length - 8);
    tail.writeUInt32LE(Math.floor(this.total / 2 ** 29) >>> 0, tail.length - 4);
    let { state } = this;
    for (let at = 0; at < tail.length; at += CHUNK_BYTES) state = absorb(state, tail, at);
    const digest = Buffer.alloc(16);
    state.forEach((word, index) => digest.writeUInt32LE(word >>> 0, index * 4));
    return digest;
  }

  /** A sum of the same bytes, which goes on by itself. */
  copy(): Md4 {
    const copy = new Md4();
    copy.state = this.state;
    copy.partial.set(this.partial);
    copy.total = this.total;
    return copy;
  }
}

/** The MD4 sum of bytes. @throws CodedError RDIFF_PARAMETER */
export function md4(bytes: Uint8Array): Buffer {
  const sum = new Md4();
  sum.update(bytes);
  return sum.digest();
}

function absorb(state: State, chunk: Buffer, at: number): State {
  let [a, b, c, d] = state;
  for (const { order, shifts, constant, mix } of ROUNDS) {
    for (let step = 0; step < order.length; step++) {
      const word = chunk.readUInt32LE(at + (order[step] as number) * 4);
      const sum = (a + mix(b, c, d) + word + constant) | 0;
      const shift = shifts[step % 4] as number;
      [a, b, c, d] = [d, (sum << shift) | (sum >>> (32 - shift)), b, c];
    }
  }
  return [(state[0] + a) | 0, (state[1] + b) | 0, (state[2] + c) | 0, (state[3] + d) | 0];
}
