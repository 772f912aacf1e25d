/** The library's only door: the store, and the delta codec that it is built on. */
export * from './store.js';
export { applyDelta, type ApplyOptions } from './delta/apply.js';
export { areChunkParams, nextCut, type ChunkParams } from './delta/chunk.js';
export { composeDeltas, foldDeltas } from './delta/compose.js';
export type { Delta } from './delta/delta.js';
export { encodeDelta, type EncodeOptions } from './delta/encode.js';
export { blake3, HASH_BYTES } from './delta/hash.js';
export { parseDelta, serializeDelta } from './delta/serialize.js';
