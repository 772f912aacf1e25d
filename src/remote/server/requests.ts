/** What the requests of copies name: files, sizes, documents. Nothing in them is taken for granted. */
import type { HttpBindings } from '@hono/node-server';
import type { Context, Hono } from 'hono';
import { CodedError } from '../../errors.js';
import { totalBytes } from '../copy/batches.js';
import { confinedPlace, type Place } from '../file/place.js';
import { LEAST_BLOCK_BYTES, MOST_BLOCK_BYTES } from '../hashing/hash-list.js';
import { loadHashMethod, type HashMethod } from '../hashing/methods.js';
import { decodeRanges, MOST_HEAD_BYTES } from '../wire/binary.js';
import { parseJson } from '../wire/documents.js';
import { decodeFilename, rawParameter } from '../wire/filename.js';
import { MOST_BODY_BYTES, MOST_JSON_BYTES } from '../wire/protocol.js';
import type { Placed } from '../worker/messages.js';
import { withBody } from './bodies.js';
import type { ServerSettings } from './settings.js';

/** An answer has at most this many hashes for the bytes that it takes to ask for them. */
const LEAST_PAGE_BYTES = 512;

/** What routes are added to. */
export type Application = Hono<{ Bindings: HttpBindings }>;
export type RouteContext = Context<{ Bindings: HttpBindings }>;

/** The file that a request names. @throws CodedError REMOTE_REQUEST, PATH_NOT_FOUND */
export function placeOf(
  context: RouteContext,
  { platform, root }: ServerSettings,
  { makesDirectories = false } = {},
): Place {
  const name = rawParameter(context.env.incoming.url ?? '', 'filename');
  if (name === undefined) throw invalid('filename');
  return confinedPlace(platform.files, root, decodeFilename(name, 'query'), { makesDirectories });
}

/** A whole number within bounds. @throws CodedError REMOTE_REQUEST */
export function numberOf(
  context: RouteContext,
  name: string,
  least: number,
  most = Number.MAX_SAFE_INTEGER,
): number {
  const text = context.req.query(name) ?? '';
  const number = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (number >= least && number <= most) return number;
  throw invalid(name);
}

export const blockBytesOf = (context: RouteContext): number =>
  numberOf(context, 'block_size', LEAST_BLOCK_BYTES, MOST_BLOCK_BYTES);

/** @throws CodedError USAGE_HASH_METHOD */
export const methodOf = (context: RouteContext): Promise<HashMethod> =>
  loadHashMethod(context.req.query('method') ?? '');

/** The length of pages whose hashes are asked for. */
export const pageBytesOf = (context: RouteContext): number =>
  numberOf(context, 'page_size', LEAST_PAGE_BYTES, MOST_BLOCK_BYTES);

/** The ranges of a request's body, one behind the other. @throws CodedError REMOTE_REQUEST */
export async function rangesOf(context: RouteContext): Promise<Placed[]> {
  const ranges = await withBody(context.env.incoming, MOST_HEAD_BYTES, decodeRanges);
  const isEmpty = ranges.some(({ length }) => length === 0);
  if (isEmpty || totalBytes(ranges) > MOST_BODY_BYTES) throw tooLong();
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

/** The JSON document of a request. @throws CodedError REMOTE_REQUEST, REMOTE_PROTOCOL */
export function documentOf(context: RouteContext): Promise<unknown> {
  return withBody(context.env.incoming, MOST_JSON_BYTES, (body) =>
    parseJson(body.toString('utf8')),
  );
}

/** @throws CodedError REMOTE_READ_ONLY */
export function requireWriting({ allowsWriting }: ServerSettings): void {
  if (allowsWriting) return;
  throw new CodedError('REMOTE_READ_ONLY', 'The server is read-only.', {
    hint: 'Start it with --allow-write.',
  });
}

export function tooLong(): CodedError {
  return new CodedError('REMOTE_REQUEST', 'The request asks for more than one answer may hold.', {
    hint: 'Give a larger block size, or ask for less at a time, within the file.',
  });
}

function invalid(name: string): CodedError {
  return new CodedError('REMOTE_REQUEST', `The parameter "${name}" is missing or out of bounds.`);
}
