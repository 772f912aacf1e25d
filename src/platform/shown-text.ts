/** Text as people are shown it: nothing in it that a terminal would act on, no byte lost. */

/** What `bytes.ts` makes of a byte that is not UTF-8: its low eight bits are the byte. */
export const INVALID_BYTES = /[\u{DC80}-\u{DCFF}]/gu;

/**
 * What a terminal might act on: control characters (C0, DEL, C1), line and paragraph separators
 * and the marks that reverse the direction of text.
 */
// eslint-disable-next-line no-control-regex
const UNSAFE = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Text in which each byte that is not UTF-8 has become `\xNN`. */
export function showBytes(text: string): string {
  return text.replace(INVALID_BYTES, (character) => hexByte(character.charCodeAt(0) & 0xff));
}

/**
 * Any text made safe: as {@link showBytes} gives it, with each ASCII control character as `\xNN`, too,
 * and other unsafe characters as `\u{N}`.
 */
export function escapeUnsafe(text: string): string {
  return showBytes(text).replace(UNSAFE, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x80 ? hexByte(code) : `\\u{${code.toString(16)}}`;
  });
}

function hexByte(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}
