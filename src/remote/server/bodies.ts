/** Bodies of requests, read into memory that threads can share, and never longer than allowed. */
import type { IncomingMessage } from 'node:http';
import { CodedError } from '../../errors.js';

/**
 * Reads a body of known length. Where it is cut short, the request fails and nobody is answered.
 * @throws CodedError REMOTE_REQUEST
 */
export async function readBody(
  incoming: IncomingMessage,
  mostBytes: number,
): Promise<Buffer<SharedArrayBuffer>> {
  const announced = Number(incoming.headers['content-length'] ?? NaN);
  if (!(announced >= 0 && announced <= mostBytes)) {
    throw new CodedError(
      'REMOTE_REQUEST',
      `A body of at most ${mostBytes} bytes is expected, with its length.`,
      {
        hint: 'Send Content-Length, and less at a time.',
      },
    );
  }
  const bytes = Buffer.from(new SharedArrayBuffer(announced));
  let length = 0;
  for await (const chunk of incoming) {
    bytes.set(chunk as Buffer, length);
    length += (chunk as Buffer).length;
  }
  if (length === announced) return bytes;
  throw new CodedError('REMOTE_REQUEST', 'The body is shorter than it was said to be.');
}
