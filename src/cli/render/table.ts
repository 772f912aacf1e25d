/** Plain text tables: a head, aligned columns, two spaces between them; facts beside their names. */
import { wrapText } from './help.js';
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
/** Before what did not fit beside the rest of its row. */
const INDENT = '    ';

/**
 * The lines of the table, head first, each ended by a line break; no trailing spaces. Where `width` is
 * known, that of a terminal, columns that do not fit beside the others go below them, and so does a text
 * at the end of a row that is too long for it; nothing is cut. A column with nothing in it is left out.
 */
export function renderTable<Row>(
  allColumns: readonly Column<Row>[],
  rows: readonly Row[],
  width = Infinity,
): string {
  const columns = allColumns.filter(
    ({ cell }) => rows.length === 0 || rows.some((row) => cell(row) !== ''),
  );
  const lines = [
    columns.map(({ head }) => head),
    ...rows.map((row) => columns.map(({ cell }) => cell(row))),
  ];
  const widths = columns.map((_, i) => {
    return lines.reduce((widest, cells) => Math.max(widest, displayWidth(cells[i] ?? '')), 0);
  });
  const groups = groupColumns(columns, widths, width);
  return lines
    .flatMap((cells) => groups.flatMap((group) => renderGroup(cells, group, width)))
    .map((line) => `${line}\n`)
    .join('');
}

/** A column in its line: where its cells stand among those of the row, and how. */
interface Placed {
  readonly at: number;
  readonly width: number;
  readonly align: 'left' | 'right';
  /** Text at the end of a row: it is no wider than it is, and may go below by itself. */
  readonly isLoose: boolean;
}

/** The columns that stand beside each other. */
interface Group {
  readonly indent: string;
  readonly columns: readonly Placed[];
}

function groupColumns(
  columns: readonly Pick<Column<unknown>, 'align' | 'head'>[],
  widths: readonly number[],
  width: number,
): Group[] {
  const groups: { indent: string; columns: Placed[] }[] = [{ indent: '', columns: [] }];
  let used = 0;
  for (const [at, { align = 'left', head }] of columns.entries()) {
    const isLoose = at === columns.length - 1 && align === 'left';
    const needed = isLoose ? displayWidth(head) : (widths[at] ?? 0);
    let group = groups.at(-1);
    const isFirst = !group || group.columns.length === 0;
    if (!group || (!isFirst && used + GAP.length + needed > width)) {
      group = { indent: INDENT, columns: [] };
      groups.push(group);
      used = INDENT.length;
    } else if (!isFirst) {
      used += GAP.length;
    }
    used += needed;
    group.columns.push({ at, width: widths[at] ?? 0, align, isLoose });
  }
  return groups;
}

function renderGroup(
  cells: readonly string[],
  { indent, columns }: Group,
  width: number,
): string[] {
  const padded = columns.map(({ at, width: cellWidth, align, isLoose }) => {
    const text = cells[at] ?? '';
    const padding = isLoose ? '' : ' '.repeat(cellWidth - displayWidth(text));
    return align === 'right' ? padding + text : text + padding;
  });
  const line = (indent + padded.join(GAP)).trimEnd();
  const isLoose = columns.at(-1)?.isLoose === true && columns.length > 1;
  if (displayWidth(line) <= width || !isLoose) return [line];
  return [(indent + padded.slice(0, -1).join(GAP)).trimEnd(), INDENT + (padded.at(-1) ?? '')];
}

/** Facts, each below the other beside its name; `width`: that of a terminal. */
export function renderFacts(
  facts: readonly (readonly [name: string, fact: string])[],
  nameWidth: number,
  width = Infinity,
): string {
  return facts
    .map(([name, fact]) => {
      const lines = wrapText(fact, Math.max(1, width - nameWidth));
      const [first = '', ...rest] = lines.map((line) => `${line}\n`);
      return [name.padEnd(nameWidth) + first, ...rest.map((line) => ' '.repeat(nameWidth) + line)];
    })
    .flat()
    .join('');
}
