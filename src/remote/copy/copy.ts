/** Copies one file by its differences: the story of `varve copy`. */
import { CodedError, type ErrorCode } from '../../errors.js';
import { count } from '../../platform/count.js';
import type { Platform } from '../../platform/platform.js';
import { explainRefusal } from '../../platform/refusals.js';
import { Connection } from '../transport/client/connection.js';
import { Link, type Compression } from '../transport/client/link.js';
import type { PdiffcopyFile } from './client/pdiffcopy-file.js';
import type { RemoteFile } from './client/remote-file.js';
import { openRemoteFile } from './client/open.js';
import type { OpenFile } from './file/place.js';
import {
  chooseBlockBytes,
  MIN_BLOCK_BYTES,
  MAX_BLOCK_BYTES,
  type HashList,
} from './hashing/hash-list.js';
import { openListCache } from './hashing/list-cache.js';
import { loadHashMethod, VARVE_DEFAULTS } from './hashing/methods.js';
import type { Attributes } from './draft/draft.js';
import { startWorkers } from './worker/pool.js';
import type { CopyContext } from './context.js';
import {
  assertUnchanged,
  openLocalSource,
  sourceChanged,
  withLocalTarget,
  type Endpoint,
} from './endpoints.js';
import { factsOf, type LocalTarget, type TargetTools } from './local-target.js';
import { comparePull, executePull } from './pull.js';
import { comparePush, executePush, type PushPlan } from './push.js';
import type { Defaults, FileFacts, Receiver, Target } from './sides.js';
import type { Plan } from './plan.js';

export interface CopyOptions {
  readonly source: Endpoint;
  readonly target: Endpoint;
  /** Default: chosen by the size of the file. */
  readonly blockBytes?: number;
  /** Default: blake3. */
  readonly method?: string;
  /** Compares nothing and sends everything. */
  readonly isWholeFile: boolean;
  /** Only compares. */
  readonly isDryRun: boolean;
  /** Writes into the target instead of replacing it. */
  readonly isInPlace: boolean;
  /** Gives the target the source's mode and modification time. */
  readonly preserves: boolean;
  /** Batches under way at once. Default: 4. */
  readonly concurrency?: number;
  /** Worker threads. */
  readonly jobs: number;
  readonly token: string | undefined;
  /** Default: auto. */
  readonly compression?: Compression;
  /** Limit of the bytes a second that pass in each direction together. */
  readonly mostBytesPerSecond?: number;
  readonly cacheDirectory: string | undefined;
  readonly signal?: AbortSignal;
  /** The size of the new file is known. */
  readonly onStart?: (sizeBytes: number) => void;
  /** Bytes of the new file that the target has. */
  readonly onProgress?: (bytes: number) => void;
}

export interface CopyResult {
  /** What becomes, or would become, of the target; `metadata`: its bytes were those. */
  readonly mark: 'new' | 'changed' | 'metadata' | 'unchanged';
  /** The share of the new file that the target had, 0 to 1. */
  readonly similarity: number;
  readonly sizeBytes: number;
  readonly bytesHashed: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly bytesWritten: number;
  readonly durationMs: number;
}

/** What is counted on the way. */
interface Counters {
  hashed: number;
  made: number;
}

/** A copy that is under way. */
interface CopyRun {
  readonly options: CopyOptions;
  readonly tools: TargetTools;
  readonly connection: Connection | undefined;
  readonly counters: Counters;
}

type Outcome = Pick<CopyResult, 'mark' | 'similarity' | 'sizeBytes' | 'bytesWritten'>;

/** Failures that a server of copies reports by their codes. */
const REPORTED_CODES: readonly ErrorCode[] = [
  'COPY_BUSY',
  'COPY_MISMATCH',
  'COPY_SOURCE_CHANGED',
  'COPY_TARGET_CHANGED',
  'DISK_FULL',
  'NOT_A_FILE',
  'PATH_NOT_FOUND',
  'REMOTE_READ_ONLY',
  'REMOTE_REFUSED',
  'REMOTE_REQUEST',
  'USAGE_HASH_METHOD',
];
const DEFAULT_CONCURRENCY = 4;
/** A source that changes during the copy is retried this many times before it is an error. */
const ATTEMPTS = 3;

/**
 * @throws CodedError COPY_BUSY, COPY_MISMATCH, COPY_SOURCE_CHANGED, COPY_TARGET_CHANGED, INTERRUPTED,
 * NOT_A_FILE, PATH_NOT_FOUND, REMOTE_PROTOCOL, REMOTE_READ_ONLY, REMOTE_REFUSED, REMOTE_REQUEST,
 * REMOTE_UNREACHABLE, USAGE_HASH_METHOD
 */
export async function copyFile(platform: Platform, options: CopyOptions): Promise<CopyResult> {
  const nowMs = (): number => platform.clock.nowMs();
  const startedMs = nowMs();
  // It may have come while this module was being loaded.
  if (options.signal?.aborted) throw interrupted();
  const workers = startWorkers(options.jobs);
  const lists = openListCache(platform, options.cacheDirectory);
  const connection = connect(options, nowMs);
  const counters: Counters = { hashed: 0, made: 0 };
  const tools: TargetTools = { files: platform.files, workers, lists, nowMs };
  const abort = (): void => void workers.close(interrupted());
  options.signal?.addEventListener('abort', abort, { once: true });
  try {
    const outcome = await attempt({ options, tools, connection, counters }, ATTEMPTS);
    const { sent, received } = connection?.traffic ?? { sent: 0, received: 0 };
    return {
      ...outcome,
      bytesHashed: counters.hashed,
      bytesSent: sent,
      bytesReceived: received,
      durationMs: nowMs() - startedMs,
    };
  } catch (error) {
    throw explainRefusal(error, { name: 'the source or the target of the copy' }) ?? error;
  } finally {
    options.signal?.removeEventListener('abort', abort);
    await workers.close();
    connection?.close();
  }
}

function connect(options: CopyOptions, nowMs: () => number): Connection | undefined {
  const { source, target, token, concurrency, signal } = options;
  const remote = [source, target].find((endpoint) => endpoint.type === 'remote');
  if (remote?.type !== 'remote') return undefined;
  // One more than batches: what needs no bytes is asked for beside them.
  const connections = (concurrency ?? DEFAULT_CONCURRENCY) + 1;
  const link = new Link({
    compression: options.compression ?? 'auto',
    mostBytesPerSecond: options.mostBytesPerSecond,
    nowMs,
  });
  return new Connection({
    url: remote.url,
    token,
    signal,
    concurrency: connections,
    link,
    reportedCodes: REPORTED_CODES,
  });
}

async function attempt(run: CopyRun, attemptsLeft: number): Promise<Outcome> {
  try {
    run.counters.made = 0;
    return await (run.options.source.type === 'remote' ? pull(run) : push(run));
  } catch (error) {
    if (run.options.signal?.aborted) throw interrupted();
    const isChanged = error instanceof CodedError && error.code === 'COPY_SOURCE_CHANGED';
    if (!isChanged || attemptsLeft <= 1) throw error;
    return attempt(run, attemptsLeft - 1);
  }
}

async function push(run: CopyRun): Promise<Outcome> {
  const { options, tools, connection } = run;
  const source = openLocalSource(tools.files, options.source);
  try {
    options.onStart?.(source.stat.sizeBytes);
    if (!connection) {
      return await withLocalTarget(tools, options.target, (target) => pushTo(target, source, run));
    }
    const target = await openRemoteFile(connection, await ownList(run, source));
    if (!target.isEqual) return await pushTo(target, source, run);
    assertUnchanged(tools.files, source);
    return nothingToDo(source.stat);
  } finally {
    source.close();
  }
}

async function pushTo(
  target: LocalTarget | RemoteFile | PdiffcopyFile,
  source: OpenFile,
  run: CopyRun,
): Promise<Outcome> {
  const { sizeBytes } = source.stat;
  const context = await contextOf(run, target, Math.max(sizeBytes, target.old?.sizeBytes ?? 0));
  const plan = await comparePush(source, target, context);
  const bytesWritten = await make(run, plan, target, {
    context,
    facts: factsOf(source),
    send: (receiver) => executePush(source, receiver, plan, context),
    verify: () => assertUnchanged(run.tools.files, source),
  });
  const mark = markOf(run, plan, target);
  return { mark, similarity: plan.similarity, sizeBytes, bytesWritten };
}

function pull(run: CopyRun): Promise<Outcome> {
  const { options, tools, connection } = run;
  return withLocalTarget(tools, options.target, async (target) => {
    const own = target.old && (await ownList(run, target.open('old')));
    const source = await openRemoteFile(connection as Connection, own);
    const { sizeBytes, identity } = source.facts;
    options.onStart?.(sizeBytes);
    if (source.isEqual) return nothingToDo(source.facts);
    const context = await contextOf(run, source, Math.max(sizeBytes, target.old?.sizeBytes ?? 0));
    const plan = await comparePull(source, target, context);
    const bytesWritten = await make(run, plan, target, {
      context,
      facts: source.facts,
      send: (receiver) => executePull(source, receiver, plan, context),
      async verify() {
        if ((await source.identity()) !== identity) throw sourceChanged(options.source);
      },
    });
    const mark = markOf(run, plan, target);
    return { mark, similarity: plan.similarity, sizeBytes, bytesWritten };
  });
}

const nothingToDo = ({ sizeBytes }: Pick<FileFacts, 'sizeBytes'>): Outcome => ({
  mark: 'unchanged',
  similarity: 1,
  sizeBytes,
  bytesWritten: 0,
});

/** The list of this side's file, if it is of use to ask the server whether it knows the same. */
async function ownList(
  { options, tools }: CopyRun,
  { stat }: OpenFile,
): Promise<HashList | undefined> {
  if (options.isWholeFile || options.preserves) return undefined;
  // Whether such blocks will do is known when the server's kind is.
  if (options.blockBytes !== undefined && !isWithinBounds(options.blockBytes)) return undefined;
  const { method, blockBytes } = await blocksFor(options, VARVE_DEFAULTS, stat.sizeBytes);
  return tools.lists.find(stat, blockBytes, method);
}

/** Where the new file comes from. */
interface Origin {
  readonly context: CopyContext;
  readonly facts: FileFacts;
  /** Returns the hash of the whole file. */
  readonly send: (receiver: Receiver) => Promise<string>;
  /** @throws CodedError COPY_SOURCE_CHANGED */
  readonly verify: () => void | Promise<void>;
}

/** Whether the target holds the new file's bytes already. */
function isThere(
  { keepsAll, sizeBytes, basis }: Plan & Pick<PushPlan, 'basis'>,
  { old }: Pick<Target, 'old'>,
): boolean {
  return keepsAll && basis?.name !== 'left' && old?.sizeBytes === sizeBytes;
}

function markOf(
  { options }: CopyRun,
  plan: Plan & Pick<PushPlan, 'basis'>,
  target: Pick<Target, 'old'>,
): CopyResult['mark'] {
  if (!target.old) return 'new';
  if (!isThere(plan, target)) return 'changed';
  return options.preserves ? 'metadata' : 'unchanged';
}

/** Makes the new file, unless that was not asked for or there is nothing to do. */
async function make(
  { options: { isDryRun, isInPlace, preserves } }: CopyRun,
  plan: Plan & Pick<PushPlan, 'basis'>,
  target: Target,
  { context: { blockBytes, method }, facts, send, verify }: Origin,
): Promise<number> {
  const { sizeBytes, basis } = plan;
  const isSame = isThere(plan, target);
  if (isDryRun || (isSame && !preserves)) {
    await verify();
    return 0;
  }
  const attributes: Attributes = {
    mode: preserves ? facts.mode : undefined,
    mtime: preserves ? facts.mtime : undefined,
  };
  const receiver = await target.begin({
    sizeBytes,
    blockBytes,
    method,
    // Where only mode and time change, the file itself stays.
    isInPlace: isInPlace || isSame,
    basis,
    attributes,
  });
  try {
    const root = await send(receiver);
    await verify();
    return await receiver.publish(root);
  } finally {
    await receiver.close().catch(ignore);
  }
}

async function contextOf(
  { options, tools, connection, counters }: CopyRun,
  far: LocalTarget | RemoteFile | PdiffcopyFile,
  largestBytes: number,
): Promise<CopyContext> {
  return {
    ...tools,
    ...(await blocksFor(options, far.defaults, largestBytes)),
    concurrency: options.concurrency ?? DEFAULT_CONCURRENCY,
    isWholeFile: options.isWholeFile,
    isInPlace: options.isInPlace,
    isDryRun: options.isDryRun,
    isLinkSlow: () => connection?.link.isSlow ?? false,
    onHashed(bytes) {
      counters.hashed += bytes;
    },
    onMade(bytes) {
      counters.made += bytes;
      options.onProgress?.(counters.made);
    },
  };
}

/** How files are hashed of which the larger has `largestBytes`. @throws CodedError USAGE_SIZE */
async function blocksFor(
  options: CopyOptions,
  { method, blockBytes, takesAnyBlock = false }: Defaults,
  largestBytes: number,
): Promise<Pick<CopyContext, 'method' | 'blockBytes'>> {
  const wanted = options.blockBytes ?? blockBytes ?? chooseBlockBytes(largestBytes);
  return {
    method: await loadHashMethod(options.method ?? method),
    blockBytes: takesAnyBlock && wanted > 0 ? nearestBlock(wanted) : withinBounds(wanted),
  };
}

const isWithinBounds = (blockBytes: number): boolean =>
  blockBytes >= MIN_BLOCK_BYTES && blockBytes <= MAX_BLOCK_BYTES;

/** The blocks' length says how finely files are compared, not what becomes of them. */
const nearestBlock = (blockBytes: number): number =>
  Math.min(MAX_BLOCK_BYTES, Math.max(MIN_BLOCK_BYTES, blockBytes));

/** @throws CodedError USAGE_SIZE */
function withinBounds(blockBytes: number): number {
  if (isWithinBounds(blockBytes)) return blockBytes;
  throw new CodedError('USAGE_SIZE', `${count(blockBytes, 'byte')} is not a valid block size.`, {
    hint: `Give a block size from ${MIN_BLOCK_BYTES} bytes to ${MAX_BLOCK_BYTES / 1024 ** 2} MiB.`,
  });
}

function interrupted(): CodedError {
  return new CodedError('INTERRUPTED', 'The copy was interrupted.', {
    hint: 'Run it again: it resumes where it stopped.',
  });
}

const ignore = (): void => undefined;
