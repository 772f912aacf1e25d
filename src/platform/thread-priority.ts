/** How much of the processor a thread gets. */
import { constants, setPriority } from 'node:os';
import { workerThreads } from './node-modules.js';

/**
 * From here on this thread runs when no other wants to, if it is a worker. On Linux a priority belongs
 * to a thread; elsewhere it would be that of the whole process, and stays.
 */
export function yieldToOthers(): void {
  if (process.platform !== 'linux' || workerThreads().isMainThread) return;
  try {
    setPriority(0, constants.priority.PRIORITY_LOW);
  } catch {
    // Not allowed to: then it takes its share.
  }
}
