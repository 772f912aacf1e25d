/** The library's only door: everything a program may use is named here. */
export { CodedError, type CodedErrorOptions, type ErrorCode } from './errors.js';
export { applyDelta, type ApplyOptions } from './delta/apply.js';
export { nextCut, type ChunkParams } from './delta/chunk.js';
export { composeDeltas, foldDeltas } from './delta/compose.js';
export type { Delta } from './delta/delta.js';
export { encodeDelta, type EncodeOptions } from './delta/encode.js';
export { blake3, HASH_BYTES } from './delta/hash.js';
export { parseDelta, serializeDelta } from './delta/serialize.js';
export {
  resolveTimePoint,
  type DatedSnapshot,
  type TimePoint,
} from './repo/operations/time-point.js';
export { bytesToText, INVALID_BYTES } from './repo/tree/byte-text.js';
export { VersionType, type Issue, type IssueCode, type Version } from './repo/model.js';
export type {
  BackupOptions,
  BackupProgress,
  BackupResult,
} from './repo/operations/backup/backup.js';
export type { CatOptions } from './repo/operations/cat.js';
export type { Change, ChangeType, DiffOptions, SnapshotDiff } from './repo/operations/diff.js';
export type { DiffLiveOptions, LiveDiff } from './repo/operations/diff-live.js';
export type { FindOptions, FoundPath } from './repo/operations/find.js';
export type { FindContentOptions } from './repo/operations/find-content.js';
export type { SourceSelector } from './repo/operations/locate.js';
export type { LoggedVersion, LogOptions, PathLog, StoredAs } from './repo/operations/log.js';
export type { ListedEntry, Listing, ListOptions } from './repo/operations/ls.js';
export type { QueryOptions } from './repo/operations/reading.js';
export { initRepository, isRepository } from './repo/operations/repository.js';
export type { ListedSnapshot } from './repo/operations/snapshots.js';
export type {
  CostlyPath,
  RepositoryStats,
  SnapshotStats,
  SourceStats,
} from './repo/operations/stats.js';
export type { Snapshot, Source } from './repo/index/sources.js';
export type { Span } from './repo/operations/span.js';
export { bytesFromText, textFromBytes, type ByteString } from './repo/platform/bytes.js';
export { openPlatform, type Platform } from './repo/platform/platform.js';
export type { PatternRule } from './repo/tree/patterns.js';

/** Takes a snapshot. */
export const backup = deferred(
  async () => (await import('./repo/operations/backup/backup.js')).backup,
);

/** Every finished backup run, in order of arrival. */
export const listSnapshots = deferred(
  async () => (await import('./repo/operations/snapshots.js')).listSnapshots,
);

/** What a directory held at a time. */
export const listEntries = deferred(
  async () => (await import('./repo/operations/ls.js')).listEntries,
);

/** Every version of one path. */
export const logPath = deferred(async () => (await import('./repo/operations/log.js')).logPath);

/** Paths by their names, in all of history. */
export const findPaths = deferred(
  async () => (await import('./repo/operations/find.js')).findPaths,
);

/** Whether the bytes of a file are saved anywhere. */
export const findContent = deferred(
  async () => (await import('./repo/operations/find-content.js')).findContent,
);

/** What changed between two snapshots. */
export const diffSnapshots = deferred(
  async () => (await import('./repo/operations/diff.js')).diffSnapshots,
);

/** What changed since a snapshot. */
export const diffLive = deferred(
  async () => (await import('./repo/operations/diff-live.js')).diffLive,
);

/** The bytes of one version. */
export const catFile = deferred(async () => (await import('./repo/operations/cat.js')).catFile);

/** What the history holds and takes. */
export const readStats = deferred(
  async () => (await import('./repo/operations/stats.js')).readStats,
);

/**
 * An operation whose modules are loaded when it is first called. A module takes 0.7 ms to load, so a
 * command that loads only its own starts 30 ms sooner.
 */
function deferred<Args extends unknown[], Result>(
  load: () => Promise<(...args: Args) => Promise<Result>>,
): (...args: Args) => Promise<Result> {
  return async (...args) => (await load())(...args);
}
