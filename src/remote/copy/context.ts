/** What the steps of one copy share. */
import type { FileSystem } from '../../platform/files.js';
import type { ListCache } from './hashing/list-cache.js';
import type { HashMethod } from './hashing/methods.js';
import type { Workers } from './worker/pool.js';

export interface CopyContext {
  readonly files: FileSystem;
  readonly workers: Workers;
  readonly lists: ListCache;
  readonly method: HashMethod;
  readonly blockBytes: number;
  /** Batches that are under way at once. */
  readonly concurrency: number;
  readonly isWholeFile: boolean;
  readonly isInPlace: boolean;
  readonly isDryRun: boolean;
  /** Whether sending is dear, so that every byte that can be found is worth looking for. */
  readonly isLinkSlow: () => boolean;
  readonly nowMs: () => number;
  readonly onHashed: (bytes: number) => void;
  /** Told of bytes of the new file as they are kept, copied, sent or received. */
  readonly onMade: (bytes: number) => void;
}
