/** Help as wide as where it is read: what stands in two columns, examples, running text. */
import { displayWidth } from './width.js';

/** In a pipe, and where the terminal does not say how wide it is. */
export const USUAL_COLUMNS = 80;

const INDENT = 2;
const GAP = 2;
/** A narrower right column is put below the left one, indented by this. */
const BELOW = 6;
const NARROWEST = 30;

/** Lines of at most `columns`, broken at spaces; a longer word keeps a line of its own. */
export function wrapText(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/ +/)) {
    if (line !== '' && displayWidth(line) + 1 + displayWidth(word) > columns) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/**
 * Running text where it is read: lines that are wider than `columns` are broken at spaces, and go on as far
 * in as they began.
 */
export function wrapLines(text: string, columns = Infinity): string {
  const wrapped = text.split('\n').map((line) => {
    if (displayWidth(line) <= columns) return line;
    const [indent = ''] = /^ */.exec(line) ?? [];
    const pieces = wrapText(line.trimStart(), columns - indent.length);
    return pieces.map((piece) => indent + piece).join('\n');
  });
  return wrapped.join('\n');
}

/** The lines of a term and what it means: beside each other, or, where that is too narrow, below. */
export function describeTerm(
  term: string,
  meaning: string,
  { termWidth, columns }: { readonly termWidth: number; readonly columns: number },
): string[] {
  const indent = ' '.repeat(INDENT);
  if (meaning === '') return [indent + term];
  const left = INDENT + termWidth + GAP;
  const isBeside = columns - left >= NARROWEST;
  const margin = isBeside ? left : BELOW;
  const lines = wrapText(meaning, columns - margin).map((line) => ' '.repeat(margin) + line);
  if (!isBeside) return [...wrapTerm(term, columns), ...lines];
  if (term.length > termWidth) return [indent + term, ...lines];
  const [first = '', ...rest] = lines;
  return [indent + term.padEnd(termWidth + GAP) + first.slice(left), ...rest];
}

function wrapTerm(term: string, columns: number): string[] {
  const [first = '', ...rest] = wrapText(term, columns - BELOW);
  return [' '.repeat(INDENT) + first, ...rest.map((line) => ' '.repeat(BELOW) + line)];
}

/** What to type, and what it does, beside it where that fits. */
export function describeExamples(
  examples: readonly (readonly [line: string, what: string])[],
  columns: number,
): string {
  const width = Math.max(...examples.map(([line]) => line.length));
  const beside = examples.map(([line, what]) => `  ${line.padEnd(width)}  # ${what}`);
  const fits = beside.every((line) => line.length <= columns);
  const heading = examples.length === 1 ? 'Example:' : 'Examples:';
  const above = examples.flatMap(([line, what]) => [
    ...wrapText(what, columns - 4).map((text) => `  # ${text}`),
    ...continued(line, columns),
  ]);
  return `${heading}\n${(fits ? beside : above).join('\n')}`;
}

/** A command over several lines, as a shell reads them. */
function continued(command: string, columns: number): string[] {
  if (command.length + INDENT <= columns) return [' '.repeat(INDENT) + command];
  const pieces = wrapText(command, columns - BELOW - 2);
  return pieces.map((piece, i) => {
    const margin = ' '.repeat(i === 0 ? INDENT : BELOW);
    return margin + piece + (i < pieces.length - 1 ? ' \\' : '');
  });
}
