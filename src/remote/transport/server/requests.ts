/** What requests say: numbers and documents. Nothing in them is taken for granted. */
import type { HttpBindings } from '@hono/node-server';
import type { Context, Hono } from 'hono';
import { CodedError } from '../../../errors.js';
import { parseJson } from '../json.js';
import { MAX_JSON_BYTES } from '../protocol.js';
import { withBody } from './bodies.js';

/** What routes are added to. */
export type Application = Hono<{ Bindings: HttpBindings }>;
export type RouteContext = Context<{ Bindings: HttpBindings }>;

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
  throw invalidParameter(name);
}

/** The JSON document of a request. @throws CodedError REMOTE_REQUEST, REMOTE_PROTOCOL */
export function documentOf(context: RouteContext): Promise<unknown> {
  return withBody(context.env.incoming, MAX_JSON_BYTES, (body) => parseJson(body.toString('utf8')));
}

export function invalidParameter(name: string): CodedError {
  return new CodedError('REMOTE_REQUEST', `The parameter "${name}" is missing or out of bounds.`);
}
