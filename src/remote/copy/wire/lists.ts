/** How long the hash lists that pass over the wire may be. */
import { CodedError } from '../../../errors.js';
import { count } from '../../../platform/count.js';
import { blockCount, entryBytes, type HashListShape } from '../hashing/hash-list.js';
import { MAX_LIST_BYTES } from './protocol.js';

/** The length of a list's body. @throws CodedError REMOTE_REQUEST when that is too long */
export function listBytes(shape: HashListShape): number {
  const bytes = blockCount(shape) * entryBytes(shape);
  if (bytes <= MAX_LIST_BYTES) return bytes;
  throw new CodedError(
    'REMOTE_REQUEST',
    `A file of ${count(shape.sizeBytes, 'byte')} has too many blocks of ${shape.blockBytes}.`,
    { hint: 'Use a larger --block-size, or omit it.' },
  );
}
