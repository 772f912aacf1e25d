/**
 * The one wait of the benchmark.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Longer than the time for which a backup tool distrusts a fresh timestamp (it could change again
 * within its grain), and than rdiff-backup's least distance of two backups, one second.
 */
const SETTLE_MS = 2500;

/** Waits until no timestamp is fresh any more, so that no tool has to read a file again for it. */
export const settle = () => sleep(SETTLE_MS);
