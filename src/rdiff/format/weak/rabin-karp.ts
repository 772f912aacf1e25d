/** The weak sum of librsync's signatures since 2.2: a polynomial modulo 2^32, after Rabin and Karp. */
import { expectBytes } from '../expect.js';

export const RABIN_KARP_SEED = 1;
export const RABIN_KARP_MULTIPLIER = 0x08104225;
/** Multiplier and inverse give 1 modulo 2^32. */
const RABIN_KARP_INVERSE = 0x98f009ad;
/** What the seed adds to every byte that leaves: (multiplier - 1) times the seed. */
export const RABIN_KARP_ADJUSTMENT = (RABIN_KARP_MULTIPLIER - 1) * RABIN_KARP_SEED;

/** Rolls a window over bytes: for signatures of magic `rs\x01F` and `rs\x01G`. */
export class RabinKarp {
  private hash = RABIN_KARP_SEED;
  private power = 1;
  private count = 0;

  /** Bytes in the window. */
  get length(): number {
    return this.count;
  }

  /** The sum of the window, 0 to 2^32 - 1. The seed makes windows of zeros differ by length. */
  get digest(): number {
    return this.hash >>> 0;
  }

  /** A window of the same bytes, which goes on by itself. */
  copy(): RabinKarp {
    const copy = new RabinKarp();
    copy.hash = this.hash;
    copy.power = this.power;
    copy.count = this.count;
    return copy;
  }

  /** @throws CodedError RDIFF_PARAMETER */
  update(bytes: Uint8Array): void {
    expectBytes('The piece', bytes);
    for (const byte of bytes) this.rollIn(byte);
  }

  rollIn(byte: number): void {
    this.hash = (Math.imul(this.hash, RABIN_KARP_MULTIPLIER) + byte) | 0;
    this.power = Math.imul(this.power, RABIN_KARP_MULTIPLIER);
    this.count++;
  }

  rotate(out: number, into: number): void {
    const leaving = Math.imul(this.power, out + RABIN_KARP_ADJUSTMENT);
    this.hash = (Math.imul(this.hash, RABIN_KARP_MULTIPLIER) + into - leaving) | 0;
  }

  rollOut(out: number): void {
    this.power = Math.imul(this.power, RABIN_KARP_INVERSE);
    this.hash = (this.hash - Math.imul(this.power, out + RABIN_KARP_ADJUSTMENT)) | 0;
    this.count--;
  }
}

/** The multiplier raised to `exponent`, modulo 2^32: what a byte that leaves a window weighed. */
export function rabinKarpPower(exponent: number): number {
  let [value, base, rest] = [1, RABIN_KARP_MULTIPLIER, exponent];
  while (rest > 0) {
    if (rest % 2 === 1) value = Math.imul(value, base);
    base = Math.imul(base, base);
    rest = Math.floor(rest / 2);
  }
  return value;
}
