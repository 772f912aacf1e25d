/** The library's only door: the store, and the delta codec that it is built on. */
export * from './store.js';
export { applyDelta, type ApplyOptions } from './delta/apply.js';
export { areChunkParams, type ChunkParams } from './delta/chunk-params.js';
export { nextCut } from './delta/chunk.js';
export { composeDeltas, foldDeltas } from './delta/compose.js';
export type { Delta } from './delta/delta.js';
export { encodeDelta, type EncodeOptions } from './delta/encode.js';
export { blake3, HASH_BYTES } from './delta/hash.js';
export { parseDelta, serializeDelta } from './delta/serialize.js';

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
