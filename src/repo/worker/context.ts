/** What one worker holds between jobs. */
import type { Delta } from '../../delta/delta.js';
import { deltaMember, deltaStreams } from '../chain/retire.js';
import type { StoredFrame } from '../model.js';
import {
  decodeFrameHeader,
  encodeFrame,
  FRAME_HEADER_BYTES,
  frameBound,
  FrameKind,
  type FrameContent,
  type FullMember,
} from '../packs/frame.js';
import { createBufferPool, type BufferPool } from '../packs/buffer-pool.js';
import { createFrameReader, decodesTo, type FrameReader } from '../packs/frame-reader.js';
import type { PackStore } from '../packs/pack-store.js';
import { createPackWriter, type PackWriter } from '../packs/pack-writer.js';
import type { FileSystem } from '../../platform/files.js';
import type { BeginJob } from './jobs.js';

/** Decoded frames that a worker keeps: a few large ones, or a hundred shared ones. */
const READER_CACHE_BYTES = 6 * 1024 * 1024;
/**
 * Unused buffers that a worker keeps: all that one job with deltas takes. With half of it the windows of
 * large files are dropped and allocated again, 180 MB of garbage for each GiB.
 */
const POOL_BYTES = 16 * 1024 * 1024;

/** Blobs that were read and wait for the word whether to store them. */
export interface Ticket {
  readonly bytes: Buffer;
  /** Where each blob begins in `bytes`, and its length. */
  readonly starts: readonly number[];
  readonly lengths: readonly number[];
  readonly hashes: Uint8Array;
  /** Whether small blobs may share a frame: whole files do, pieces of a file are replaced one by one. */
  readonly sharesFrames: boolean;
}

export interface WorkerContext {
  readonly files: FileSystem;
  readonly store: PackStore;
  readonly reader: FrameReader;
  readonly pool: BufferPool;
  readonly tickets: Map<number, Ticket>;
  readonly run: LaneWriter | undefined;
  begin(job: BeginJob): void;
  close(): void;
}

/** The part of a context that exists while frames are written. */
export interface LaneWriter {
  readonly level: number;
  readonly writer: PackWriter;
  /**
   * Appends a frame of whole blobs; `positions` are theirs in the request. Where deltas are to rest on
   * them (`isBasis`), what is appended is decoded and compared first.
   */
  appendFull(
    members: readonly FullMember[],
    bytes: Uint8Array,
    positions: readonly number[],
    isBasis: boolean,
  ): StoredFrame;
  /** A frame of deltas, not yet appended: it is read back and proven first. */
  encodeDeltas(deltas: readonly Delta[]): Buffer;
  /** Appends what {@link encodeDeltas} made of `deltas`. */
  appendDeltas(frame: Buffer, deltas: readonly Delta[], positions: readonly number[]): StoredFrame;
}

export function createWorkerContext(files: FileSystem, store: PackStore): WorkerContext {
  const tickets = new Map<number, Ticket>();
  const pool = createBufferPool(POOL_BYTES);
  let run: LaneWriter | undefined;
  return {
    files,
    store,
    reader: createFrameReader(store, READER_CACHE_BYTES, pool),
    pool,
    tickets,
    get run() {
      return run;
    },
    begin(job) {
      tickets.clear();
      run = createLaneWriter(store, job, pool);
    },
    close: () => store.close(),
  };
}

function createLaneWriter(
  store: PackStore,
  { generation, level, lane }: BeginJob,
  pool: BufferPool,
): LaneWriter {
  const writer = createPackWriter(store, lane);
  let scratch = Buffer.allocUnsafeSlow(1024 * 1024);
  const encode = (content: FrameContent, sections: readonly Uint8Array[]): Buffer => {
    const room = frameBound(content, sections);
    if (scratch.length < room) scratch = Buffer.allocUnsafeSlow(room);
    return encodeFrame(content, generation, sections, { level, scratch });
  };
  const append = (
    frame: Buffer,
    members: readonly number[],
    weights: readonly number[],
  ): StoredFrame => {
    const { kind, tableBytes } = decodeFrameHeader(frame);
    const headBytes = FRAME_HEADER_BYTES + tableBytes;
    return { ...writer.append(frame), kind, headBytes, members, weights };
  };

  return {
    level,
    writer,
    appendFull(members, bytes, positions, isBasis) {
      const frame = encode({ kind: FrameKind.full, members }, [bytes]);
      if (isBasis && !decodesTo(frame, bytes, pool)) {
        throw new Error('a frame does not hold what was put into it');
      }
      const weights = members.map(({ lengthBytes }) => lengthBytes);
      return append(frame, positions, weights);
    },
    appendDeltas(frame, deltas, positions) {
      const weights = deltas.map((delta) => sum(deltaStreams(delta).map(({ length }) => length)));
      return append(frame, positions, weights);
    },
    encodeDeltas(deltas) {
      const parts = deltas.map(deltaStreams);
      const sections = ([0, 1, 2, 3] as const).map((index) =>
        Buffer.concat(parts.map((streams) => streams[index])),
      );
      return encode({ kind: FrameKind.delta, members: deltas.map(deltaMember) }, sections);
    },
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** The run of a context. @throws Error before `begin`: a bug */
export function laneWriter(context: WorkerContext): LaneWriter {
  if (!context.run) throw new Error('no writing run was begun');
  return context.run;
}
