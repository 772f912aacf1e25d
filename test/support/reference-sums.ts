/** Strong sums written for reading, one block at a time: what the kernels are compared with. */

const rotateLeft = (value: number, bits: number): number =>
  (value << bits) | (value >>> (32 - bits));

const MD4_ROUNDS = [
  {
    mix: (b: number, c: number, d: number) => (b & c) | (~b & d),
    order: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    shifts: [3, 7, 11, 19],
    add: 0,
  },
  {
    mix: (b: number, c: number, d: number) => (b & c) | (b & d) | (c & d),
    order: [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
    shifts: [3, 5, 9, 13],
    add: 0x5a827999,
  },
  {
    mix: (b: number, c: number, d: number) => b ^ c ^ d,
    order: [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15],
    shifts: [3, 9, 11, 15],
    add: 0x6ed9eba1,
  },
];

/** MD4 as RFC 1320 tells it. */
export function referenceMd4(bytes: Uint8Array): Buffer {
  const padded = Buffer.alloc(Math.ceil((bytes.length + 9) / 64) * 64);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  padded.writeBigUInt64LE(BigInt(bytes.length) * 8n, padded.length - 8);
  let state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
  for (let chunk = 0; chunk < padded.length; chunk += 64) {
    let [a, b, c, d] = state as [number, number, number, number];
    for (const { mix, order, shifts, add } of MD4_ROUNDS) {
      order.forEach((word, i) => {
        const sum = (a + mix(b, c, d) + padded.readUInt32LE(chunk + word * 4) + add) | 0;
        [a, b, c, d] = [d, rotateLeft(sum, shifts[i % 4]!), b, c];
      });
    }
    state = [a, b, c, d].map((word, i) => (word + state[i]!) | 0);
  }
  const digest = Buffer.alloc(16);
  state.forEach((word, i) => digest.writeInt32LE(word, i * 4));
  return digest;
}

const MASK = (1n << 64n) - 1n;
const IV = [
  0x6a09e667f3bcc908n,
  0xbb67ae8584caa73bn,
  0x3c6ef372fe94f82bn,
  0xa54ff53a5f1d36f1n,
  0x510e527fade682d1n,
  0x9b05688c2b3e6c1fn,
  0x1f83d9abfb41bd6bn,
  0x5be0cd19137e2179n,
];
/** Message schedule of RFC 7693, a hexadecimal digit a word. */
const SIGMA = [
  '0123456789abcdef',
  'ea489fd61c02b753',
  'b8c052fdae367194',
  '7931dcbe265a40f8',
  '905724afe1bc683d',
  '2c6a0b834d75fe19',
  'c51fed4a0763928b',
  'db7ec13950f4862a',
  '6fe9b308c2d714a5',
  'a2847615fb9e3cd0',
];
const LINES = ['048c', '159d', '26ae', '37bf', '05af', '16bc', '278d', '349e'];
const digits = (text: string): number[] => Array.from(text, (digit) => parseInt(digit, 16));
const rotateRight = (value: bigint, bits: bigint): bigint =>
  ((value >> bits) | (value << (64n - bits))) & MASK;

function quarterRound(v: bigint[], [a, b, c, d]: number[], x: bigint, y: bigint): void {
  const turn = (word: bigint, turnD: bigint, turnB: bigint) => {
    v[a!] = (v[a!]! + v[b!]! + word) & MASK;
    v[d!] = rotateRight(v[d!]! ^ v[a!]!, turnD);
    v[c!] = (v[c!]! + v[d!]!) & MASK;
    v[b!] = rotateRight(v[b!]! ^ v[c!]!, turnB);
  };
  turn(x, 32n, 24n);
  turn(y, 16n, 63n);
}

/** BLAKE2b with 32 bytes of digest as RFC 7693 tells it. */
export function referenceBlake2b(bytes: Uint8Array): Buffer {
  const padded = Buffer.alloc(Math.max(1, Math.ceil(bytes.length / 128)) * 128);
  padded.set(bytes);
  let state = IV.map((word, i) => (i === 0 ? word ^ 0x01010020n : word));
  for (let chunk = 0; chunk < padded.length; chunk += 128) {
    const last = chunk + 128 === padded.length;
    const v = [...state, ...IV];
    v[12]! ^= BigInt(last ? bytes.length : chunk + 128);
    if (last) v[14]! ^= MASK;
    const message = (word: number) => padded.readBigUInt64LE(chunk + word * 8);
    for (let round = 0; round < 12; round++) {
      const sigma = digits(SIGMA[round % 10]!);
      LINES.forEach((line, i) => {
        quarterRound(v, digits(line), message(sigma[2 * i]!), message(sigma[2 * i + 1]!));
      });
    }
    state = state.map((word, i) => word ^ v[i]! ^ v[i + 8]!);
  }
  const digest = Buffer.alloc(64);
  state.forEach((word, i) => digest.writeBigUInt64LE(word, i * 8));
  return digest.subarray(0, 32);
}
