/** Colour for people: only on a terminal that has it, and never against `NO_COLOR`. */

/** Marks a piece of text; without colour each gives the text back. */
export interface Palette {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
}

export const PLAIN_PALETTE: Palette = {
  bold: same,
  dim: same,
  red: same,
  green: same,
  yellow: same,
};

const COLOURED: Palette = {
  bold: sgr(1, 22),
  dim: sgr(2, 22),
  red: sgr(31, 39),
  green: sgr(32, 39),
  yellow: sgr(33, 39),
};

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Whether a stream takes colour. `NO_COLOR` with any value but the empty one turns it off
 * (https://no-color.org), and so does a dumb terminal.
 */
export function hasColour(stream: { readonly isTTY?: boolean }, env: Environment): boolean {
  const { NO_COLOR: noColor = '', TERM: term } = env;
  return stream.isTTY === true && noColor === '' && term !== 'dumb';
}

export function paletteFor(stream: { readonly isTTY?: boolean }, env: Environment): Palette {
  return hasColour(stream, env) ? COLOURED : PLAIN_PALETTE;
}

function same(text: string): string {
  return text;
}

function sgr(on: number, off: number): (text: string) => string {
  return (text) => `\x1b[${on}m${text}\x1b[${off}m`;
}
