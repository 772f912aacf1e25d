/** Lets others have a turn during a walk, which is made of synchronous calls. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CodedError } from '../../../errors.js';
import type { Platform } from '../../../platform/platform.js';

/** The workers' answers get a turn this often, milliseconds. */
const SLICE_MS = 8;
/** Entries between two looks at the clock. */
const CLOCK_EVERY = 64;

/**
 * To be called for each entry: gives a promise when it is time to let others have a turn; mostly
 * nothing, which costs nothing. `onTurn` is called before each turn.
 */
export function createTurns<Context>(
  clock: Platform['clock'],
  signal: AbortSignal | undefined,
  onTurn: (context: Context) => void,
): (context: Context) => Promise<void> | undefined {
  let sliceEnd = clock.nowMs() + SLICE_MS;
  let untilClock = CLOCK_EVERY;
  return (context) => {
    if (--untilClock > 0) return undefined;
    untilClock = CLOCK_EVERY;
    if (signal?.aborted) throw interrupted();
    if (clock.nowMs() < sliceEnd) return undefined;
    onTurn(context);
    return nextTurn().then(() => {
      sliceEnd = clock.nowMs() + SLICE_MS;
    });
  };
}

export function interrupted(): CodedError {
  return new CodedError('INTERRUPTED', 'The backup was interrupted; no snapshot was taken.', {
    hint: 'Run it again: what is already stored is not stored twice.',
  });
}
