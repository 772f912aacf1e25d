/** What Varve says on standard error: text is made safe first and coloured then, in this one place. */
import { escapeLines } from './names.js';
import { PLAIN_PALETTE, type Palette } from './colour.js';
import { wrapLines } from './help.js';

const PROGRAM = 'varve:';

/**
 * A message and what belongs below it, each line ended; the program's name is marked red for a failure.
 * `columns`: those of a terminal.
 */
export function formatMessage(
  text: string,
  below: readonly string[] = [],
  { red }: Pick<Palette, 'red'> = PLAIN_PALETTE,
  columns?: number,
): string {
  const lines = [`${PROGRAM} ${text}`, ...below].map(escapeLines).join('\n');
  return `${red(PROGRAM)}${wrapLines(lines, columns).slice(PROGRAM.length)}\n`;
}
