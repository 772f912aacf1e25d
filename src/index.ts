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

// librsync's formats in memory, piece by piece or whole.
export {
  signatureArguments,
  type ChosenSizes,
  type SignatureSizes,
} from './delta/librsync/arguments.js';
export { DeltaReader } from './delta/librsync/delta-reader.js';
export { DeltaWriter } from './delta/librsync/delta-writer.js';
export type { InstructionSink } from './delta/librsync/instructions.js';
export {
  signatureKind,
  type SignatureKind,
  type StrongName,
  type WeakName,
} from './delta/librsync/kinds.js';
export { Patcher, type PatchLimits, type PatchStep } from './delta/librsync/patcher.js';
export { SignatureReader } from './delta/librsync/signature-reader.js';
export { SignatureWriter } from './delta/librsync/signature-writer.js';
export type { Signature, SignatureHeader } from './delta/librsync/signature.js';
export { RabinKarp } from './delta/librsync/weak/rabin-karp.js';
export { Rollsum } from './delta/librsync/weak/rollsum.js';
export {
  applyDelta as applyLibrsyncDelta,
  makeDelta as makeLibrsyncDelta,
  makeDirectDelta as makeDirectLibrsyncDelta,
  makeSignature,
  readSignature,
  type SignatureOptions,
} from './delta/librsync/whole.js';

// The same on file handles, streams and bytes, and on files by path.
export {
  delta,
  patch,
  PYTHON_LIBRSYNC,
  signature,
  type RdiffInput,
  type RdiffOutput,
} from './rdiff/convenience.js';
export * from './rdiff/index.js';
