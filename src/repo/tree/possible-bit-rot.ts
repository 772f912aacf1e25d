/** The message about a file whose contents changed although its size and times did not. */
import { textFromBytes, type ByteString } from '../../platform/bytes.js';

export function possibleBitRot(path: ByteString): string {
  return (
    `${textFromBytes(path)} has changed since it was saved although its size and times have not: ` +
    'possible bit rot. `varve log` shows the snapshots that hold its earlier contents.'
  );
}
