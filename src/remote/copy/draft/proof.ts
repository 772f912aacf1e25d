/**
 * The whole-file hash: BLAKE3 over the leaves of the file, which are its pieces cut into blocks,
 * each by its length and its hash. Both sides compute it from bytes that they read or wrote
 * themselves, each byte once; they agree only if the files do.
 */
import { startBlake3 } from '../../../platform/hash.js';
import { CodedError } from '../../../errors.js';

const LENGTH_BYTES = 4;
const FIRST_LEAVES = 1024;
/** Leaves are hashed in groups of this many. */
const GROUP_LEAVES = 2048;
/** About what a run takes beside the hashes that it refers to. */
const RUN_BYTES = 128;

/** Where the hashes of a range's leaves lie. */
export interface LeafDigests {
  readonly bytes: Uint8Array;
  /** Of the first one. */
  readonly start: number;
  /** From one to the next; 0: all have the same. */
  readonly strideBytes: number;
}

/** Leaves of one length behind each other; the last may be shorter. */
interface Run extends LeafDigests {
  readonly offset: number;
  readonly length: number;
  readonly leafLength: number;
}

/**
 * Collects the leaves of a file, in any order. A range of many leaves takes as much memory as one: a
 * piece of 25 bytes may stand for millions of them.
 */
export class Proof {
  private readonly digestBytes: number;
  private offsets = new Float64Array(FIRST_LEAVES);
  private leaves: Buffer;
  private count = 0;
  private readonly runs: Run[] = [];

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

  /** Adds the leaves of a range from `digests`, which stay as they are until the proof is made. */
  addRange(
    offset: number,
    length: number,
    blockBytes: number,
    digests: Uint8Array | LeafDigests,
  ): void {
    const placed =
      digests instanceof Uint8Array
        ? { bytes: digests, start: 0, strideBytes: this.digestBytes }
        : digests;
    if (length > blockBytes) this.runs.push({ offset, length, leafLength: blockBytes, ...placed });
    else this.add(offset, length, this.digestAt(placed, 0));
  }

  /** About how much a number of pieces takes here. */
  heldBytes(pieces: number): number {
    return pieces * Math.max(RUN_BYTES, this.leafBytes + 8);
  }

  /**
   * The hash of the file of `sizeBytes`, in hexadecimal digits.
   * @throws CodedError COPY_MISMATCH when the leaves leave a gap or overlap
   */
  root(sizeBytes: number): string {
    const order = Array.from({ length: this.count + this.runs.length }, (_, index) => index);
    order.sort((a, b) => this.offset(a) - this.offset(b));
    const hash = startBlake3();
    const group = Buffer.alloc(GROUP_LEAVES * this.leafBytes);
    let filled = 0;
    let end = 0;
    const put = (length: number, digest: Uint8Array): void => {
      group.writeUInt32BE(length, filled);
      group.set(digest, filled + LENGTH_BYTES);
      filled += this.leafBytes;
      end += length;
      if (filled < group.length) return;
      hash.update(group);
      filled = 0;
    };
    for (const index of order) {
      if (this.offset(index) !== end) throw incomplete(end);
      const run = this.runs[index - this.count];
      if (run) this.putRun(run, put);
      else this.putLeaf(index, put);
    }
    if (end !== sizeBytes) throw incomplete(end);
    hash.update(group.subarray(0, filled));
    return hash.hex();
  }

  private putRun(run: Run, put: (length: number, digest: Uint8Array) => void): void {
    const { length, leafLength } = run;
    for (let done = 0, leaf = 0; done < length; done += leafLength, leaf += 1) {
      put(Math.min(leafLength, length - done), this.digestAt(run, leaf));
    }
  }

  private putLeaf(leaf: number, put: (length: number, digest: Uint8Array) => void): void {
    const start = leaf * this.leafBytes;
    const length = this.leaves.readUInt32BE(start);
    put(length, this.leaves.subarray(start + LENGTH_BYTES, start + this.leafBytes));
  }

  private digestAt({ bytes, start, strideBytes }: LeafDigests, leaf: number): Uint8Array {
    const at = start + leaf * strideBytes;
    return bytes.subarray(at, at + this.digestBytes);
  }

  private get leafBytes(): number {
    return LENGTH_BYTES + this.digestBytes;
  }

  /** Leaves come first, then runs. */
  private offset(index: number): number {
    return index < this.count
      ? (this.offsets[index] as number)
      : (this.runs[index - this.count] as Run).offset;
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
