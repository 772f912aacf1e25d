/**
 * Rebuilds a blob from its recipe: a full copy, or a full copy and the deltas that lead from it to
 * the blob. A chain is folded into one delta first, which reads instructions only, then applied once.
 */
import { applyDelta } from '../../delta/apply.js';
import { foldDeltas } from '../../delta/compose.js';
import { blake3 } from '../../platform/hash.js';
import { CodedError, isDamage } from '../../errors.js';
import type { BlobRecipe } from '../model.js';
import type { FrameReader } from '../packs/frame-reader.js';

/**
 * The bytes of the blob, proven by its hash. Those of a chain lie in a buffer of `allocate`, those of a
 * full copy in the reader's memory.
 * @throws CodedError BLOB_DAMAGED when what is stored does not give these bytes
 */
export function rebuildBlob(
  reader: FrameReader,
  recipe: BlobRecipe,
  allocate?: (lengthBytes: number) => Buffer,
): Uint8Array {
  return orDamaged(recipe, () => {
    const full = reader.readFull(recipe.full);
    if (recipe.deltas.length === 0) return checkHash(full, recipe.hash);
    const deltas = recipe.deltas.map((address) => reader.readDelta(address));
    return applyDelta(full, foldDeltas(deltas), {
      maxTargetLength: recipe.lengthBytes,
      ...(allocate && { allocate }),
    });
  });
}

/** `bytes` when their hash is `hash`. @throws CodedError FRAME_CORRUPT */
export function checkHash(bytes: Uint8Array, hash: Uint8Array): Uint8Array {
  if (Buffer.compare(blake3(bytes), hash) === 0) return bytes;
  throw new CodedError('FRAME_CORRUPT', 'The stored bytes do not match the hash of their blob.');
}

function orDamaged(recipe: BlobRecipe, rebuild: () => Uint8Array): Uint8Array {
  try {
    return rebuild();
  } catch (cause) {
    if (!isDamage(cause)) throw cause;
    const hash = Buffer.from(recipe.hash).toString('hex');
    throw new CodedError('BLOB_DAMAGED', `Blob ${hash} cannot be rebuilt: ${cause.message}`, {
      hint: 'Run `varve verify` to see what is affected, then `varve repair`.',
      cause,
    });
  }
}
