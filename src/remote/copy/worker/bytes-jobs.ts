/** Moving bytes between files and memory, each range hashed on its way. */
import { CodedError } from '../../../errors.js';
import type { FileSystem } from '../../../platform/files.js';
import type { HashMethod } from '../hashing/methods.js';
import { zeroBytes, zeroDigest } from '../hashing/zeros.js';
import { BlockReader, endsBefore } from './block-reader.js';
import type { CopyJob, DigestJob, FileRange, ReadJob, WriteJob, ZerosJob } from './messages.js';
import { scratch } from './scratch.js';

/** Blocks that are shorter are copied several at a time. */
const COPY_BYTES = 512 * 1024;
/** Zeros are written so many at a time. */
const ZEROS_BYTES = 1024 * 1024;

/** Digests one behind the other, in memory of just their length. */
class Digests {
  readonly bytes: Uint8Array;
  private length = 0;

  constructor(count: number, { digestBytes }: HashMethod) {
    this.bytes = new Uint8Array(count * digestBytes);
  }

  push(digest: Uint8Array): void {
    this.bytes.set(digest, this.length);
    this.length += digest.length;
  }
}

/** How many parts ranges have that are cut into `partBytes` from the beginning of each. */
const countParts = (ranges: readonly FileRange[], partBytes: number): number =>
  ranges.reduce((sum, { length }) => sum + Math.ceil(length / partBytes), 0);

/** Reads ranges into a job's memory. @throws CodedError COPY_SOURCE_CHANGED when the file ends before */
export function readRanges(
  files: FileSystem,
  { descriptor, ranges, into }: ReadJob,
  method: HashMethod | undefined,
): Uint8Array {
  const bytes = Buffer.from(into);
  const digests = method && new Digests(ranges.length, method);
  for (const { offset, length, at } of ranges) {
    if (files.read(descriptor, bytes.subarray(at, at + length), offset) < length) {
      throw endsBefore(offset + length);
    }
    if (method) digests?.push(method.digest(bytes.subarray(at, at + length)));
  }
  return digests?.bytes ?? new Uint8Array(0);
}

/** Hashes parts of ranges. @throws CodedError COPY_SOURCE_CHANGED when the file ends before */
export function digestRanges(
  files: FileSystem,
  { file, ranges, partBytes }: DigestJob,
  method: HashMethod,
): Uint8Array {
  const reader = new BlockReader(files, file, method);
  const digests = new Digests(countParts(ranges, partBytes), method);
  for (const { offset, length } of ranges) {
    for (let done = 0; done < length; done += partBytes) {
      digests.push(reader.digest(offset + done, Math.min(partBytes, length - done)));
    }
  }
  return digests.bytes;
}

/** Writes a job's memory into a file. */
export function writeRanges(
  files: FileSystem,
  { descriptor, ranges, bytes }: WriteJob,
  method: HashMethod,
): Uint8Array {
  const digests = new Digests(ranges.length, method);
  for (const { offset, length, at } of ranges) {
    const piece = Buffer.from(bytes, at, length);
    files.write(descriptor, piece, offset);
    digests.push(method.digest(piece));
  }
  return digests.bytes;
}

/** Makes ranges zero. Of each range, gives the hash of a block of zeros and of its last part. */
export function clearRanges(
  files: FileSystem,
  { descriptor, ranges, blockBytes, isBlank }: ZerosJob,
  method: HashMethod,
): Uint8Array {
  const digests = new Digests(ranges.length * 2, method);
  for (const { offset, length } of ranges) {
    digests.push(zeroDigest(method, Math.min(length, blockBytes)));
    digests.push(zeroDigest(method, length % blockBytes || Math.min(length, blockBytes)));
    if (isBlank || files.at.punchHole(descriptor, offset, length)) continue;
    for (let done = 0; done < length; done += ZEROS_BYTES) {
      files.write(descriptor, zeroBytes(Math.min(ZEROS_BYTES, length - done)), offset + done);
    }
  }
  return digests.bytes;
}

/** Copies ranges between files. @throws CodedError COPY_TARGET_CHANGED when the old file ends before */
export function copyRanges(
  files: FileSystem,
  { from, to, moves, blockBytes }: CopyJob,
  method: HashMethod,
): Uint8Array {
  const step = Math.max(1, Math.floor(COPY_BYTES / blockBytes)) * blockBytes;
  const buffer = scratch(step);
  const digests = new Digests(countParts(moves, blockBytes), method);
  for (const move of moves) {
    for (let done = 0; done < move.length; done += step) {
      const piece = buffer.subarray(0, Math.min(step, move.length - done));
      if (files.read(from, piece, move.from + done) < piece.length) throw shrank();
      files.write(to, piece, move.offset + done);
      for (let start = 0; start < piece.length; start += blockBytes) {
        digests.push(method.digest(piece.subarray(start, start + blockBytes)));
      }
    }
  }
  return digests.bytes;
}

function shrank(): CodedError {
  return new CodedError('COPY_TARGET_CHANGED', 'The old file shrank while it was being read.', {
    hint: 'Something else writes to the target; copy it again once that has finished.',
  });
}
