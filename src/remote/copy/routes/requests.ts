/** What the requests of copies name: files, sizes, ranges. Nothing in them is taken for granted. */
import { CodedError } from '../../../errors.js';
import { decodeFilename, rawParameter } from '../../transport/filename.js';
import { MAX_BODY_BYTES } from '../../transport/protocol.js';
import { withBody } from '../../transport/server/bodies.js';
import { invalidParameter, numberOf, type RouteContext } from '../../transport/server/requests.js';
import { totalBytes } from '../batches.js';
import { confinedPlace, type Place } from '../file/place.js';
import { MAX_BLOCK_BYTES, MIN_BLOCK_BYTES } from '../hashing/hash-list.js';
import { loadHashMethod, type HashMethod } from '../hashing/methods.js';
import { decodeRanges, MAX_HEAD_BYTES } from '../wire/binary.js';
import { MAX_NAME_BYTES } from '../wire/protocol.js';
import type { PlacedRange } from '../worker/messages.js';
import type { CopySettings } from './settings.js';

/** An answer has at most this many hashes for the bytes that it takes to ask for them. */
const MIN_PAGE_BYTES = 512;

/** The file that a request names. @throws CodedError REMOTE_REQUEST, PATH_NOT_FOUND */
export function placeOf(
  context: RouteContext,
  { platform, root }: CopySettings,
  { makesDirectories = false } = {},
): Place {
  const name = rawParameter(context.env.incoming.url ?? '', 'filename');
  if (name === undefined) throw invalidParameter('filename');
  const filename = decodeFilename(name, 'query');
  if (filename.length > MAX_NAME_BYTES) throw invalidParameter('filename');
  return confinedPlace(platform.files, root, filename, { makesDirectories });
}

export const blockBytesOf = (context: RouteContext): number =>
  numberOf(context, 'block_size', MIN_BLOCK_BYTES, MAX_BLOCK_BYTES);

/** @throws CodedError USAGE_HASH_METHOD */
export const methodOf = (context: RouteContext): Promise<HashMethod> =>
  loadHashMethod(context.req.query('method') ?? '');

/** The length of pages whose hashes are asked for. */
export const pageBytesOf = (context: RouteContext): number =>
  numberOf(context, 'page_size', MIN_PAGE_BYTES, MAX_BLOCK_BYTES);

/** The ranges of a request's body, one after the other. @throws CodedError REMOTE_REQUEST */
export async function rangesOf(context: RouteContext): Promise<PlacedRange[]> {
  const ranges = await withBody(context.env.incoming, MAX_HEAD_BYTES, decodeRanges);
  const isEmpty = ranges.some(({ length }) => length === 0);
  if (isEmpty || totalBytes(ranges) > MAX_BODY_BYTES) throw tooLong();
  return ranges;
}

/** Does `work` at a place, which is given up afterwards. */
export function closing<T>(place: Place, work: () => T): T {
  try {
    return work();
  } finally {
    place.close();
  }
}

/** @throws CodedError REMOTE_READ_ONLY */
export function requireWriting({ allowsWriting }: CopySettings): void {
  if (allowsWriting) return;
  throw new CodedError('REMOTE_READ_ONLY', 'The server is read-only.', {
    hint: 'Start it with --allow-write.',
  });
}

export function tooLong(): CodedError {
  return new CodedError('REMOTE_REQUEST', 'The request asks for more than one answer can hold.', {
    hint: 'Use a larger block size, or request less at a time, within the file.',
  });
}
