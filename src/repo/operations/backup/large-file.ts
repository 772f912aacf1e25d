/**
 * Reads a large file in windows of its segments, several at once, so that two workers share one file
 * and memory stays flat in its size; what the file system says is a hole is left out. Where its state
 * changed between the first look and the last, the whole of it is read again.
 */
import { blake3, HASH_BYTES } from '../../../platform/hash.js';
import type { Index } from '../../index/index.js';
import type { ChunkingParameters, ContentRef } from '../../model.js';
import { holeHash, holeLength } from '../../packs/hole.js';
import type { FileStat } from '../../../platform/at-calls.js';
import type { NodeAttributes } from '../../../platform/attribute-calls.js';
import type { ByteString } from '../../../platform/bytes.js';
import { saysVanished } from '../../../platform/system-errors.js';
import { isSameState, sparseFlag } from '../../tree/compare.js';
import { chunkParams, leastWindowBytes } from '../../worker/cut-window.js';
import {
  isSameMap,
  nextStep,
  stretchesOf,
  type HoleMap,
  type Stretch,
} from '../../worker/hole-map.js';
import type {
  ReadWindowJob,
  ReadWindowResult,
  SourceFailure,
  SurveyResult,
} from '../../worker/jobs.js';
import type { FileOutcome, FileToRead } from './file-outcome.js';
import type { Limiter } from '../../../threads/limiter.js';

type Window = Omit<ReadWindowJob, 'type' | 'ticket'>;

export interface LargeFileReader {
  readonly chunking: ChunkingParameters;
  readonly limiter: Limiter;
  readonly index: Index;
  /** The blob that stands for a hole of this many bytes. */
  readonly holeBlob: (lengthBytes: number) => number;
  /** What is recorded of the file beside its contents. @throws SourceError */
  readonly survey: (path: ByteString, mapsHoles: boolean) => Promise<SurveyResult>;
  /** Reads, deduplicates and stores one window. @throws SourceError */
  readonly readWindow: (
    window: Window,
  ) => Promise<ReadWindowResult & { readonly blobs: readonly number[] }>;
}

/** Bytes that a worker holds of a large file at once, unless a piece may be nearly as long. */
const WINDOW_BYTES = 4 * 1024 * 1024;
const MAX_ATTEMPTS = 3;

export async function readLargeFile(
  { path, stat: seen }: FileToRead<unknown>,
  reader: LargeFileReader,
): Promise<FileOutcome> {
  try {
    let stat = seen;
    for (let attempt = 1; ; attempt++) {
      // What moves so fast that no map of it holds is read as a whole.
      const canMap = attempt < MAX_ATTEMPTS;
      const { pieces, stats, attributes, isSound } = await readOnce(path, stat, reader, canMap);
      const isStable = isSound && stats.every((after) => isSameState(stat, after));
      stat = stats.at(-1) ?? stat;
      if (!isStable && attempt < MAX_ATTEMPTS) continue;
      const joined = joinHoles(pieces);
      const sizeBytes = joined.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);
      return {
        type: 'read',
        stat: { ...stat, sizeBytes },
        attributes,
        content: contentOf(reader, joined, sizeBytes),
        blobs: joined.map(({ hash }) => hash),
        isUnstable: !isStable,
      };
    }
  } catch (error) {
    // Anything else (a full disk) is the repository's, and ends the run.
    if (!(error instanceof SourceError)) throw error;
    return saysVanished(error.code)
      ? { type: 'vanished' }
      : { type: 'failed', message: error.message };
  }
}

/** The source could not be read. */
export class SourceError extends Error {
  /** What the system call failed with. */
  readonly code: string;

  constructor({ code, message }: SourceFailure) {
    super(message);
    this.code = code;
  }
}

/** A part of a file: a blob, or with none a hole. */
export interface StoredPiece {
  readonly hash: Uint8Array;
  readonly lengthBytes: number;
  readonly blob: number | undefined;
}

interface ReadParts {
  readonly pieces: readonly StoredPiece[];
  /** What the file was like each time that it was looked at. */
  readonly stats: readonly FileStat[];
}

/** `isSound`: no hole was skipped that may have been filled in the meantime. */
async function readOnce(
  path: ByteString,
  stat: FileStat,
  reader: LargeFileReader,
  canMap: boolean,
): Promise<ReadParts & { readonly attributes: NodeAttributes; readonly isSound: boolean }> {
  const before = await reader.survey(path, canMap && sparseFlag(stat) > 0);
  const { attributes, holes } = before;
  const read = await readSegments(path, stat, holes, reader);
  const { pieces } = read;
  const stats = [before.stat, ...read.stats];
  if (holes.length === 0) return { pieces, stats, attributes, isSound: true };
  const after = await reader.survey(path, true);
  return {
    pieces,
    stats: [...stats, after.stat],
    attributes,
    isSound: isSameMap(holes, after.holes),
  };
}

async function readSegments(
  path: ByteString,
  stat: FileStat,
  holes: HoleMap,
  reader: LargeFileReader,
): Promise<ReadParts> {
  const parts: ReadParts[] = [];
  const tasks: Promise<void>[] = [];
  // A file that cannot be read is its own failure, not the run's: it is thrown here, at the end.
  let failure: { readonly error: unknown } | undefined;
  const read = async (position: number, stretch: Stretch): Promise<void> => {
    try {
      parts[position] = await readSegment(path, stretch, holes, reader);
    } catch (error) {
      failure ??= { error };
    }
  };
  for (const stretch of stretchesOf(holes, stat.sizeBytes, reader.chunking.segmentBytes)) {
    if (failure) break;
    const position = parts.length;
    parts.push({ pieces: stretch.isHole ? [hole(stretch.end - stretch.start)] : [], stats: [] });
    if (stretch.isHole) continue;
    await reader.limiter.start(() => {
      const task = read(position, stretch);
      tasks.push(task);
      return task;
    });
  }
  await Promise.all(tasks);
  throwIfFailed(failure);
  return {
    pieces: parts.flatMap(({ pieces }) => pieces),
    stats: parts.flatMap(({ stats }) => stats),
  };
}

function throwIfFailed(failure: { readonly error: unknown } | undefined): void {
  if (failure) throw failure.error;
}

async function readSegment(
  path: ByteString,
  { start, end }: Stretch,
  holes: HoleMap,
  { chunking, readWindow }: LargeFileReader,
): Promise<ReadParts> {
  const pieces: StoredPiece[] = [];
  const stats: FileStat[] = [];
  const cuts = chunkParams(chunking);
  const mostBytes = Math.max(WINDOW_BYTES, 2 * leastWindowBytes(cuts));
  for (let offset = start; offset < end;) {
    const step = nextStep(holes, offset, end, mostBytes);
    const followsHole = pieces.length > 0 && pieces.at(-1)?.blob === undefined;
    if (step.type === 'hole') {
      pieces.push(hole(step.lengthBytes));
      offset += step.lengthBytes;
      continue;
    }
    const { lengthBytes, isEnd, precedesHole } = step;
    const read = await readWindow({
      path,
      offset,
      lengthBytes,
      isEnd,
      followsHole,
      precedesHole,
      chunking: cuts,
    });
    note(stats, read.stat);
    if (read.lengths.length === 0) break;
    read.lengths.forEach((length, index) => {
      const hash = read.hashes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);
      const isHole = holeLength(hash) !== undefined;
      pieces.push({ hash, lengthBytes: length, blob: isHole ? undefined : read.blobs[index] });
      offset += length;
    });
  }
  return { pieces, stats };
}

function hole(lengthBytes: number): StoredPiece {
  return { hash: holeHash(lengthBytes), lengthBytes, blob: undefined };
}

/** Holes that touch are one, so that a file of nothing but a hole is one row. */
export function joinHoles(pieces: readonly StoredPiece[]): StoredPiece[] {
  const joined: StoredPiece[] = [];
  for (const piece of pieces) {
    const before = joined.at(-1);
    if (piece.blob === undefined && before && before.blob === undefined) {
      joined[joined.length - 1] = hole(before.lengthBytes + piece.lengthBytes);
    } else joined.push(piece);
  }
  return joined;
}

/** The list of blobs as a row of its own; a single blob needs none. */
export function contentOf(
  { index, holeBlob }: Pick<LargeFileReader, 'index' | 'holeBlob'>,
  pieces: readonly StoredPiece[],
  sizeBytes: number,
): ContentRef {
  const [first] = pieces;
  if (!first) return { type: 'none' };
  const blobOf = ({ blob, lengthBytes }: StoredPiece): number => blob ?? holeBlob(lengthBytes);
  if (pieces.length === 1) return { type: 'blob', blob: blobOf(first) };
  const hash = blake3(Buffer.concat(pieces.map((piece) => piece.hash)));
  const known = index.blobs.findContent(hash);
  if (known !== undefined) return { type: 'content', content: known };
  const content = index.counters.next('content');
  index.blobs.insertContent(content, hash, sizeBytes, pieces.map(blobOf));
  return { type: 'content', content };
}

/** Adds a look; it replaces the last one when both saw one state. */
function note(stats: FileStat[], stat: FileStat): void {
  const before = stats.at(-1);
  if (before && isSameState(before, stat)) stats.pop();
  stats.push(stat);
}
