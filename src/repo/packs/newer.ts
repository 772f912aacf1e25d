/** What a reader says of bytes that are sound and that it does not know. */
import { CodedError } from '../../errors.js';

/** `what` is a whole sentence. Never counts as damage: nobody repairs it, and nobody writes over it. */
export function writtenByNewer(what: string): CodedError {
  return new CodedError('FORMAT_UNKNOWN', what, {
    hint: 'Use the newer version of Varve that wrote it.',
  });
}
