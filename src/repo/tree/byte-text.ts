/**
 * Names as text without losing a byte. Valid UTF-8 is decoded as such; each byte that is not part
 * of it becomes a lone surrogate, `U+DC00` plus the byte (0x80 to 0xFF), which valid UTF-8 cannot
 * hold. So different bytes give different texts (Python's `surrogateescape`, PEP 383).
 */
import { isUtf8 } from 'node:buffer';
import { bufferFromBytes, type ByteString } from '../../platform/bytes.js';

/** What {@link bytesToText} makes of an invalid byte: its low eight bits are the byte. */
export const INVALID_BYTES = /[\u{DC80}-\u{DCFF}]/gu;

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

/** The bytes that {@link bytesToText} made `text` of. */
export function textToBytes(text: string): Buffer {
  const parts = text.split(/([\u{DC80}-\u{DCFF}])/u).map((part, position) => {
    const isEscape = position % 2 === 1;
    return isEscape ? Buffer.of(part.charCodeAt(0) - ESCAPE_BASE) : Buffer.from(part, 'utf8');
  });
  return Buffer.concat(parts);
}
