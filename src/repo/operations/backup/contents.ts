/**
 * The way of the bytes: files that must be read become jobs for the workers (small ones in an order
 * in which neighbours resemble each other, since they share a frame), their blobs are deduplicated and
 * stored, and each file is handed back with its content.
 */
import { HASH_BYTES } from '../../../delta/hash.js';
import type { Index } from '../../index/index.js';
import type { ChunkingParameters, ContentRef, Version } from '../../model.js';
import type { FileStat } from '../../../platform/at-calls.js';
import { NO_ATTRIBUTES, type NodeAttributes } from '../../../platform/attribute-calls.js';
import type { ByteString } from '../../../platform/bytes.js';
import { putStat, ReadStatus, STAT_FIELDS, type ReadFilesResult } from '../../worker/jobs.js';
import type { WritingRun } from '../../repository/writing-run.js';
import { readLargeFile, SourceError } from './large-file.js';
import { createLimiter } from '../limiter.js';
import { createOldPieces } from './old-pieces.js';
import type { RetirementAhead } from './retirement-ahead.js';
import { createTicketStore } from './store-ticket.js';

/** What is known of a file before it is read. */
interface Known {
  /** Its current version in the index. */
  readonly known: Version | undefined;
}

/** A file to be read. `Context` is what the caller wants back with it. */
export interface FileToRead<Context> {
  readonly path: ByteString;
  readonly stat: FileStat;
  readonly context: Context;
}

/** How reading a file ended. */
export type FileOutcome =
  | {
      readonly type: 'read';
      /** As it was when its bytes were read; its size is what was read. */
      readonly stat: FileStat;
      readonly attributes: NodeAttributes;
      readonly content: ContentRef;
      readonly blobs: readonly Uint8Array[];
      /** It changed while it was read, every time. */
      readonly isUnstable: boolean;
    }
  | { readonly type: 'vanished' }
  | { readonly type: 'failed'; readonly message: string };

export interface Contents<Context> {
  /** Takes a file; a promise when the caller is to wait because enough is under way. */
  add(file: FileToRead<Context>): Promise<void> | undefined;
  /** Ends what is under way. */
  finish(): Promise<void>;
  readonly bytesRead: number;
}

/** A job of small files: enough that the message costs little, little enough to share the work. */
const JOB_BYTES = 2 * 1024 * 1024;
const JOB_FILES = 256;
/** Small files that wait to be put in order, which bounds memory. */
const MOST_WAITING = 4096;
/**
 * Where most files are known, few must be read: those begin while the walk goes on, whenever the
 * workers have little to do. (A first backup waits, since frames of many files in order take 7 % less.)
 */
const EARLY_BYTES = 512 * 1024;
const EARLY_FILES = 64;
/** Jobs under way on each worker: one at work, one ready. */
const JOBS_A_WORKER = 2;

export function createContents<Context extends Known>(
  run: WritingRun,
  index: Index,
  chunking: ChunkingParameters,
  ahead: RetirementAhead,
  startsEarly: boolean,
  onFile: (file: FileToRead<Context>, outcome: FileOutcome) => void,
): Contents<Context> {
  const tickets = createTicketStore(run, index, ahead);
  const limiter = createLimiter(run.pool.laneCount * JOBS_A_WORKER);
  let waiting: FileToRead<Context>[] = [];
  let waitingBytes = 0;
  /** Files that have become large since the walk saw them: read last. */
  const grown: FileToRead<Context>[] = [];
  let bytesRead = 0;

  const readSmall = async (files: readonly FileToRead<Context>[]): Promise<void> => {
    const lane = run.pool.idlestLane();
    const ticket = tickets.nextTicket();
    const stats = new Float64Array(files.length * STAT_FIELDS);
    files.forEach(({ stat }, position) => putStat(stats, position, stat));
    const paths = files.map(({ path }) => path);
    const mostBytes = chunking.wholeFileBytes;
    const job = { type: 'read-files', ticket, paths, stats, mostBytes } as const;
    const result = await run.pool.run(job, lane);
    const lengths = Array.from(result.lengths);
    bytesRead += lengths.reduce((sum, length) => sum + length, 0);
    const read = { lane, ticket, lengths, hashes: result.hashes };
    const claims = await tickets.store(read, (position) => {
      const known = files[position]?.context.known;
      return known?.content.type === 'blob'
        ? { path: known.path, old: known.content.blob }
        : undefined;
    });
    files.forEach((file, position) => {
      const stat = result.stats.get(position);
      if (result.statuses[position] === ReadStatus.outgrown && stat) grown.push({ ...file, stat });
      else onFile(file, outcomeOf(file, result, position, claims[position]));
    });
  };
  const startJob = (files: readonly FileToRead<Context>[]): Promise<void> =>
    limiter.start(() => readSmall(files));
  /** `shares`: few files make so many jobs all the same. */
  const flushWaiting = async (shares: number): Promise<void> => {
    const fullBytes = Math.min(JOB_BYTES, waitingBytes / shares);
    const fullFiles = Math.min(JOB_FILES, Math.ceil(waiting.length / shares));
    const files = waiting.map((file) => ({ file, key: resemblanceKey(file.path) }));
    files.sort((left, right) => (left.key < right.key ? -1 : left.key > right.key ? 1 : 0));
    waiting = [];
    waitingBytes = 0;
    let job: FileToRead<Context>[] = [];
    let jobBytes = 0;
    for (const { file } of files) {
      job.push(file);
      jobBytes += file.stat.sizeBytes;
      if (jobBytes < fullBytes && job.length < fullFiles) continue;
      await startJob(job);
      job = [];
      jobBytes = 0;
    }
    if (job.length > 0) await startJob(job);
  };
  /**
   * Starts the jobs of what waits, while the walk goes on; one batch at a time, which bounds memory.
   * 46 600 files in 2.55 instead of 2.68 s, since workers wait less for the walk.
   */
  let behind = Promise.resolve();
  const flushBehind = async (): Promise<void> => {
    await behind;
    behind = flushWaiting(1);
    // A failure is thrown where it is waited for next.
    behind.catch(() => undefined);
  };
  const addLarge = async (file: FileToRead<Context>): Promise<void> => {
    const { known } = file.context;
    const oldPieces = known && createOldPieces(index, known.content);
    const outcome = await readLargeFile(file, {
      chunking,
      limiter,
      index,
      holeBlob: tickets.holeBlob,
      survey: async (path, mapsHoles) => {
        const result = await run.pool.run({ type: 'survey', path, mapsHoles });
        if ('code' in result) throw new SourceError(result);
        return result;
      },
      readWindow: async (window) => {
        const lane = run.pool.idlestLane();
        const ticket = tickets.nextTicket();
        const result = await run.pool.run({ type: 'read-window', ticket, ...window }, lane);
        if ('code' in result) throw new SourceError(result);
        const { lengths, hashes } = result;
        bytesRead += lengths.reduce((sum, length) => sum + length, 0);
        let start = window.offset;
        const claims = await tickets.store({ lane, ticket, lengths, hashes }, (position, blob) => {
          const length = lengths[position] ?? 0;
          const old = oldPieces?.at(start, length, blob);
          start += length;
          return old === undefined || !known ? undefined : { path: known.path, old };
        });
        return { ...result, blobs: claims.map(({ blob }) => blob) };
      },
    });
    onFile(file, outcome);
  };

  return {
    get bytesRead() {
      return bytesRead;
    },
    add(file) {
      const { sizeBytes } = file.stat;
      if (sizeBytes > chunking.wholeFileBytes) return addLarge(file);
      if (sizeBytes >= JOB_BYTES) return startJob([file]);
      waiting.push(file);
      waitingBytes += sizeBytes;
      const isEarly =
        startsEarly &&
        limiter.running < JOBS_A_WORKER &&
        (waiting.length >= EARLY_FILES || waitingBytes >= EARLY_BYTES);
      return isEarly || waiting.length >= MOST_WAITING ? flushBehind() : undefined;
    },
    async finish() {
      await behind;
      // The last ones are shared out to the threads that run: nothing else is left to do.
      await flushWaiting(Math.max(1, run.pool.startedLanes().length));
      await limiter.drain();
      for (const file of grown.splice(0)) await addLarge(file);
      await limiter.drain();
    },
  };
}

/**
 * Orders files so that those that resemble each other stand side by side: by extension, then by name
 * (the same name in another directory is mostly another version, or another language, of one thing).
 * On a tree of 46 600 files this takes 7 % less than the order of the walk.
 */
function resemblanceKey(path: ByteString): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 ? name.slice(dot).toLowerCase() : '';
  return `${extension}/${name}`;
}

function outcomeOf(
  { stat }: FileToRead<unknown>,
  { statuses, lengths, hashes, stats, attributes, failures }: ReadFilesResult,
  position: number,
  claim: { readonly blob: number } | undefined,
): FileOutcome {
  const status = statuses[position] as ReadStatus;
  if (status === ReadStatus.vanished) return { type: 'vanished' };
  if (status === ReadStatus.failed) {
    return { type: 'failed', message: failures.get(position) ?? 'unknown error' };
  }
  const sizeBytes = lengths[position] ?? 0;
  const read = stats.get(position) ?? stat;
  const hash = hashes.subarray(position * HASH_BYTES, (position + 1) * HASH_BYTES);
  const hasBytes = claim !== undefined && claim.blob > 0;
  return {
    type: 'read',
    stat: read.sizeBytes === sizeBytes ? read : { ...read, sizeBytes },
    attributes: attributes.get(position) ?? NO_ATTRIBUTES,
    content: hasBytes ? { type: 'blob', blob: claim.blob } : { type: 'none' },
    blobs: hasBytes ? [hash] : [],
    isUnstable: status === ReadStatus.unstable,
  };
}
