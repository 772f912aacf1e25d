/** How waiting for a lock stops when the caller asks for it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CodedError } from '../../errors.js';

/** Waits, at most until one of `signals` is aborted. @throws CodedError INTERRUPTED */
export async function pause(durationMs: number, signals: readonly AbortSignal[]): Promise<void> {
  await sleep(durationMs);
  if (signals.every(({ aborted }) => !aborted)) return;
  throw new CodedError('INTERRUPTED', 'The wait for the repository was interrupted.', {
    hint: 'Nothing was done; run the command again.',
  });
}
