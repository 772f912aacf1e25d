/** The library's only door: the store, and the delta codec that it is built on. */
export * from './store.js';
export { applyDelta, type ApplyOptions } from './delta/apply.js';
export { areChunkParams, type ChunkParams } from './delta/chunk-params.js';
export { nextCut } from './delta/chunk.js';
export { composeDeltas, foldDeltas } from './delta/compose.js';
export type { Delta } from './delta/delta.js';
export { encodeDelta, type EncodeOptions } from './delta/encode.js';
export { blake3, HASH_BYTES } from './platform/hash.js';
export { parseDelta, serializeDelta } from './delta/serialize.js';

// librsync's formats in memory, piece by piece or whole.
export {
  signatureArguments,
  type ChosenSizes,
  type SignatureSizes,
} from './rdiff/format/arguments.js';
export { signatureCollisions, type SignatureCollisions } from './rdiff/format/collisions.js';
export { DeltaReader } from './rdiff/format/delta-reader.js';
export { DeltaWriter } from './rdiff/format/delta-writer.js';
export { DirectDeltaWriter, type DirectDeltaOptions } from './rdiff/format/direct-delta-writer.js';
export type { InstructionSink } from './rdiff/format/instructions.js';
export {
  signatureKind,
  type SignatureKind,
  type StrongName,
  type WeakName,
} from './rdiff/format/kinds.js';
export { Md4, md4 } from './rdiff/format/md4.js';
export {
  packDelta as packLibrsyncDelta,
  unpackDelta as unpackLibrsyncDelta,
} from './rdiff/format/packed-delta.js';
export { Patcher, type PatchLimits, type PatchStep } from './rdiff/format/patcher.js';
export { SignatureReader } from './rdiff/format/signature-reader.js';
export { SignatureWriter } from './rdiff/format/signature-writer.js';
export type { Signature, SignatureHeader } from './rdiff/format/signature.js';
export { RabinKarp } from './rdiff/format/weak/rabin-karp.js';
export { Rollsum } from './rdiff/format/weak/rollsum.js';
export {
  applyDelta as applyLibrsyncDelta,
  makeDelta as makeLibrsyncDelta,
  makeDirectDelta as makeDirectLibrsyncDelta,
  makeSignature,
  readSignature,
  type SignatureOptions,
} from './rdiff/format/whole.js';

// rdiff on file handles, streams and bytes, and on files by path.
export {
  delta,
  patch,
  PYTHON_LIBRSYNC,
  readResult,
  signature,
  type RdiffInput,
  type RdiffOutput,
  type RdiffResult,
  type ReturnOptions,
} from './rdiff/convenience.js';
export * from './rdiff/index.js';
