/** The weak sum of librsync's older signatures: two 16-bit accumulators, as in zlib's Adler-32. */
import { expectBytes } from '../expect.js';

/** Added to every byte, so that runs of zeros of different length differ. */
export const ROLLSUM_OFFSET = 31;

/** Rolls a window over bytes: {@link RollingSum} for signatures of magic `rs\x016` and `rs\x017`. */
export class Rollsum {
  private s1 = 0;
  private s2 = 0;
  private count = 0;

  /** Bytes in the window. */
  get length(): number {
    return this.count;
  }

  /** The sum of the window, 0 to 2^32 - 1. */
  get digest(): number {
    return ((this.s2 << 16) | (this.s1 & 0xffff)) >>> 0;
  }

  /** A window of the same bytes, which goes on by itself. */
  copy(): Rollsum {
    const copy = new Rollsum();
    copy.s1 = this.s1;
    copy.s2 = this.s2;
    copy.count = this.count;
    return copy;
  }

  /** @throws CodedError RDIFF_PARAMETER */
  update(bytes: Uint8Array): void {
    expectBytes('The piece', bytes);
    for (const byte of bytes) this.rollIn(byte);
  }

  rollIn(byte: number): void {
    this.s1 = (this.s1 + byte + ROLLSUM_OFFSET) & 0xffff;
    this.s2 = (this.s2 + this.s1) & 0xffff;
    this.count++;
  }

  rotate(out: number, into: number): void {
    this.s1 = (this.s1 + into - out) & 0xffff;
    this.s2 = (this.s2 + this.s1 - Math.imul(this.count, out + ROLLSUM_OFFSET)) & 0xffff;
  }

  rollOut(out: number): void {
    this.s1 = (this.s1 - out - ROLLSUM_OFFSET) & 0xffff;
    this.s2 = (this.s2 - Math.imul(this.count, out + ROLLSUM_OFFSET)) & 0xffff;
    this.count--;
  }
}
