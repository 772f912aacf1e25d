/** How many columns of a terminal a text takes. */

// eslint-disable-next-line no-control-regex
const COLOUR = /\x1b\[[\d;]*m/g;
const ZERO = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
/** East Asian wide and fullwidth, and what is shown as an emoji. */
const DOUBLE =
  /^[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2fb}\u{20000}-\u{3fffd}]$/u;
const ONLY_ASCII = /^[ -~]*$/;

/**
 * The columns of `text`, which holds no control characters but colours: wide characters count two,
 * combining ones none. (Joined emoji are counted one by one: terminals disagree.)
 */
export function displayWidth(text: string): number {
  const plain = text.replace(COLOUR, '');
  if (ONLY_ASCII.test(plain)) return plain.length;
  return Array.from(plain).reduce((sum, character) => sum + characterWidth(character), 0);
}

/** The longest prefix of `text` (without colours) that fits into `columns`. */
export function truncateToWidth(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let used = 0;
  let kept = '';
  for (const character of text) {
    used += characterWidth(character);
    if (used > columns) break;
    kept += character;
  }
  return kept;
}

function characterWidth(character: string): number {
  if (ZERO.test(character)) return 0;
  return DOUBLE.test(character) ? 2 : 1;
}
