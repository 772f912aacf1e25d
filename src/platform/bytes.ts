/**
 * Names and paths as bytes, and as text that loses none of them. As text, valid UTF-8 is decoded as such;
 * each byte that is not part of it becomes a lone surrogate, `U+DC00` plus the byte (0x80 to 0xFF), which
 * valid UTF-8 cannot hold. So different bytes give different texts (Python's `surrogateescape`, PEP 383).
 * POSIX names are bytes, not text; a {@link ByteString} holds one byte in
 * each UTF-16 unit (0 to 255), so that names compare in byte order with `<`, cost one byte each in
 * the heap, and survive whatever encoding they are in.
 */

import { isUtf8 } from 'node:buffer';
import { escapeUnsafe } from './shown-text.js';

declare const byteString: unique symbol;

/** A string in which every character is one byte. */
export type ByteString = string & { readonly [byteString]: true };

/** The bytes of `text`, as {@link textToBytes} gives them. */
export function bytesFromText(text: string): ByteString {
  return textToBytes(text).toString('latin1') as ByteString;
}

/** The bytes of `buffer`. */
export function bytesFromBuffer(buffer: Uint8Array): ByteString {
  return Buffer.from(buffer.buffer, buffer.byteOffset, buffer.byteLength).toString(
    'latin1',
  ) as ByteString;
}

/** A new buffer that holds `bytes`. */
export function bufferFromBytes(bytes: ByteString): Buffer {
  return Buffer.from(bytes, 'latin1');
}

/** A name or path for messages, never for calls: what is not UTF-8, or not safe to show, is escaped. */
export function textFromBytes(bytes: ByteString): string {
  return escapeUnsafe(textOfName(bytes));
}

const INVALID_BYTE = /[\u{DC80}-\u{DCFF}]/u;
const ONLY_ASCII = /^[\0-\x7f]*$/;
const ESCAPE_BASE = 0xdc00;

/** The text of `bytes`, told apart from that of any other bytes. */
export function bytesToText(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return isUtf8(text) ? text.toString('utf8') : escapeInvalid(text);
}

/** The text of a name or path as it is kept; nothing is copied where it is ASCII. */
export function textOfName(name: ByteString): string {
  return ONLY_ASCII.test(name) ? name : bytesToText(bufferFromBytes(name));
}

function escapeInvalid(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const length = characterLength(bytes, at);
    text +=
      length > 0
        ? bytes.toString('utf8', at, at + length)
        : String.fromCharCode(ESCAPE_BASE + bytes.readUInt8(at));
    at += Math.max(length, 1);
  }
  return text;
}

/** Length in bytes of the valid UTF-8 character at `at`; 0 when there is none. */
function characterLength(bytes: Buffer, at: number): number {
  const first = bytes.readUInt8(at);
  const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  const end = at + length;
  return end <= bytes.length && isUtf8(bytes.subarray(at, end)) ? length : 0;
}

/** The bytes of `text`: UTF-8, but for what {@link bytesToText} made of other bytes. */
export function textToBytes(text: string): Buffer {
  if (!hasInvalidBytes(text)) return Buffer.from(text, 'utf8');
  const parts = text.split(/([\u{DC80}-\u{DCFF}])/u).map((part, position) => {
    const isEscape = position % 2 === 1;
    return isEscape ? Buffer.of(part.charCodeAt(0) - ESCAPE_BASE) : Buffer.from(part, 'utf8');
  });
  return Buffer.concat(parts);
}

/** Whether text stands for bytes that are not UTF-8. */
export function hasInvalidBytes(text: string): boolean {
  return INVALID_BYTE.test(text);
}

/** A path as Node's calls take it: the one place where text becomes a path again. */
export function systemPath(path: string): string | Buffer {
  return hasInvalidBytes(path) ? textToBytes(path) : path;
}
