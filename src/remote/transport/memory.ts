/**
 * Memory that threads share and that is used again: left to the garbage collector, the bodies of a
 * fast copy pile up to several hundred MB before it looks.
 */

/** Bodies longer than this have memory of their own. */
const POOLED_BYTES = 4.5 * 1024 * 1024;
/** What is kept when nobody uses it. */
const MAX_FREE = 4;

const free: SharedArrayBuffer[] = [];

/** Memory of at least `bytes`, until `work` is done with it. */
export async function withMemory<T>(
  bytes: number,
  work: (memory: SharedArrayBuffer) => Promise<T>,
): Promise<T> {
  if (bytes > POOLED_BYTES) return work(new SharedArrayBuffer(bytes));
  const memory = free.pop() ?? new SharedArrayBuffer(POOLED_BYTES);
  try {
    return await work(memory);
  } finally {
    if (free.length < MAX_FREE) free.push(memory);
  }
}
