/** What a thread is asked for: plain data, told apart by `type`. Descriptors belong to the process. */
import type { HashList } from '../hashing/hash-list.js';

/** A range of a file. */
export interface FileRange {
  readonly offset: number;
  readonly length: number;
}

/** A range of one file, and where it is to stand in another. */
export interface MovedRange extends FileRange {
  readonly from: number;
}

/** A range of a file, and where its bytes lie in memory. */
export interface PlacedRange extends FileRange {
  readonly at: number;
}

/** A run of blocks of a list, found in a file: the first of them at `offset`. */
export interface BlockMatch {
  readonly block: number;
  readonly count: number;
  readonly offset: number;
}

/** A new file that is being made, and which blocks of its list stand in it: one byte a block. */
export interface Placement {
  readonly descriptor: number;
  readonly placed: Uint8Array<SharedArrayBuffer>;
  /** Whether it began as a copy of the file that is read: what stays where it is, is there. */
  readonly holdsBasis: boolean;
}

/** A file whose blocks are read. */
export interface ReadFile {
  readonly descriptor: number;
  readonly sizeBytes: number;
  /** Whether it has holes. */
  readonly isSparse: boolean;
}

/** Hashes blocks of a file into its list. */
export interface HashJob {
  readonly type: 'hash';
  readonly file: ReadFile;
  readonly list: HashList;
  readonly firstBlock: number;
  readonly count: number;
}

/** Compares blocks of a list with a file, each at its own place. */
export interface CompareJob {
  readonly type: 'compare';
  readonly file: ReadFile;
  readonly list: HashList;
  readonly firstBlock: number;
  readonly count: number;
  /** Whether to go on to the end where nothing agrees. */
  readonly isPatient: boolean;
  /** Where blocks that agree are written from the same read; undefined: nowhere. */
  readonly placement: Placement | undefined;
}

/** Looks for blocks of a list at any place of a range. */
export interface SearchJob {
  readonly type: 'search';
  /** Jobs that look for the same blocks have the same number. */
  readonly search: number;
  readonly file: ReadFile;
  readonly list: HashList;
  /** One byte a block: 1 for those to be looked for. */
  readonly wanted: Uint8Array<SharedArrayBuffer>;
  readonly range: FileRange;
  /** Every byte is looked at; otherwise what gives no match for a while is only sampled. */
  readonly isThorough: boolean;
  /** The list's file, where it is made here: what is found is written there from the same read. */
  readonly placement: Placement | undefined;
}

/** Reads ranges into memory and hashes each. */
export interface ReadJob {
  readonly type: 'read';
  readonly descriptor: number;
  readonly ranges: readonly PlacedRange[];
  readonly into: SharedArrayBuffer;
  /** Undefined: the hashes are not asked for. */
  readonly method: string | undefined;
}

/** Hashes the parts of ranges, cut into `partBytes` from the beginning of each. */
export interface DigestJob {
  readonly type: 'digest';
  readonly file: ReadFile;
  readonly ranges: readonly FileRange[];
  readonly partBytes: number;
  readonly method: string;
}

/** Writes ranges from memory and hashes each. */
export interface WriteJob {
  readonly type: 'write';
  readonly descriptor: number;
  readonly ranges: readonly PlacedRange[];
  readonly bytes: SharedArrayBuffer;
  readonly method: string;
}

/** Makes ranges of a file zero. */
export interface ZerosJob {
  readonly type: 'zeros';
  readonly descriptor: number;
  readonly ranges: readonly FileRange[];
  readonly blockBytes: number;
  /** Whether they are holes already. */
  readonly isBlank: boolean;
  readonly method: string;
}

/** Copies ranges of a file into another, and hashes each block of what was copied. */
export interface CopyJob {
  readonly type: 'copy';
  readonly from: number;
  readonly to: number;
  readonly moves: readonly MovedRange[];
  readonly blockBytes: number;
  readonly method: string;
}

export type Job =
  HashJob | CompareJob | SearchJob | ReadJob | DigestJob | WriteJob | ZerosJob | CopyJob;

/** What became of a comparison. */
export interface Compared {
  readonly matches: readonly BlockMatch[];
  /** Blocks compared; fewer than asked for where nothing agreed. */
  readonly count: number;
}

/** What each job gives. Digests lie one after the other. */
export interface Results {
  readonly hash: undefined;
  readonly compare: Compared;
  readonly search: readonly BlockMatch[];
  readonly read: Uint8Array;
  readonly digest: Uint8Array;
  readonly write: Uint8Array;
  readonly zeros: Uint8Array;
  readonly copy: Uint8Array;
}
