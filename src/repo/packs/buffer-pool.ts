/**
 * Large buffers that are used again. V8 frees the memory of dropped buffers only after some 64 MB of
 * them in each thread: without this, two workers hold 150 MB of garbage.
 */

export interface BufferPool {
  /** A buffer of exactly `lengthBytes`, its bytes undefined. */
  take(lengthBytes: number): Buffer;
  /** Gives a buffer of `take` back: nobody may still hold a view of it. */
  give(buffer: Uint8Array): void;
}

/** Capacities are multiples of this, so that buffers of about one size replace each other. */
const GRAIN_BYTES = 128 * 1024;
/** A buffer more than this many times too large is left for a larger need. */
const MAX_SLACK = 4;

/** The position of the smallest that is large enough and not far too large, or the end. */
function tightest(buffers: readonly ArrayBufferLike[], lengthBytes: number): number {
  let best = buffers.length;
  let bestBytes = Math.max(lengthBytes, GRAIN_BYTES) * MAX_SLACK + 1;
  buffers.forEach(({ byteLength }, position) => {
    if (byteLength < lengthBytes || byteLength >= bestBytes) return;
    best = position;
    bestBytes = byteLength;
  });
  return best;
}

/** A pool that keeps up to `mostBytes` of unused buffers. */
export function createBufferPool(mostBytes: number): BufferPool {
  const unused: ArrayBufferLike[] = [];
  let unusedBytes = 0;

  return {
    take(lengthBytes) {
      const [reused] = unused.splice(tightest(unused, lengthBytes), 1);
      if (reused) {
        unusedBytes -= reused.byteLength;
        return Buffer.from(reused, 0, lengthBytes);
      }
      const capacity = Math.max(1, Math.ceil(lengthBytes / GRAIN_BYTES)) * GRAIN_BYTES;
      return Buffer.allocUnsafeSlow(capacity).subarray(0, lengthBytes);
    },
    give({ buffer }) {
      unused.push(buffer);
      unusedBytes += buffer.byteLength;
      // What is needed now replaces what was needed in an earlier part of the run.
      while (unusedBytes > mostBytes) unusedBytes -= unused.shift()?.byteLength ?? 0;
    },
  };
}
