/** How much work a search may spend in vain. */
import type { SignatureHeader } from './signature.js';

/**
 * How many times the strong sums may be computed in vain that chance explains. Input made to fail
 * beyond that is not searched any further just there, so that the time stays linear.
 */
const PATIENCE = 16;
/** Vain strong sums that are always allowed. */
const FREE_FALSE_MATCHES = 64;
const WEAK_SUMS = 2 ** 32;

/**
 * Chance makes a false match of one window in 2^32 for every block. So a byte of the new file costs,
 * in bytes hashed in vain, the size of the basis over 2^32: nothing for small files, 23 for 100 GB.
 */
export class Patience {
  private readonly free: number;
  private readonly perByte: number;
  private spent = 0;

  constructor({ blockLength }: SignatureHeader, blockCount: number) {
    this.free = FREE_FALSE_MATCHES * blockLength;
    this.perByte = PATIENCE * Math.max(1, (blockCount * blockLength) / WEAK_SUMS);
  }

  restart(): void {
    this.spent = 0;
  }

  /** A false match of that many bytes. */
  spend(length: number): void {
    this.spent += length;
  }

  /** Whether another strong sum may be computed at `position` of the new file. */
  isLeft(position: number): boolean {
    return this.spent <= this.free + position * this.perByte;
  }
}
