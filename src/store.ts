/**
 * The store's half of the library's door, which the command line takes: the codec's half costs 15 ms
 * more to load. Each operation is loaded when it is first called.
 */
import { lazily } from './lazy.js';

export { CodedError, type CodedErrorOptions, type ErrorCode } from './errors.js';
export {
  resolveTimePoint,
  type DatedSnapshot,
  type TimePoint,
} from './repo/operations/time-point.js';
export { bytesToText, INVALID_BYTES } from './repo/tree/byte-text.js';
export type { Issue, IssueCode } from './repo/model.js';
export type {
  BackupOptions,
  BackupProgress,
  BackupResult,
} from './repo/operations/backup/backup.js';
export type { SourceSelector } from './repo/operations/locate.js';
export type {
  RestoreOptions,
  RestoreProgress,
  RestoreResult,
} from './repo/operations/restore/restore.js';
export type { RepositoryConfig } from './repo/operations/repository.js';
export { bytesFromText, textFromBytes, type ByteString } from './repo/platform/bytes.js';
export { openPlatform, type Platform } from './repo/platform/platform.js';
export type { PatternRule } from './repo/tree/patterns.js';

/** Makes an empty repository. @see src/repo/operations/repository.ts */
export const initRepository = lazily(
  async () => (await import('./repo/operations/repository.js')).initRepository,
);
/** Whether a directory holds a repository. @see src/repo/operations/repository.ts */
export const isRepository = lazily(
  async () => (await import('./repo/operations/repository.js')).isRepository,
);
/** Takes a snapshot. @see src/repo/operations/backup/backup.ts */
export const backup = lazily(
  async () => (await import('./repo/operations/backup/backup.js')).backup,
);
/** Writes a snapshot, or some paths of it, into a directory. @see src/repo/operations/restore/restore.ts */
export const restore = lazily(
  async () => (await import('./repo/operations/restore/restore.js')).restore,
);
