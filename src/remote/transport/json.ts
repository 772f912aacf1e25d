/** JSON of the other side: nothing in it is taken for granted. */
import { CodedError } from '../../errors.js';

/** A document or a part of one. */
export type Json = Readonly<Record<string, unknown>>;

/** @throws CodedError REMOTE_PROTOCOL */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw malformed(cause);
  }
}

export function asObject(value: unknown): Json {
  if (typeof value === 'object' && value !== null) return value as Json;
  throw malformed();
}

export function asText(value: unknown): string {
  if (typeof value === 'string' && value.length <= 4096) return value;
  throw malformed();
}

export function asSize(value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw malformed();
}

/** What may be left out. */
export function optional<T>(value: unknown, read: (value: unknown) => T): T | undefined {
  return value === undefined || value === null ? undefined : read(value);
}

/** The failure of a document that is not what it should be. */
export function malformed(cause?: unknown): CodedError {
  return new CodedError('REMOTE_PROTOCOL', 'The other side sent an unexpected kind of document.', {
    hint: 'Check that `varve serve` or pdiffcopy is at that address, in a compatible version.',
    ...(cause !== undefined && { cause }),
  });
}
