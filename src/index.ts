/** The library's only door: everything a program may use is named here. */
export { CodedError, type CodedErrorOptions, type ErrorCode } from './errors.js';
export { applyDelta, type ApplyOptions } from './delta/apply.js';
export { areChunkParams, nextCut, type ChunkParams } from './delta/chunk.js';
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
export type { Issue, IssueCode } from './repo/model.js';
export {
  backup,
  type BackupOptions,
  type BackupProgress,
  type BackupResult,
} from './repo/operations/backup/backup.js';
export type { SourceSelector } from './repo/operations/locate.js';
export { initRepository, isRepository } from './repo/operations/repository.js';
export { bytesFromText, textFromBytes, type ByteString } from './repo/platform/bytes.js';
export { openPlatform, type Platform } from './repo/platform/platform.js';
export type { PatternRule } from './repo/tree/patterns.js';
export { prune, type PruneOptions, type PruneResult } from './repo/operations/prune/prune.js';
export type {
  KeepCount,
  Retention,
  RetentionPolicy,
  Verdict,
} from './repo/operations/prune/retention.js';
export { repair, type RepairOptions, type RepairResult } from './repo/operations/repair/repair.js';
export {
  restore,
  type RestoreOptions,
  type RestoreProgress,
  type RestoreResult,
} from './repo/operations/restore/restore.js';
export {
  verify,
  type Damage,
  type VerifyOptions,
  type VerifyProgress,
  type VerifyResult,
  type VerifySample,
} from './repo/operations/verify/verify.js';
