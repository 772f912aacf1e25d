/** Bodies of requests, read into memory that threads can share, and never longer than allowed. */
import type { IncomingMessage } from 'node:http';
import { CodedError } from '../../../errors.js';
import { withMemory } from '../memory.js';

/** The length of a body, which must be said before it. @throws CodedError REMOTE_REQUEST */
export function announcedBytes(incoming: IncomingMessage, mostBytes: number): number {
  const announced = Number(incoming.headers['content-length'] ?? NaN);
  if (announced >= 0 && announced <= mostBytes) return announced;
  throw new CodedError(
    'REMOTE_REQUEST',
    `Expected a body of at most ${mostBytes} bytes, with its length.`,
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
