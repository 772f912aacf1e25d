/** Hashes a live file as a backup would, in memory that does not grow with it. */
import { blake3 } from '../../../platform/hash.js';
import type { ChunkingParameters } from '../../model.js';
import { holeHash } from '../../packs/hole.js';
import type { FileSystem } from '../../../platform/files.js';
import { chunkParams, cutWindow, leastWindowBytes } from '../../worker/cut-window.js';
import {
  isSameMap,
  mapHoles,
  nextStep,
  NO_HOLES,
  stretchesOf,
  type HoleMap,
} from '../../worker/hole-map.js';

/** What a backup would know the bytes of a file by. */
export type FileHash =
  | { readonly type: 'none' }
  | { readonly type: 'blob'; readonly hash: Uint8Array }
  /** BLAKE3 of the hashes of its blobs. */
  | { readonly type: 'content'; readonly hash: Uint8Array };

/** A file, of which the first bytes are hashed. */
interface OpenFile {
  readonly files: FileSystem;
  readonly descriptor: number;
  readonly sizeBytes: number;
}

/** Bytes of a large file that are held at once. */
const WINDOW_BYTES = 8 * 1024 * 1024;

/** The hash of an open file that is read to its end, whatever size it says it has. */
export function hashToEnd(files: FileSystem, descriptor: number): FileHash {
  const bytes = files.readToEnd(descriptor);
  return bytes.length === 0 ? { type: 'none' } : { type: 'blob', hash: blake3(bytes) };
}

/** The hash of the first `sizeBytes` of an open file, fewer where it ends. */
export function hashFile(
  files: FileSystem,
  descriptor: number,
  sizeBytes: number,
  chunking: ChunkingParameters,
): FileHash {
  const isLarge = sizeBytes > chunking.wholeFileBytes;
  const hashes = isLarge
    ? hashPieces({ files, descriptor, sizeBytes }, chunking)
    : hashWhole(files, descriptor, sizeBytes);
  const [first] = hashes;
  if (first === undefined) return { type: 'none' };
  if (hashes.length === 1) return { type: 'blob', hash: first };
  return { type: 'content', hash: blake3(Buffer.concat(hashes)) };
}

function hashWhole(files: FileSystem, descriptor: number, sizeBytes: number): Uint8Array[] {
  const bytes = Buffer.allocUnsafeSlow(sizeBytes);
  const count = files.read(descriptor, bytes, 0);
  return count === 0 ? [] : [blake3(bytes.subarray(0, count))];
}

/** The pieces of a file that is cut. Holes count only when they are the same after the reading. */
function hashPieces(file: OpenFile, chunking: ChunkingParameters): Uint8Array[] {
  const { files, descriptor } = file;
  const mapNow = (): HoleMap => mapHoles(files, descriptor, files.at.statOpen(descriptor));
  const holes = mapNow();
  const hashes = hashSegments(file, chunking, holes);
  return holes.length === 0 || isSameMap(holes, mapNow())
    ? hashes
    : hashSegments(file, chunking, NO_HOLES);
}

/** Each segment by itself, window after window. */
function hashSegments(
  { files, descriptor, sizeBytes }: OpenFile,
  chunking: ChunkingParameters,
  holes: HoleMap,
): Uint8Array[] {
  const cuts = chunkParams(chunking);
  const buffer = Buffer.allocUnsafeSlow(Math.max(WINDOW_BYTES, 2 * leastWindowBytes(cuts)));
  const hashes = new PieceHashes();
  /** Where the file goes on behind a step; undefined where it has ended. */
  const takeStep = (offset: number, isStart: boolean, end: number): number | undefined => {
    const step = nextStep(holes, offset, end, buffer.length);
    if (step.type === 'hole') {
      hashes.addHole(step.lengthBytes);
      return offset + step.lengthBytes;
    }
    const count = files.read(descriptor, buffer.subarray(0, step.lengthBytes), offset);
    const bytes = buffer.subarray(0, count);
    const isEnd = step.isEnd || count < step.lengthBytes;
    const followsHole = !isStart && hashes.endInHole;
    const { precedesHole } = step;
    let next = offset;
    for (const piece of cutWindow({ bytes, offset, isEnd, followsHole, precedesHole }, cuts)) {
      const { start, lengthBytes, isHole } = piece;
      if (isHole) hashes.addHole(lengthBytes);
      else hashes.add(blake3(bytes.subarray(start, start + lengthBytes)));
      next += lengthBytes;
    }
    return count < step.lengthBytes ? undefined : next;
  };
  for (const { start, end, isHole } of stretchesOf(holes, sizeBytes, chunking.segmentBytes)) {
    if (isHole) hashes.addHole(end - start);
    for (let offset: number | undefined = isHole ? end : start; offset !== end;) {
      offset = takeStep(offset, offset === start, end);
      if (offset === undefined) return hashes.finish();
    }
  }
  return hashes.finish();
}

/** Hashes of pieces, in which holes that touch are one. */
class PieceHashes {
  private readonly hashes: Uint8Array[] = [];
  private holeBytes = 0;

  get endInHole(): boolean {
    return this.holeBytes > 0;
  }

  add(hash: Uint8Array): void {
    this.endHole();
    this.hashes.push(hash);
  }

  addHole(lengthBytes: number): void {
    this.holeBytes += lengthBytes;
  }

  finish(): Uint8Array[] {
    this.endHole();
    return this.hashes;
  }

  private endHole(): void {
    if (this.holeBytes > 0) this.hashes.push(holeHash(this.holeBytes));
    this.holeBytes = 0;
  }
}
