/** What an operation works with while it holds a lock of the repository. */
import type { Platform } from '../../platform/platform.js';
import type { Index } from '../index/index.js';
import type { PackStore } from '../packs/pack-store.js';
import type { RepositoryConfig } from './config.js';

/** A repository under a lock. It ends with the operation that holds it. */
export interface HeldRepository {
  readonly path: string;
  readonly platform: Platform;
  readonly config: RepositoryConfig;
  readonly index: Index;
  readonly packs: PackStore;
  readonly packDirectory: string;
}

/** A repository under its one writer's lock. */
export interface WritableRepository extends HeldRepository {
  readonly lockPath: string;
  /** Gives the lock up early: what remains to do needs another, or none. */
  releaseLock(): void;
}

/** A repository held for one question, which sees one state of the index. */
export interface Reading {
  readonly held: HeldRepository;
  /** Gives up the lock and the state. */
  end(): void;
  /** Ends a question that failed. Returns its error, in our own words when the index is damaged. */
  fail(error: unknown): unknown;
}
