/** Takes pieces that the main thread has read and cut. */
import type { WorkerContext } from './context.js';
import type { TakePiecesJob, TakePiecesResult } from './jobs.js';
import { keepPieces } from './keep-pieces.js';

export function takePieces(
  context: WorkerContext,
  { ticket, bytes, pieces }: TakePiecesJob,
): TakePiecesResult {
  const buffer = context.pool.take(bytes.length);
  buffer.set(bytes);
  return keepPieces(context, ticket, buffer, pieces);
}
