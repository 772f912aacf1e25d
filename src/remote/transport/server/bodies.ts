/** Bodies of requests, read into memory that threads can share, and never longer than allowed. */
import type { IncomingMessage } from 'node:http';
import { count } from '../../../platform/count.js';
import { CodedError } from '../../../errors.js';
import { withMemory } from '../memory.js';

/** The length of a body, which must be said before it. @throws CodedError REMOTE_REQUEST */
export function announcedBytes(incoming: IncomingMessage, mostBytes: number): number {
  const announced = Number(incoming.headers['content-length'] ?? NaN);
  if (announced >= 0 && announced <= mostBytes) return announced;
  throw new CodedError(
    'REMOTE_REQUEST',
    `Expected a body of at most ${count(mostBytes, 'byte')}, with its length.`,
    { hint: 'Send Content-Length, and less at a time.' },
  );
}

/**
 * Reads a body of known length; it is good until `work` is done.
 * @throws CodedError REMOTE_REQUEST
 */
export async function withBody<T>(
  incoming: IncomingMessage,
  mostBytes: number,
  work: (body: Buffer<SharedArrayBuffer>) => Promise<T> | T,
): Promise<T> {
  const announced = announcedBytes(incoming, mostBytes);
  return withMemory(announced, async (memory) => {
    const bytes = Buffer.from(memory, 0, announced);
    let length = 0;
    for await (const chunk of incoming) {
      bytes.set(chunk as Buffer, length);
      length += (chunk as Buffer).length;
    }
    if (length === announced) return work(bytes);
    throw new CodedError('REMOTE_REQUEST', 'The body is shorter than announced.');
  });
}

/**
 * The parts of a body as they arrive, of `partBytes` but for the last; each is good until the next one.
 * @throws CodedError REMOTE_REQUEST when it ends before its length
 */
export async function* bodyParts(
  incoming: IncomingMessage,
  partBytes: number,
): AsyncGenerator<Uint8Array> {
  const part = Buffer.allocUnsafe(partBytes);
  let left = announcedBytes(incoming, Number.MAX_SAFE_INTEGER);
  let filled = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    left -= chunk.length;
    for (let taken = 0; taken < chunk.length;) {
      const count = Math.min(chunk.length - taken, partBytes - filled);
      chunk.copy(part, filled, taken, taken + count);
      taken += count;
      filled += count;
      if (filled < partBytes) continue;
      yield part;
      filled = 0;
    }
  }
  if (filled > 0) yield part.subarray(0, filled);
  if (left > 0) throw new CodedError('REMOTE_REQUEST', 'The body is shorter than announced.');
}
