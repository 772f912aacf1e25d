/** File names, which are bytes, as something that can be shown or put into JSON. */
import { isUtf8 } from 'node:buffer';
import { escapeUnsafe, showBytes, textOfName, type ByteString } from '../../store.js';

/** What most names are, and needs no look at its letters. */
const PLAIN = /^[ -~]*$/;

/**
 * A name or path for people. Valid UTF-8 stays as it is, an invalid byte becomes `\xNN`, and so does each
 * ASCII control character; other unsafe characters become `\u{N}`. Behind a pipe, too: what goes to a pager
 * or is kept in a file comes to a terminal in the end.
 */
export function formatName(name: ByteString): string {
  return PLAIN.test(name) ? name : formatNameText(textOfName(name));
}

/** A name or pattern for people that is text already, an invalid byte as a lone surrogate. */
export function formatNameText(name: string): string {
  return escapeUnsafe(showBytes(name));
}

/** A name for programs: every character is kept, an invalid byte becomes `\xNN`. */
export function jsonText(name: ByteString): string {
  return PLAIN.test(name) ? name : showBytes(textOfName(name));
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
  const path = jsonText(name);
  if (PLAIN.test(name)) return { path };
  const bytes = bytesOf(name);
  return isUtf8(bytes) ? { path } : { path, path_base64: bytes.toString('base64') };
}
