/**
 * What is asked of a worker and what it answers: plain data, told apart by `type`. Workers read,
 * hash, compress and write; only the main thread touches the index.
 */
import type { ChunkParams } from '../../delta/chunk-params.js';
import type { BlobAddress, BlobRecipe, StoredFrame } from '../model.js';
import type { PackLane } from '../packs/pack-writer.js';
import type { FileStat } from '../../platform/at-calls.js';
import type { NodeAttributes } from '../../platform/attribute-calls.js';
import type { ByteString } from '../../platform/bytes.js';
import type { FilterOptions } from '../tree/filter.js';
import type { RestorableMetadata, Shortfall } from '../tree/metadata.js';
import type { NodePlace } from '../tree/relative-path.js';
import type { HoleMap } from './hole-map.js';
import type { CutPiece } from './cut-window.js';

/** What a worker gets when it starts. */
export interface WorkerSetup {
  readonly packDirectory: string;
  readonly repositoryId: Uint8Array;
  /** Nothing that is appended is kept. */
  readonly isDryRun?: boolean;
}

/** Begins a writing run: frames of `generation` go to the packs of `lane`. */
export interface BeginJob {
  readonly type: 'begin';
  readonly generation: number;
  readonly level: number;
  readonly lane: PackLane;
}

/** Reads whole files into memory, hashes them, and keeps them under `ticket` until `store`. */
export interface ReadFilesJob {
  readonly type: 'read-files';
  readonly ticket: number;
  readonly paths: readonly ByteString[];
  /** What the walk saw, {@link STAT_FIELDS} numbers a file. */
  readonly stats: Float64Array;
  /** For each file 1 if its size is the number of its bytes, else 0: it is read to its end. */
  readonly tellSizes: Uint8Array;
  /** A file that has grown beyond this is not read. */
  readonly mostBytes: number;
}

/** Looks at a large file before its bytes are read, and after. */
export interface SurveyJob {
  readonly type: 'survey';
  readonly path: ByteString;
  /** Whether to ask where it has holes. */
  readonly mapsHoles: boolean;
}

/** Reads a part of a large file, cuts it, hashes the pieces, keeps them under `ticket`. */
export interface ReadWindowJob {
  readonly type: 'read-window';
  readonly ticket: number;
  readonly path: ByteString;
  readonly offset: number;
  readonly lengthBytes: number;
  /** Nothing of the segment follows, or a hole does: the last piece ends where the window ends. */
  readonly isEnd: boolean;
  readonly followsHole: boolean;
  readonly precedesHole: boolean;
  readonly chunking: ChunkParams;
}

/** Hashes pieces that come with the job, being in no file, and keeps them under `ticket`. */
export interface TakePiecesJob {
  readonly type: 'take-pieces';
  readonly ticket: number;
  /** In shared memory: the answer says that they were taken out of it. */
  readonly bytes: Uint8Array;
  readonly pieces: readonly CutPiece[];
}

/** Counts what a source holds. */
export interface CountTreeJob {
  readonly type: 'count-tree';
  readonly roots: readonly ByteString[];
  readonly filter: FilterOptions;
  /** Keys of the repository's own directories, which are not counted. */
  readonly own: readonly string[];
}

/** Stores those blobs of a ticket that are wanted, and forgets the ticket. */
export interface StoreJob {
  readonly type: 'store';
  readonly ticket: number;
  /** 1 for each blob of the ticket to store, else 0. */
  readonly wanted: Uint8Array;
  /** Old blobs to make reverse deltas of, against stored blobs of the ticket. */
  readonly replaced: readonly ReplacedBlob[];
}

interface ReplacedBlob {
  readonly old: BlobAddress;
  readonly oldStoredBytes: number;
  /** Position in the ticket of the blob that replaces it. */
  readonly position: number;
}

/** Makes reverse deltas of old blobs against newer ones. */
export interface RetireJob {
  readonly type: 'retire';
  readonly pairs: readonly RetirePair[];
}

interface RetirePair {
  readonly old: BlobAddress;
  readonly oldStoredBytes: number;
  /** Blobs that it may be a delta against, the likeliest first: the first one that pays is taken. */
  readonly newers: readonly BlobAddress[];
}

/** Makes all that was appended durable. */
interface SyncJob {
  readonly type: 'sync';
}

/** Writes blobs into files below a directory. */
export interface RestoreJob {
  readonly type: 'restore';
  /** Descriptor of the directory that is restored into, which stays open until the job is done. */
  readonly target: number;
  readonly files: readonly RestoreFile[];
  readonly pieces: readonly RestorePiece[];
  /** Compares and counts, and writes nothing. */
  readonly isDryRun: boolean;
}

export interface RestoreFile extends RestorableMetadata, NodePlace {
  readonly way: RestoreWay;
  /** Pages of zeros become holes. */
  readonly leavesHoles: boolean;
}

/** How a file comes to its bytes. */
export type RestoreWay =
  /** Its one blob is all of it, and nothing of its name is there. */
  | 'create'
  /** Its one blob is all of it; it gets its name at the end, in the place of whatever has it. */
  | 'replace'
  /** A file has the name: when its bytes are these, they stay, else as `replace`. */
  | 'compare'
  /** The file is there, made and to be finished by whoever gives the job. */
  | 'fill'
  /** As `fill`, but bytes that are there already are not written again. */
  | 'patch';

/** One blob, or the zeros of a hole, and every place that it goes to. */
export type RestorePiece =
  | {
      readonly type: 'blob';
      readonly recipe: BlobRecipe;
      readonly places: readonly RestorePlace[];
    }
  | {
      readonly type: 'zeros';
      readonly lengthBytes: number;
      readonly places: readonly RestorePlace[];
    };

export interface RestorePlace {
  /** Position in `files`. */
  readonly file: number;
  /** Where the blob begins in the file, bytes. */
  readonly position: number;
}

/** Checks blobs: a full one, and the deltas that rest on it, each rebuilt from the one before. */
export interface VerifyJob {
  readonly type: 'verify';
  readonly families: readonly VerifyFamily[];
}

export interface VerifyFamily {
  readonly full: BlobAddress;
  /** `basis`: position in `deltas` of the blob it is against, or -1 for the full one. Bases first. */
  readonly deltas: readonly { readonly address: BlobAddress; readonly basis: number }[];
}

/** Copies blobs into new frames, as they are or composed: compaction and re-basing. */
export interface RewriteJob {
  readonly type: 'rewrite';
  readonly fulls: readonly BlobAddress[];
  /** Each a chain of deltas to fold into one, nearest the full copy first. */
  readonly deltas: readonly (readonly BlobAddress[])[];
}

export type Job =
  | BeginJob
  | ReadFilesJob
  | SurveyJob
  | ReadWindowJob
  | TakePiecesJob
  | StoreJob
  | RetireJob
  | SyncJob
  | RestoreJob
  | VerifyJob
  | RewriteJob
  | CountTreeJob;

/** How reading one file went. */
export const ReadStatus = {
  read: 0,
  changed: 1,
  unstable: 2,
  vanished: 3,
  failed: 4,
  /** It is larger now than a file that is read whole: nothing was read. */
  outgrown: 5,
} as const;
export type ReadStatus = (typeof ReadStatus)[keyof typeof ReadStatus];

export interface ReadFilesResult {
  /** A {@link ReadStatus} for each file. */
  readonly statuses: Uint8Array;
  /** Bytes that were read of each file. */
  readonly lengths: Float64Array;
  /** 32 bytes for each file. */
  readonly hashes: Uint8Array;
  /** The newer metadata of `changed`, `unstable` and `outgrown` files, by position. */
  readonly stats: ReadonlyMap<number, FileStat>;
  /** Attributes of the files that have any, by position: nearly none. */
  readonly attributes: ReadonlyMap<number, NodeAttributes>;
  /** Why `failed` files failed, by position. */
  readonly failures: ReadonlyMap<number, string>;
}

export interface SurveyResult {
  /** None that are certain, unless it was asked for them. */
  readonly holes: HoleMap;
  readonly attributes: NodeAttributes;
  /** The file as it was after all that. */
  readonly stat: FileStat;
}

export interface ReadWindowResult {
  /** Lengths of the pieces, bytes. */
  readonly lengths: number[];
  /** One for each piece; for a hole, what stands for it. */
  readonly hashes: Uint8Array;
  /** The file as it was after reading. */
  readonly stat: FileStat;
}

/** The source could not be read: not a failure of the run. */
export interface SourceFailure {
  /** What the system call failed with. */
  readonly code: string;
  readonly message: string;
}

export interface TakePiecesResult {
  /** Lengths of the pieces, bytes. */
  readonly lengths: number[];
  /** 32 bytes for each piece. */
  readonly hashes: Uint8Array;
}

export interface StoreResult {
  readonly frames: readonly StoredFrame[];
  /** Members are positions in `replaced`; one that is in no frame did not pay. */
  readonly deltaFrames: readonly StoredFrame[];
}

export interface RetireResult {
  /** Members are positions in `pairs`; a pair that is in no frame did not pay. */
  readonly frames: readonly StoredFrame[];
  /** For each pair that paid, by position: which of its `newers` was taken. */
  readonly taken: ReadonlyMap<number, number>;
}

interface SyncResult {
  /** Length of each pack that was written, now durable. */
  readonly packs: ReadonlyMap<number, number>;
}

export interface RestoreResult {
  /** For each file: bytes that were written into it, or would be; what was there is not counted. */
  readonly written: Float64Array;
  readonly failures: readonly RestoreFailure[];
  /** Files that are there with their bytes, and what of their metadata is not as it was. */
  readonly shortfalls: readonly RestoreShortfall[];
}

export interface RestoreShortfall {
  readonly file: number;
  readonly missing: readonly Shortfall[];
}

export interface RestoreFailure {
  readonly file: number;
  /** A CodedError's, or what a system call failed with. */
  readonly code: string;
  readonly message: string;
}

export interface VerifyResult {
  readonly bytes: number;
  /** For each damaged blob: its family, its position in `deltas` (-1: the full one), what is wrong. */
  readonly damage: readonly {
    readonly family: number;
    readonly delta: number;
    readonly message: string;
    /** Its own bytes are not known to be damaged: it comes back with the blob that it is against. */
    readonly isOnlyBasis: boolean;
  }[];
}

export interface RewriteResult {
  /** Members are positions in `fulls`. */
  readonly fullFrames: readonly StoredFrame[];
  /** Members are positions in `deltas`. */
  readonly deltaFrames: readonly StoredFrame[];
  /** Positions of `fulls` that could not be read. */
  readonly damagedFulls: readonly number[];
  readonly damagedDeltas: readonly number[];
}

export interface TreeCount {
  readonly files: number;
  readonly bytes: number;
}

/** The answer to each type of job. */
export interface JobResults {
  readonly begin: null;
  readonly 'read-files': ReadFilesResult;
  readonly survey: SurveyResult | SourceFailure;
  readonly 'read-window': ReadWindowResult | SourceFailure;
  readonly 'take-pieces': TakePiecesResult;
  readonly store: StoreResult;
  readonly retire: RetireResult;
  readonly sync: SyncResult;
  readonly restore: RestoreResult;
  readonly verify: VerifyResult;
  readonly rewrite: RewriteResult;
  readonly 'count-tree': TreeCount;
}

/** Numbers a file in {@link ReadFilesJob.stats}: size, inode, mtime and ctime (seconds, nanoseconds). */
export const STAT_FIELDS = 6;

/** Puts what the walk saw of file `index` into `stats`. */
export function putStat(stats: Float64Array, index: number, stat: FileStat): void {
  const { sizeBytes, inode, mtime, ctime } = stat;
  const { seconds, nanoseconds } = mtime;
  stats.set(
    [sizeBytes, inode, seconds, nanoseconds, ctime.seconds, ctime.nanoseconds],
    index * STAT_FIELDS,
  );
}

/** Whether `stat` agrees with what was put for file `index`. */
export function agreesWithStat(stats: Float64Array, index: number, stat: FileStat): boolean {
  const at = index * STAT_FIELDS;
  return (
    stats[at] === stat.sizeBytes &&
    stats[at + 1] === stat.inode &&
    stats[at + 2] === stat.mtime.seconds &&
    stats[at + 3] === stat.mtime.nanoseconds &&
    stats[at + 4] === stat.ctime.seconds &&
    stats[at + 5] === stat.ctime.nanoseconds
  );
}
