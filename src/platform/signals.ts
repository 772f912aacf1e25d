/** What a signal does to a process whose own code does not come round to handling it. */
import { constants } from 'node:os';
import { loadLibc } from './libc.js';

/** `struct sigaction` of glibc, on both architectures: handler, mask, flags, restorer. */
const SIGACTION_BYTES = 152;
const FLAGS_OFFSET = 136;
const SA_RESETHAND = 0x80000000;

/**
 * Makes the system end the process at the second of a signal that Node listens to, even if a call or a
 * loop keeps it from ever hearing of the first. Nothing where there is no libc to ask.
 */
export function endAtSecond(signals: readonly NodeJS.Signals[]): void {
  const libc = loadLibc();
  if (!libc) return;
  const sigaction = libc.func('int sigaction(int, const void *, void *)');
  const action = Buffer.alloc(SIGACTION_BYTES);
  for (const signal of signals) {
    const number = constants.signals[signal];
    if (sigaction(number, null, action) !== 0) continue;
    action.writeUInt32LE((action.readUInt32LE(FLAGS_OFFSET) | SA_RESETHAND) >>> 0, FLAGS_OFFSET);
    sigaction(number, action, null);
  }
}
