/** Moving bytes between files and memory, each range hashed on its way. */
import { CodedError } from '../../../errors.js';
import type { FileSystem } from '../../../platform/files.js';
import type { HashMethod } from '../hashing/methods.js';
import { endsBefore } from './block-reader.js';
import type { CopyJob, DigestJob, ReadJob, WriteJob } from './messages.js';
import { scratch } from './scratch.js';

/** Reads ranges into a job's memory. @throws CodedError COPY_SOURCE_CHANGED when the file ends before */
export function readRanges(
  files: FileSystem,
  { descriptor, ranges, into }: ReadJob,
  method: HashMethod | undefined,
): Uint8Array {
  const bytes = Buffer.from(into);
  const digests: Uint8Array[] = [];
  for (const { offset, length, at } of ranges) {
    if (files.read(descriptor, bytes.subarray(at, at + length), offset) < length) {
      throw endsBefore(offset + length);
    }
    if (method) digests.push(method.digest(bytes.subarray(at, at + length)));
  }
  return Buffer.concat(digests);
}

/** Hashes parts of ranges. @throws CodedError COPY_SOURCE_CHANGED when the file ends before */
export function digestRanges(
  files: FileSystem,
  { descriptor, ranges, partBytes }: DigestJob,
  method: HashMethod,
): Uint8Array {
  const digests: Uint8Array[] = [];
  for (const { offset, length } of ranges) {
    const bytes = scratch(length).subarray(0, length);
    if (files.read(descriptor, bytes, offset) < length) throw endsBefore(offset + length);
    for (let done = 0; done < length; done += partBytes) {
      digests.push(method.digest(bytes.subarray(done, Math.min(length, done + partBytes))));
    }
  }
  return Buffer.concat(digests);
}

/** Writes a job's memory into a file. */
export function writeRanges(
  files: FileSystem,
  { descriptor, ranges, bytes }: WriteJob,
  method: HashMethod,
): Uint8Array {
  const digests: Uint8Array[] = [];
  for (const { offset, length, at } of ranges) {
    const piece = Buffer.from(bytes, at, length);
    files.write(descriptor, piece, offset);
    digests.push(method.digest(piece));
  }
  return Buffer.concat(digests);
}

/** Copies ranges between files. @throws CodedError COPY_TARGET_CHANGED when the old file ends before */
export function copyRanges(
  files: FileSystem,
  { from, to, moves, blockBytes }: CopyJob,
  method: HashMethod,
): Uint8Array {
  const buffer = scratch(blockBytes);
  const digests: Uint8Array[] = [];
  for (const move of moves) {
    for (let done = 0; done < move.length; done += blockBytes) {
      const piece = buffer.subarray(0, Math.min(blockBytes, move.length - done));
      if (files.read(from, piece, move.from + done) < piece.length) {
        throw new CodedError(
          'COPY_TARGET_CHANGED',
          'The old file shrank while it was being read.',
          {
            hint: 'Something else writes to the target; copy it again once that has finished.',
          },
        );
      }
      files.write(to, piece, move.offset + done);
      digests.push(method.digest(piece));
    }
  }
  return Buffer.concat(digests);
}
