/** How a server of copies is set up. */
import type { ByteString } from '../../../platform/bytes.js';
import type { Platform } from '../../../platform/platform.js';
import type { MemoryBudget } from '../../transport/server/memory-budget.js';
import type { DraftMemory } from './drafts.js';
import type { ListCache } from '../hashing/list-cache.js';
import type { Workers } from '../worker/pool.js';

export interface CopySettings {
  readonly platform: Platform;
  readonly workers: Workers;
  readonly lists: ListCache;
  /** For bodies and lists. */
  readonly memory: MemoryBudget;
  /** For lists and proofs of new files, which last longer than a request. */
  readonly draftMemory: DraftMemory;
  /** Only files below it can be reached. Absolute, without symbolic links. */
  readonly root: ByteString;
  readonly allowsWriting: boolean;
  /** Offers the requests of pdiffcopy, too. */
  readonly isPdiffcopy: boolean;
}
