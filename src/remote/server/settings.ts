/** How a server is set up. */
import type { Platform } from '../../platform/platform.js';
import type { ByteString } from '../../platform/bytes.js';
import type { ListCache } from '../hashing/list-cache.js';
import type { Workers } from '../worker/pool.js';
import type { MemoryBudget } from './memory-budget.js';

export interface ServerSettings {
  readonly platform: Platform;
  readonly workers: Workers;
  readonly lists: ListCache;
  /** For bodies and lists. */
  readonly memory: MemoryBudget;
  /** All files that can be reached lie below it. Absolute, without symbolic links. */
  readonly root: ByteString;
  readonly allowsWriting: boolean;
  /** Requests must bear it; undefined: none is asked for. */
  readonly token: string | undefined;
  /** Names by which clients may call this host, besides its own and addresses. */
  readonly hosts: readonly string[];
  /** Offers the requests of pdiffcopy, too. */
  readonly isPdiffcopy: boolean;
}
