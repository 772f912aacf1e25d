/** The two sides of a copy, wherever they are. */
import type { FileTime } from '../../platform/at-calls.js';
import type { HashList } from './hashing/hash-list.js';
import type { Listing } from './hashing/listing.js';
import type { HashMethod } from './hashing/methods.js';
import type { Attributes } from './draft/draft.js';
import type { DraftPiece } from './draft/pieces.js';
import type { PlacedRange, FileRange } from './worker/messages.js';

/** What is known of a file without reading it. */
export interface FileFacts {
  readonly sizeBytes: number;
  /** Which file, in which state; compared only with another from the same side. */
  readonly identity: string;
  readonly mode: number | undefined;
  readonly mtime: FileTime | undefined;
}

/** What an interrupted copy left. */
export interface LeftFacts extends FileFacts {
  /** Without holes. */
  readonly dataBytes: number;
}

/** What is used for a file unless its user says otherwise. */
export interface Defaults {
  readonly method: string;
  /** Undefined: by the size of the file. */
  readonly blockBytes: number | undefined;
  /** Blocks of any length are permitted, and compared in blocks of the nearest that Varve has. */
  readonly takesAnyBlock?: boolean;
}

/** How a list is asked for. */
export interface ListRequest {
  readonly blockBytes: number;
  readonly method: HashMethod;
  readonly onHashed: (bytes: number) => void;
}

/** Gives the hashes of pages of ranges, one after the other; the last page of a range may be short. */
export type HashPages = (ranges: readonly FileRange[], pageBytes: number) => Promise<Uint8Array>;

/** The side that has the new file, where that is another machine. */
export interface RemoteSource {
  readonly defaults: Defaults;
  readonly facts: FileFacts;
  list(request: ListRequest): Promise<Listing>;
  /** @throws CodedError COPY_SOURCE_CHANGED */
  read(ranges: readonly PlacedRange[], into: SharedArrayBuffer): Promise<void>;
  /** Undefined where the server has no such answer. @throws CodedError COPY_SOURCE_CHANGED */
  readonly hashPages: ((method: HashMethod) => HashPages) | undefined;
  /** The identity now. */
  identity(): Promise<string>;
}

/** What a new file is made from at the target. */
export type BasisName = 'old' | 'left';

/** How a new file is begun. */
export interface BeginRequest {
  readonly sizeBytes: number;
  readonly blockBytes: number;
  readonly method: HashMethod;
  readonly isInPlace: boolean;
  readonly basis: { readonly name: BasisName; readonly list: HashList } | undefined;
  readonly attributes: Attributes;
  /** Told of memory before it is taken for as long as the new file is made. @throws CodedError of the server */
  readonly hold?: (bytes: number) => void;
}

/** The side that gets the new file. */
export interface Target {
  /** The file that stands there. */
  readonly old: FileFacts | undefined;
  /** What an interrupted copy left there. */
  readonly left: LeftFacts | undefined;
  readonly defaults: Defaults;
  list(name: BasisName, request: ListRequest): Promise<Listing>;
  /** @throws CodedError COPY_BUSY, COPY_TARGET_CHANGED */
  begin(request: BeginRequest): Promise<Receiver>;
}

/** A new file that is being made. */
export interface Receiver {
  /** The bytes of the pieces with data lie in `bytes`, which is free again afterwards. */
  put(pieces: readonly DraftPiece[], bytes: SharedArrayBuffer): Promise<void>;
  /** Hashes pages of what it is made from, at places that were not put yet. Undefined: there is no such answer. */
  readonly hashPages: HashPages | undefined;
  /** Gives it its name. Returns the bytes written. @throws CodedError COPY_MISMATCH */
  publish(root: string): Promise<number>;
  /** Leaves what was not published for the next copy. */
  close(): Promise<void>;
}
