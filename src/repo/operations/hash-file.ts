/** Hashes a live file as a backup would, in memory that does not grow with it. */
import { blake3 } from '../../delta/hash.js';
import type { ChunkingParameters } from '../model.js';
import type { FileSystem } from '../platform/files.js';
import { cutWindow } from '../worker/read-window.js';

/** What a backup would know the bytes of a file by. */
export type FileHash =
  | { readonly type: 'none' }
  | { readonly type: 'blob'; readonly hash: Uint8Array }
  /** BLAKE3 of the hashes of its blobs. */
  | { readonly type: 'content'; readonly hash: Uint8Array };

/** Bytes of a large file that are held at once. */
const WINDOW_BYTES = 8 * 1024 * 1024;

/** The hash of the first `sizeBytes` of an open file, fewer where it ends. */
export function hashFile(
  files: FileSystem,
  descriptor: number,
  sizeBytes: number,
  chunking: ChunkingParameters,
): FileHash {
  const isLarge = sizeBytes > chunking.wholeFileBytes;
  const hashes = isLarge
    ? hashPieces(files, descriptor, sizeBytes, chunking)
    : hashWhole(files, descriptor, sizeBytes);
  const [first] = hashes;
  if (first === undefined) return { type: 'none' };
  if (hashes.length === 1) return { type: 'blob', hash: first };
  return { type: 'content', hash: blake3(Buffer.concat(hashes)) };
}

function hashWhole(files: FileSystem, descriptor: number, sizeBytes: number): Uint8Array[] {
  const bytes = Buffer.allocUnsafeSlow(sizeBytes);
  const count = files.read(descriptor, bytes, 0, sizeBytes, 0);
  return count === 0 ? [] : [blake3(bytes.subarray(0, count))];
}

/** The blobs of a file that is cut: each segment by itself, window after window. */
function hashPieces(
  files: FileSystem,
  descriptor: number,
  sizeBytes: number,
  { segmentBytes, leastBytes, averageBytes, mostBytes }: ChunkingParameters,
): Uint8Array[] {
  const cuts = { min: leastBytes, average: averageBytes, max: mostBytes };
  const window = Buffer.allocUnsafeSlow(Math.max(WINDOW_BYTES, 2 * mostBytes));
  const hashes: Uint8Array[] = [];
  for (let offset = 0; offset < sizeBytes;) {
    const segmentEnd = Math.min(offset - (offset % segmentBytes) + segmentBytes, sizeBytes);
    const wanted = Math.min(window.length, segmentEnd - offset);
    const count = files.read(descriptor, window, 0, wanted, offset);
    const isEnd = count < wanted || offset + count === segmentEnd;
    const { starts, lengths } = cutWindow(window.subarray(0, count), isEnd, cuts);
    starts.forEach((start, index) => {
      hashes.push(blake3(window.subarray(start, start + (lengths[index] ?? 0))));
    });
    offset += lengths.reduce((sum, length) => sum + length, 0);
    if (count < wanted) break;
  }
  return hashes;
}
