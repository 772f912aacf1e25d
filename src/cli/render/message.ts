/** What Varve says on standard error: text is made safe first and coloured then, in this one place. */
import { escapeLines } from './names.js';
import { PLAIN_PALETTE, type Palette } from './colour.js';

/** A message and what belongs below it, each line ended; the program's name is marked red for a failure. */
export function formatMessage(
  text: string,
  below: readonly string[] = [],
  { red }: Pick<Palette, 'red'> = PLAIN_PALETTE,
): string {
  const lines = [text, ...below].map(escapeLines);
  return `${red('varve:')} ${lines.join('\n')}\n`;
}
