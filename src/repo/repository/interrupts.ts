/** How waiting for a lock stops when the caller asks for it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CodedError } from '../../errors.js';

/** Waits, at most until `signal` is aborted. @throws CodedError INTERRUPTED */
export async function pause(durationMs: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(durationMs);
  if (!signal?.aborted) return;
  throw new CodedError('INTERRUPTED', 'The wait for the repository was interrupted.', {
    hint: 'Nothing was done; run the command again.',
  });
}
