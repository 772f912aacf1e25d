/** Sends pdiffcopy's hash lines part by part: its blocks may be as short as a byte, and files of any length. */
import type { ServerResponse } from 'node:http';
import { runAhead } from '../../../threads/run-ahead.js';
import { TextAnswer } from '../../transport/server/answers.js';
import type { MemoryBudget } from '../../transport/server/memory-budget.js';
import type { OpenFile } from '../file/place.js';
import { multiples, PART_BYTES, readFileOf } from '../hashing/listing.js';
import type { HashMethod } from '../hashing/methods.js';
import { hashLines } from '../wire/pdiffcopy.js';
import type { Workers } from '../worker/pool.js';

/** Lines of a part. */
const MAX_LINES = 8192;
/** What a line takes: its hash, and the line itself. */
const LINE_BYTES = 256;

export async function sendHashLines(
  outgoing: ServerResponse,
  file: OpenFile,
  { blockBytes, method }: { readonly blockBytes: number; readonly method: HashMethod },
  { workers, memory }: { readonly workers: Workers; readonly memory: MemoryBudget },
): Promise<void> {
  const { sizeBytes } = file.stat;
  const lines = Math.min(MAX_LINES, Math.max(1, Math.floor(PART_BYTES / blockBytes)));
  const partBytes = lines * blockBytes;
  const digest = (offset: number): Promise<Uint8Array> => {
    const ranges = [{ offset, length: Math.min(partBytes, sizeBytes - offset) }];
    const job = { type: 'digest', file: readFileOf(file), ranges, partBytes: blockBytes } as const;
    return workers.run({ ...job, method: method.name });
  };
  // Two for each thread: one is worked on, one waits at the thread.
  const ahead = workers.laneCount * 2;
  await memory.use(ahead * lines * LINE_BYTES, async () => {
    if (outgoing.destroyed) return;
    const answer = new TextAnswer(outgoing);
    try {
      for await (const [offset, digests] of runAhead(
        multiples(partBytes, sizeBytes),
        ahead,
        digest,
      )) {
        if (answer.isGone) break;
        const text = hashLines(digests, method.digestBytes, { offset, blockBytes });
        await answer.write(Buffer.from(text));
      }
      await answer.end();
    } catch {
      // The status is sent: all that is left to say is that the body is not whole.
      answer.breakOff();
    }
  });
}
