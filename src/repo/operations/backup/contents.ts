/**
 * The way of the bytes: files that must be read become jobs for the workers (small ones in an order
 * in which neighbours resemble each other, since they share a frame), their blobs are deduplicated and
 * stored, and each file is handed back with its content.
 */
import { HASH_BYTES } from '../../../platform/hash.js';
import type { Index } from '../../index/index.js';
import type { ChunkingParameters, Version } from '../../model.js';
import { NO_ATTRIBUTES } from '../../../platform/attribute-calls.js';
import type { ByteString } from '../../../platform/bytes.js';
import { putStat, ReadStatus, STAT_FIELDS, type ReadFilesResult } from '../../worker/jobs.js';
import type { WritingRun } from '../../repository/writing-run.js';
import type { FileOutcome, FileToRead } from './file-outcome.js';
import { readLargeFile, SourceError, type LargeFileReader } from './large-file.js';
import { createLimiter, type Limiter } from '../../../threads/limiter.js';
import { createOldPieces } from './old-pieces.js';
import type { RetirementAhead } from './retirement-ahead.js';
import { JOB_BYTES, SmallFiles } from './small-files.js';
import { createTicketStore, type TicketStore } from './store-ticket.js';

/** What is known of a file before it is read. */
interface Known {
  /** Its current version in the index. */
  readonly known: Version | undefined;
}

export interface Contents<Context> {
  /** Takes a file; a promise when the caller is to wait because enough is under way. */
  add(file: FileToRead<Context>): Promise<void> | undefined;
  /** Ends what is under way. */
  finish(): Promise<void>;
  readonly bytesRead: number;
}

/** Jobs under way on each worker: one at work, one ready. */
const JOBS_A_WORKER = 2;

export interface ContentsOptions {
  readonly run: WritingRun;
  readonly index: Index;
  readonly chunking: ChunkingParameters;
  /** Takes deltas of what files held before. */
  readonly ahead: RetirementAhead;
  /** Reading begins before the walk has ended. */
  readonly startsEarly: boolean;
  /** Something of a file was read. `partBytes`: what was read so far of a large one that is not handed back yet. */
  readonly onRead: (path: ByteString, partBytes: number) => void;
}

type OnFile<Context> = (file: FileToRead<Context>, outcome: FileOutcome) => void;

/** Reads files, and tells of each how that ended. */
export class ContentReader<Context extends Known> implements Contents<Context> {
  private readonly options: ContentsOptions;
  private readonly onFile: OnFile<Context>;
  private readonly tickets: TicketStore;
  private readonly limiter: Limiter;
  private readonly small = new SmallFiles<Context>();
  /** Files that have become large since the walk saw them: read last. */
  private readonly grown: FileToRead<Context>[] = [];
  /** The jobs that are started while the walk goes on. */
  private behind: Promise<void> = Promise.resolve();
  private readBytes = 0;
  private partBytes = 0;

  constructor(options: ContentsOptions, onFile: OnFile<Context>) {
    const { run, index, ahead } = options;
    this.options = options;
    this.onFile = onFile;
    this.tickets = createTicketStore(run, index, ahead);
    this.limiter = createLimiter(run.pool.laneCount * JOBS_A_WORKER);
  }

  get bytesRead(): number {
    return this.readBytes;
  }

  add(file: FileToRead<Context>): Promise<void> | undefined {
    const { chunking, startsEarly } = this.options;
    const sizeBytes = file.tellsSize ? file.stat.sizeBytes : 0;
    if (sizeBytes > chunking.wholeFileBytes) return this.addLarge(file);
    if (sizeBytes >= JOB_BYTES) return this.startJob([file]);
    this.small.add(file);
    const isEarly = startsEarly && this.limiter.running < JOBS_A_WORKER && this.small.isWorthAJob;
    return isEarly || this.small.isFull ? this.flushBehind() : undefined;
  }

  async finish(): Promise<void> {
    await this.behind;
    // The last ones are shared out to the threads that run: nothing else is left to do.
    await this.flush(Math.max(1, this.options.run.pool.startedLanes().length));
    await this.limiter.drain();
    for (const file of this.grown.splice(0)) await this.addLarge(file);
    await this.limiter.drain();
  }

  private async flush(shares: number): Promise<void> {
    for (const job of this.small.takeJobs(shares)) await this.startJob(job);
  }

  /**
   * Starts the jobs of what waits, while the walk goes on; one batch at a time, which bounds memory.
   * 46 600 files in 2.55 instead of 2.68 s, since workers wait less for the walk.
   */
  private async flushBehind(): Promise<void> {
    await this.behind;
    this.behind = this.flush(1);
    // A failure is thrown where it is waited for next.
    this.behind.catch(() => undefined);
  }

  private startJob(files: readonly FileToRead<Context>[]): Promise<void> {
    return this.limiter.start(() => this.readSmall(files));
  }

  private async readSmall(files: readonly FileToRead<Context>[]): Promise<void> {
    const { run, chunking } = this.options;
    const lane = run.pool.idlestLane();
    const ticket = this.tickets.nextTicket();
    const stats = new Float64Array(files.length * STAT_FIELDS);
    files.forEach(({ stat }, position) => putStat(stats, position, stat));
    const paths = files.map(({ path }) => path);
    const tellSizes = Uint8Array.from(files, ({ tellsSize }) => Number(tellsSize));
    const mostBytes = chunking.wholeFileBytes;
    const job = { type: 'read-files', ticket, paths, stats, tellSizes, mostBytes } as const;
    const result = await run.pool.run(job, lane);
    const lengths = Array.from(result.lengths);
    this.count(lengths);
    const read = { lane, ticket, lengths, hashes: result.hashes };
    const claims = await this.tickets.store(read, (position) => {
      const known = files[position]?.context.known;
      return known?.content.type === 'blob'
        ? { path: known.path, old: known.content.blob }
        : undefined;
    });
    files.forEach((file, position) => {
      const stat = result.stats.get(position);
      const isOutgrown = result.statuses[position] === ReadStatus.outgrown;
      if (isOutgrown && stat) this.grown.push({ ...file, stat });
      else this.onFile(file, outcomeOf(file, result, position, claims[position]));
    });
    const last = paths.at(-1);
    if (last !== undefined) this.options.onRead(last, this.partBytes);
  }

  private async addLarge(file: FileToRead<Context>): Promise<void> {
    const { run, index, chunking } = this.options;
    const outcome = await readLargeFile(file, {
      chunking,
      limiter: this.limiter,
      index,
      holeBlob: this.tickets.holeBlob,
      survey: async (path, mapsHoles) => {
        const result = await run.pool.run({ type: 'survey', path, mapsHoles });
        if ('code' in result) throw new SourceError(result);
        return result;
      },
      readWindow: this.windowReader(file),
    });
    this.partBytes = 0;
    this.onFile(file, outcome);
  }

  /** Reads windows of a file, and stores what is new in them. */
  private windowReader({
    path,
    stat,
    context: { known },
  }: FileToRead<Context>): LargeFileReader['readWindow'] {
    const { run, index, onRead } = this.options;
    const oldPieces = known && createOldPieces(index, known.content);
    return async (window) => {
      const lane = run.pool.idlestLane();
      const ticket = this.tickets.nextTicket();
      const result = await run.pool.run({ type: 'read-window', ticket, ...window }, lane);
      if ('code' in result) throw new SourceError(result);
      const { lengths, hashes } = result;
      // A file that changes is read more than once, and counts once.
      this.partBytes = Math.min(stat.sizeBytes, this.partBytes + this.count(lengths));
      onRead(path, this.partBytes);
      let start = window.offset;
      const read = { lane, ticket, lengths, hashes };
      const claims = await this.tickets.store(read, (position, blob) => {
        const length = lengths[position] ?? 0;
        const old = oldPieces?.at(start, length, blob);
        start += length;
        return old === undefined || !known ? undefined : { path: known.path, old };
      });
      return { ...result, blobs: claims.map(({ blob }) => blob) };
    };
  }

  private count(lengths: readonly number[]): number {
    const bytes = lengths.reduce((sum, length) => sum + length, 0);
    this.readBytes += bytes;
    return bytes;
  }
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
