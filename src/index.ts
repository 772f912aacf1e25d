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
export {
  backup,
  type BackupOptions,
  type BackupProgress,
  type BackupResult,
} from './repo/operations/backup/backup.js';
export { catFile, type CatOptions } from './repo/operations/cat.js';
export {
  diffSnapshots,
  type Change,
  type ChangeType,
  type DiffOptions,
  type SnapshotDiff,
} from './repo/operations/diff.js';
export { diffLive, type DiffLiveOptions, type LiveDiff } from './repo/operations/diff-live.js';
export { findPaths, type FindOptions, type FoundPath } from './repo/operations/find.js';
export { findContent, type FindContentOptions } from './repo/operations/find-content.js';
export type { SourceSelector } from './repo/operations/locate.js';
export {
  logPath,
  type LoggedVersion,
  type LogOptions,
  type PathLog,
  type StoredAs,
} from './repo/operations/log.js';
export {
  listEntries,
  type ListedEntry,
  type Listing,
  type ListOptions,
} from './repo/operations/ls.js';
export type { QueryOptions } from './repo/operations/reading.js';
export { initRepository, isRepository } from './repo/operations/repository.js';
export { listSnapshots, type ListedSnapshot } from './repo/operations/snapshots.js';
export {
  readStats,
  type CostlyPath,
  type RepositoryStats,
  type SnapshotStats,
  type SourceStats,
} from './repo/operations/stats.js';
export type { Snapshot, Source } from './repo/index/sources.js';
export type { Span } from './repo/operations/span.js';
export { bytesFromText, textFromBytes, type ByteString } from './repo/platform/bytes.js';
export { openPlatform, type Platform } from './repo/platform/platform.js';
export type { PatternRule } from './repo/tree/patterns.js';
