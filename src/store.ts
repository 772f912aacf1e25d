/**
 * The store's half of the library's door, which the command line takes: the codec's half costs 15 ms
 * more to load. Each operation, and with it SQLite, zstd and the workers, is loaded when it is first
 * called.
 */
import { lazily } from './platform/lazy.js';

export { CodedError, type CodedErrorOptions, type ErrorCode } from './errors.js';
export type { Snapshot, Source } from './repo/index/sources.js';
export {
  VersionFlag,
  VersionType,
  type AttributeSet,
  type Issue,
  type IssueCode,
  type Notice,
  type NoticeCode,
  type OnPath,
  type PathMark,
  type Version,
} from './repo/model.js';
export { rootNames } from './repo/operations/queries/root-names.js';
export {
  resolveTimePoint,
  type DatedSnapshot,
  type TimePoint,
} from './repo/operations/queries/time-point.js';
export { flagLetters } from './platform/attribute-calls.js';
export type { ByteStream } from './platform/byte-streams.js';
export {
  bytesFromText,
  bytesToText,
  hasInvalidBytes,
  textFromBytes,
  textOfName,
  type ByteString,
} from './platform/bytes.js';
export type { MinFree } from './repo/repository/free-space.js';
export { escapeUnsafe, showBytes } from './platform/shown-text.js';
export { reasonOf } from './platform/system-errors.js';
export { openPlatform, type Platform } from './platform/platform.js';
export type { FilterOptions, FilterReason } from './repo/tree/filter.js';
export type { RuleFile } from './repo/tree/rule-files.js';
export type { PatternRule, RuleOrigin } from './repo/tree/rules.js';

export type { BackupStreamOptions } from './repo/operations/backup/backup-stream.js';
export type { BackupOptions } from './repo/operations/backup/backup.js';
export type { RereadOptions } from './repo/operations/backup/reread.js';
export type {
  BackupProgress,
  BackupResult,
  SnapshotOptions,
} from './repo/operations/backup/snapshot-run.js';
export type { CatOptions } from './repo/operations/queries/cat.js';
export type { Change, ChangeType } from './repo/operations/queries/change.js';
export type { DiffOptions, OnContents, SnapshotDiff } from './repo/operations/queries/diff.js';
export type { ChangedContents, SideContents } from './repo/operations/queries/side-contents.js';
export type { DiffLiveOptions, LiveDiff } from './repo/operations/queries/diff-live.js';
export type {
  ExplainOptions,
  PathExplanation,
  SavedState,
} from './repo/operations/queries/explain/explain.js';
export type { Outcome } from './repo/operations/queries/explain/outcome.js';
export type { ReadCause } from './repo/operations/queries/explain/read-causes.js';
export type { FindContentOptions } from './repo/operations/queries/find-content.js';
export type { FindOptions, FoundPath } from './repo/operations/queries/find.js';
export type { Answer } from './repo/operations/queries/answer.js';
export type {
  Origin,
  QueryOptions,
  SourceSelector,
  SourceSnapshot,
} from './repo/operations/queries/sources.js';
export type {
  LoggedVersion,
  LogOptions,
  PathLog,
  StoredAs,
} from './repo/operations/queries/log.js';
export type { ListedEntry, Listing, ListOptions } from './repo/operations/queries/ls.js';
export type { PruneOptions, PruneResult } from './repo/operations/prune/prune.js';
export type {
  KeepCount,
  Retention,
  RetentionPolicy,
  Verdict,
} from './repo/operations/prune/retention.js';
export type { RepairOptions, RepairResult } from './repo/operations/repair/repair.js';
export type { RepositoryConfig } from './repo/repository/config.js';
export type { OpenOptions, Repository } from './repo/repository/repository.js';
export type { OverwriteRule } from './repo/operations/restore/decide.js';
export type {
  InPlaceOptions,
  RestoreOptions,
  RestoreProgress,
  RestoreResult,
} from './repo/operations/restore/restore.js';
export type { RepositoryStatus, SourceStatus } from './repo/operations/queries/status.js';
export type { ListedSnapshot } from './repo/operations/queries/snapshots.js';
export type { Span } from './repo/operations/queries/span.js';
export type {
  CostlyPath,
  RepositoryStats,
  SnapshotStats,
  SourceStats,
} from './repo/operations/queries/stats.js';
export type {
  Damage,
  VerifyOptions,
  VerifyProgress,
  VerifyResult,
  VerifySample,
} from './repo/operations/verify/verify.js';

export type { BenchmarkOptions, BenchmarkRow } from './remote/copy/benchmark/benchmark.js';
export type { Compression } from './remote/transport/client/link.js';
export type { CopyOptions, CopyResult } from './remote/copy/copy.js';
export type { Endpoint } from './remote/copy/endpoints.js';
export type { RunningServer, ServeOptions } from './remote/serve.js';

/** Makes an empty repository. */
export const initRepository = lazily(
  async () => (await import('./repo/repository/init.js')).initRepository,
);
/** Opens a repository, for as many operations as there are to come. */
export const openRepository = lazily(
  async () => (await import('./repo/repository/repository.js')).openRepository,
);
/** Whether a directory holds a repository. */
export const isRepository = lazily(
  async () => (await import('./repo/repository/config.js')).isRepository,
);
/** Says what is wrong with rules, before anything is opened for them. */
export const checkRules = lazily(
  async () => (await import('./repo/tree/rule-files.js')).checkRules,
);
/** Takes a snapshot. */
export const backup = lazily(
  async () => (await import('./repo/operations/backup/backup.js')).backup,
);
/** Takes a snapshot of one file whose bytes come from a stream. */
export const backupStream = lazily(
  async () => (await import('./repo/operations/backup/backup-stream.js')).backupStream,
);
/** Standard input of this process, as a stream to back up. */
export const standardInput = lazily(
  async () => (await import('./platform/byte-streams.js')).standardInput,
);
/** What a command writes to its standard output, as a stream to back up. */
export const commandOutput = lazily(
  async () => (await import('./platform/byte-streams.js')).commandOutput,
);
/** Writes a snapshot, or some of its paths, into a directory. */
export const restore = lazily(
  async () => (await import('./repo/operations/restore/restore.js')).restore,
);
/** Checks the repository. */
export const verify = lazily(
  async () => (await import('./repo/operations/verify/verify.js')).verify,
);
/** Removes snapshots by a policy. */
export const prune = lazily(async () => (await import('./repo/operations/prune/prune.js')).prune);
/** Sets damage aside, or rebuilds the index. */
export const repair = lazily(
  async () => (await import('./repo/operations/repair/repair.js')).repair,
);
/** The snapshots of all sources, or of one. */
export const listSnapshots = lazily(
  async () => (await import('./repo/operations/queries/snapshots.js')).listSnapshots,
);
/** What a directory held at a time. */
export const listEntries = lazily(
  async () => (await import('./repo/operations/queries/ls.js')).listEntries,
);
/** Every version of one path. */
export const logPath = lazily(
  async () => (await import('./repo/operations/queries/log.js')).logPath,
);
/** Paths in all history whose name matches. */
export const findPaths = lazily(
  async () => (await import('./repo/operations/queries/find.js')).findPaths,
);
/** Paths in all history that held the bytes of a file. */
export const findContent = lazily(
  async () => (await import('./repo/operations/queries/find-content.js')).findContent,
);
/** What changed between two snapshots. */
export const diffSnapshots = lazily(
  async () => (await import('./repo/operations/queries/diff.js')).diffSnapshots,
);
/** What changed between a snapshot and the live tree. */
export const diffLive = lazily(
  async () => (await import('./repo/operations/queries/diff-live.js')).diffLive,
);
/** What the next backup does with a path, and why. */
export const explainPath = lazily(
  async () => (await import('./repo/operations/queries/explain/explain.js')).explainPath,
);
/** The bytes of one version. */
export const catFile = lazily(
  async () => (await import('./repo/operations/queries/cat.js')).catFile,
);
/** Whether backups are recent and what is stored is sound. */
export const readStatus = lazily(
  async () => (await import('./repo/operations/queries/status.js')).readStatus,
);
/** What history costs. */
export const readStats = lazily(
  async () => (await import('./repo/operations/queries/stats.js')).readStats,
);
/** Copies one file by its differences, from or to a server or on this machine. */
export const copyFile = lazily(async () => (await import('./remote/copy/copy.js')).copyFile);
/** Measures `varve copy` beside rsync. */
export const benchmarkCopy = lazily(
  async () => (await import('./remote/copy/benchmark/benchmark.js')).benchmark,
);
/** Serves the files of a directory to `copyFile`. */
export const serve = lazily(async () => (await import('./remote/serve.js')).serve);
