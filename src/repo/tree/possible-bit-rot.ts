/** What is told of a file whose bytes changed while its size and times did not. */
import { textFromBytes, type ByteString } from '../../platform/bytes.js';

export function possibleBitRot(path: ByteString): string {
  return (
    `${textFromBytes(path)} has other bytes than were saved, but its size and times are the same: ` +
    'possible bit rot. `varve log` shows the snapshots that have the bytes of before.'
  );
}
