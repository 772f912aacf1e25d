/**
 * The whole-file hash: BLAKE3 over the leaves of the file, which are its pieces cut into blocks,
 * each by its length and its hash. Both sides compute it from bytes that they read or wrote
 * themselves, each byte once; they agree only if the files do.
 */
import { blake3 } from '../../../platform/hash.js';
import { CodedError } from '../../../errors.js';

const LENGTH_BYTES = 4;
const FIRST_LEAVES = 1024;

/** Collects the leaves of a file, in any order. */
export class Proof {
  private readonly digestBytes: number;
  private offsets = new Float64Array(FIRST_LEAVES);
  private leaves: Buffer;
  private count = 0;

  constructor(digestBytes: number) {
    this.digestBytes = digestBytes;
    this.leaves = Buffer.alloc(FIRST_LEAVES * this.leafBytes);
  }

  add(offset: number, length: number, digest: Uint8Array): void {
    if (this.count === this.offsets.length) this.grow();
    this.offsets[this.count] = offset;
    const start = this.count * this.leafBytes;
    this.leaves.writeUInt32BE(length, start);
    this.leaves.set(digest, start + LENGTH_BYTES);
    this.count += 1;
  }

  /** Adds the leaves of a range from `digests`, which lie one after the other. */
  addRange(offset: number, length: number, blockBytes: number, digests: Uint8Array): void {
    for (let done = 0, at = 0; done < length; done += blockBytes, at += this.digestBytes) {
      const digest = digests.subarray(at, at + this.digestBytes);
      this.add(offset + done, Math.min(blockBytes, length - done), digest);
    }
  }

  /**
   * The hash of the file of `sizeBytes`, in hexadecimal digits.
   * @throws CodedError COPY_MISMATCH when the leaves leave a gap or overlap
   */
  root(sizeBytes: number): string {
    const order = Array.from({ length: this.count }, (_, index) => index);
    order.sort((a, b) => this.offset(a) - this.offset(b));
    const sorted = Buffer.alloc(this.count * this.leafBytes);
    let end = 0;
    order.forEach((leaf, index) => {
      if (this.offset(leaf) !== end) throw incomplete(end);
      const start = leaf * this.leafBytes;
      end += this.leaves.readUInt32BE(start);
      this.leaves.copy(sorted, index * this.leafBytes, start, start + this.leafBytes);
    });
    if (end !== sizeBytes) throw incomplete(end);
    return blake3(sorted).toString('hex');
  }

  private get leafBytes(): number {
    return LENGTH_BYTES + this.digestBytes;
  }

  private offset(leaf: number): number {
    return this.offsets[leaf] as number;
  }

  private grow(): void {
    const offsets = new Float64Array(this.count * 2);
    offsets.set(this.offsets);
    this.offsets = offsets;
    this.leaves = Buffer.concat([this.leaves, Buffer.alloc(this.leaves.length)]);
  }
}

function incomplete(offset: number): CodedError {
  return new CodedError('COPY_MISMATCH', `The pieces of the file do not meet at byte ${offset}.`, {
    hint: 'The two sides do not understand each other; nothing was replaced. Please report this.',
  });
}
