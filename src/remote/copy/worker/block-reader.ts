/** Reads a file a block at a time, in large pieces, and hashes each block; holes are not read. */
import { CodedError } from '../../../errors.js';
import type { FileSystem } from '../../../platform/files.js';
import type { HashMethod } from '../hashing/methods.js';
import { areZeros, zeroBytes, zeroDigest } from '../hashing/zeros.js';
import type { ReadFile } from './messages.js';
import { scratch } from './scratch.js';

const READ_BYTES = 512 * 1024;
/** Reads begin where a page does: others are copied by the kernel at half the speed. */
const PAGE_BYTES = 4096;

/** A block and its hash; both are good until the next one is read. */
export interface HashedBlock {
  readonly bytes: Uint8Array;
  readonly digest: Uint8Array;
}

/** Reads blocks of a file, one reader at a time. Quickest front to end. */
export class BlockReader {
  private readonly files: FileSystem;
  private readonly file: ReadFile;
  private readonly method: HashMethod;
  private buffer = scratch(READ_BYTES + PAGE_BYTES);
  private start = 0;
  private length = 0;
  /** The hole or the data that was seen last. */
  private known = { isHole: false, start: 0, end: 0 };

  constructor(files: FileSystem, file: ReadFile, method: HashMethod) {
    this.files = files;
    this.file = file;
    this.method = method;
  }

  /** @throws CodedError COPY_SOURCE_CHANGED when the file ends before */
  read(offset: number, length: number): HashedBlock {
    const { method } = this;
    if (this.isHole(offset, length)) {
      return { bytes: zeroBytes(length), digest: zeroDigest(method, length) };
    }
    const bytes = this.bytes(offset, length);
    // Comparing costs a third of hashing, and ends at the first byte that is not zero.
    const digest = areZeros(bytes) ? zeroDigest(method, length) : method.digest(bytes);
    return { bytes, digest };
  }

  /** The hash alone, of a block of any length. @throws CodedError COPY_SOURCE_CHANGED */
  digest(offset: number, length: number): Uint8Array {
    if (length <= READ_BYTES) return this.read(offset, length).digest;
    if (this.isHole(offset, length)) return zeroDigest(this.method, length);
    const hash = this.method.start();
    for (let done = 0; done < length; done += READ_BYTES) {
      hash.update(this.bytes(offset + done, Math.min(READ_BYTES, length - done)));
    }
    return hash.digest();
  }

  /** The bytes alone. @throws CodedError COPY_SOURCE_CHANGED when the file ends before */
  bytes(offset: number, length: number): Uint8Array {
    if (offset < this.start || offset + length > this.start + this.length) {
      this.fill(offset, length);
    }
    return this.buffer.subarray(offset - this.start, offset - this.start + length);
  }

  private fill(offset: number, least: number): void {
    this.start = offset - (offset % PAGE_BYTES);
    const needed = offset + least - this.start;
    this.buffer = scratch(needed);
    const wanted = Math.min(Math.max(READ_BYTES, needed), this.file.sizeBytes - this.start);
    this.length = this.files.read(
      this.file.descriptor,
      this.buffer.subarray(0, wanted),
      this.start,
    );
    if (this.length < needed) throw endsBefore(offset + least);
  }

  private isHole(offset: number, length: number): boolean {
    // Looking for holes in a file in memory takes as long as reading it.
    if (!this.file.isSparse) return false;
    if (offset < this.known.start || offset >= this.known.end) this.look(offset);
    return this.known.isHole && offset + length <= this.known.end;
  }

  private look(offset: number): void {
    const { at } = this.files;
    const { descriptor, sizeBytes } = this.file;
    const hole = at.seek(descriptor, offset, 'hole') ?? sizeBytes;
    const isHole = hole === offset;
    const end = isHole ? (at.seek(descriptor, offset, 'data') ?? sizeBytes) : hole;
    this.known = { isHole, start: offset, end };
  }
}

/** The failure of a file that is shorter than it was said to be. */
export function endsBefore(end: number): CodedError {
  return new CodedError(
    'COPY_SOURCE_CHANGED',
    `The file ended before byte ${end} while it was being read.`,
    {
      hint: 'Something is truncating it; copy it again once that has finished.',
    },
  );
}
