/** The line of a terminal that is drawn again and again. */

const CLEAR_LINE = '\r\x1b[K';

/** What takes away a line that was drawn, and what the terminal itself echoed (`^C`); '' for a file or pipe. */
export function clearLine({ isTTY }: { readonly isTTY?: boolean }): string {
  return isTTY === true ? CLEAR_LINE : '';
}
