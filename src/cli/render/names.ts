/** File names, which are bytes, as something that can be shown or put into JSON. */
import { isUtf8 } from 'node:buffer';
import { escapeUnsafe, showBytes, textOfName, type ByteString } from '../../store.js';

/** What most names are, and every medium shows as it is. */
const PLAIN = /^[ -~]*$/;

/**
 * Where a name is shown: `terminal` stands for people, also behind a pipe, since what is piped to a pager
 * or kept in a file comes to a terminal in the end; `stream` for a JSON document, which keeps the text.
 */
export type Medium = 'terminal' | 'stream';

/**
 * A name or path for people. Valid UTF-8 stays as it is, an invalid byte becomes `\xNN`; for people, so
 * does each ASCII control character, and other unsafe characters become `\u{N}`.
 */
export function formatName(name: ByteString, medium: Medium): string {
  return PLAIN.test(name) ? name : formatNameText(textOfName(name), medium);
}

/** A name or pattern for people that is text already, an invalid byte as a lone surrogate. */
export function formatNameText(name: string, medium: Medium): string {
  const text = showBytes(name);
  return medium === 'terminal' ? escapeUnsafe(text) : text;
}

/** A message of several lines, each made safe for a terminal. */
export function escapeLines(text: string): string {
  return text.split('\n').map(escapeUnsafe).join('\n');
}

/** The bytes of a name as the library gives it. */
export function bytesOf(name: ByteString): Buffer {
  return Buffer.from(name, 'latin1');
}

/** How JSON documents name a path. */
export interface JsonPath {
  /** For reading: invalid bytes as `\xNN`. */
  readonly path: string;
  /** The exact bytes, given only when they are not UTF-8. */
  readonly path_base64?: string;
}

/** The fields that name a path in a JSON document, to be spread into its object. */
export function jsonPath(name: ByteString): JsonPath {
  const path = formatName(name, 'stream');
  if (PLAIN.test(name)) return { path };
  const bytes = bytesOf(name);
  return isUtf8(bytes) ? { path } : { path, path_base64: bytes.toString('base64') };
}
