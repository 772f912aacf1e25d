/**
 * The door to `rdiff` on files, for the command line: a part of `src/index.ts` of its own, because
 * loading the whole library takes longer than most patches.
 */
export { CodedError } from '../errors.js';
export { librsyncResult, type LibrsyncResult } from './format/results.js';
export type { InstructionCounts, MatchCounts } from './format/statistics.js';
export type { DeltaReport } from './delta.js';
export type {
  ExplainedBlock,
  ExplainedPart,
  Explanation,
  ExplainDifferenceOptions,
} from './explain.js';
export {
  deltaFiles,
  directDeltaFiles,
  explainFiles,
  patchFiles,
  signatureFiles,
  type DeltaFiles,
  type DeltaFilesReport,
  type DirectDeltaFiles,
  type FileOptions,
  type PatchFiles,
  type SignatureFiles,
} from './operations.js';
export type { PatchReport } from './patch.js';
export { sidecarPath } from './sidecar.js';
export type { SignatureReport } from './signature.js';
