/** Makes a range of a file read as zeros, where it does not yet. */
import type { FileSystem } from '../../platform/files.js';

/** What is looked at at once: a part of it that is not zeros is given back as a whole. */
const CHUNK_BYTES = 64 * 1024;
const ZEROS = Buffer.alloc(CHUNK_BYTES);

/** Bytes that were cleared, or would be in a dry run. What the file system says is a hole is not read. */
export function clearRange(
  files: FileSystem,
  descriptor: number,
  start: number,
  end: number,
  isDryRun: boolean,
): number {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let cleared = 0;
  let at = nextData(files, descriptor, start, end);
  while (at < end) {
    const lengthBytes = Math.min(CHUNK_BYTES, end - at);
    const count = files.read(descriptor, chunk, 0, lengthBytes, at);
    if (count === 0) break;
    const isZero = Buffer.compare(chunk.subarray(0, count), ZEROS.subarray(0, count)) === 0;
    if (!isZero) {
      cleared += count;
      if (!isDryRun) clear(files, descriptor, at, count);
    }
    at = nextData(files, descriptor, at + lengthBytes, end);
  }
  return cleared;
}

/** Where the next bytes are that may not be zero; `end` when there are none before it. */
function nextData({ at }: FileSystem, descriptor: number, from: number, end: number): number {
  if (from >= end) return end;
  // Every file ends in a hole: where none is found, the file system cannot be asked.
  if (at.seek(descriptor, from, 'hole') === undefined) return from;
  return at.seek(descriptor, from, 'data') ?? end;
}

function clear(files: FileSystem, descriptor: number, at: number, lengthBytes: number): void {
  if (files.at.punchHole(descriptor, at, lengthBytes)) return;
  files.write(descriptor, ZEROS.subarray(0, lengthBytes), at);
}
