/** File names, which are bytes, as something that can be shown or put into JSON. */
import { isUtf8 } from 'node:buffer';
import { INVALID_BYTES, textOfName, type ByteString } from '../../store.js';

/** What most names are, and every medium shows as it is. */
const PLAIN = /^[ -~]*$/;

/**
 * What a terminal might act on: control characters (C0, DEL, C1), line and paragraph separators
 * and the marks that reverse the direction of text.
 */
// eslint-disable-next-line no-control-regex
const UNSAFE = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Where a name is shown: a terminal acts on control characters, a file or a pipe does not. */
export type Medium = 'terminal' | 'stream';

/**
 * A name or path for people. Valid UTF-8 stays as it is, an invalid byte becomes `\xNN`; for a
 * terminal, so does each ASCII control character, and other unsafe characters become `\u{N}`.
 */
export function formatName(name: ByteString, medium: Medium): string {
  return PLAIN.test(name) ? name : formatNameText(textOfName(name), medium);
}

/** A name or pattern for people that is text already, an invalid byte as a lone surrogate. */
export function formatNameText(name: string, medium: Medium): string {
  const text = name.replace(INVALID_BYTES, (c) => hexByte(c.charCodeAt(0) & 0xff));
  return medium === 'terminal' ? escapeUnsafe(text) : text;
}

/** Any text (a tag, a host, a message) made safe for a terminal, as {@link formatName} does. */
export function escapeUnsafe(text: string): string {
  return text.replace(UNSAFE, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x80 ? hexByte(code) : `\\u{${code.toString(16)}}`;
  });
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

function hexByte(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}
