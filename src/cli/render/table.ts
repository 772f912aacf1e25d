/** Plain text tables: a head, aligned columns, two spaces between them. */
import { displayWidth } from './width.js';

/** A column of a table of `Row`s. */
export interface Column<Row> {
  readonly head: string;
  /** Numbers and sizes go `right`; text, the default, `left`. */
  readonly align?: 'left' | 'right';
  /** The cell of a row; safe for where it is shown, colours allowed, no line breaks. */
  readonly cell: (row: Row) => string;
}

const GAP = '  ';

/** The lines of the table, head first, each ended by a line break; no trailing spaces. */
export function renderTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const lines = [
    columns.map(({ head }) => head),
    ...rows.map((row) => columns.map(({ cell }) => cell(row))),
  ];
  const widths = columns.map((_, i) => {
    return lines.reduce((widest, cells) => Math.max(widest, displayWidth(cells[i] ?? '')), 0);
  });
  return lines.map((cells) => renderLine(cells, columns, widths)).join('');
}

function renderLine(
  cells: readonly string[],
  columns: readonly Pick<Column<unknown>, 'align'>[],
  widths: readonly number[],
): string {
  const padded = cells.map((text, i) => {
    const padding = ' '.repeat((widths[i] ?? 0) - displayWidth(text));
    return columns[i]?.align === 'right' ? padding + text : text + padding;
  });
  return `${padded.join(GAP).trimEnd()}\n`;
}
