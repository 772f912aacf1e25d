/** Sends a list of blocks while they are still being hashed. */
import { blockCount } from '../hashing/hash-list.js';
import type { Listing } from '../hashing/listing.js';
import type { PiecemealAnswer } from '../../transport/server/answers.js';

/** So many blocks are sent at once at most, also where all are ready. */
const MAX_BLOCKS = 16_384;

/** `bytesOf` gives what is sent of blocks that are ready; where it throws, the end is never sent. */
export async function sendListing(
  answer: PiecemealAnswer,
  listing: Listing,
  bytesOf: (firstBlock: number, nextBlock: number) => Uint8Array,
): Promise<void> {
  const { list } = listing;
  const count = blockCount(list);
  try {
    for (let first = 0; first < count && !answer.isGone;) {
      const next = Math.min(first + MAX_BLOCKS, await listing.ready(first + 1));
      await answer.write(bytesOf(first, next));
      first = next;
    }
    await answer.end();
  } catch {
    // The status is sent: all that is left to say is that the body is not whole.
    answer.breakOff();
  } finally {
    listing.stop();
    await listing.settled;
  }
}
