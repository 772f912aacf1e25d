/** The lines of `varve diff`: letters, sizes, renames and what they add up to. */
import type { Change, ChangeType } from '../../store.js';
import { formatBytes } from './bytes.js';
import type { Palette } from './colour.js';
import { count } from '../../platform/count.js';
import { formatName, jsonPath } from './names.js';

/** The letters of `restic diff`, and R for a rename. */
const LETTERS: Readonly<Record<Kind, string>> = {
  added: '+',
  removed: '-',
  modified: 'M',
  metadata: 'U',
  type: 'T',
  renamed: 'R',
};

/** As wide as `+1023 KiB`. */
const SIZE_COLUMNS = 9;

/** Whether the line of a change is said with that of another: where a file was renamed to. */
export function isToldElsewhere({ renamedTo }: Change): boolean {
  return renamedTo !== undefined;
}

/** `M    +12 B  /path`: the letter, by how much its bytes changed, the path. */
export function describeChange(change: Change, palette: Palette): string {
  const { path, renamedFrom } = change;
  const name = formatName(path);
  if (renamedFrom !== undefined) {
    const size = formatBytes(change.sizeAfter ?? 0).padStart(SIZE_COLUMNS);
    return `${LETTERS.renamed}  ${size}  ${formatName(renamedFrom)} -> ${name}`;
  }
  const line = `${LETTERS[change.change]}  ${formatGrowth(change).padStart(SIZE_COLUMNS)}  ${name}`;
  if (change.change === 'added') return palette.green(line);
  return change.change === 'removed' ? palette.red(line) : line;
}

/** Signed; empty where no file is on either side, or where its bytes are the same. */
function formatGrowth({ change, sizeBefore, sizeAfter }: Change): string {
  if (change === 'metadata' || (sizeBefore === undefined && sizeAfter === undefined)) return '';
  const growth = (sizeAfter ?? 0) - (sizeBefore ?? 0);
  return formatSigned(growth, growth < 0 || change === 'removed');
}

function formatSigned(bytes: number, isLoss = bytes < 0): string {
  return `${isLoss ? '-' : '+'}${formatBytes(Math.abs(bytes))}`;
}

/** `2 added, 1 modified, 1 renamed: +12 B`: paths of every kind, and what files grew by. */
export function summariseChanges(changes: readonly Change[]): string {
  const told = changes.filter((change) => !isToldElsewhere(change));
  const parts = WORDS.flatMap(([kind, words]) => {
    const number = told.filter((change) => kindOf(change) === kind).length;
    return number > 0 ? [`${number} ${words}`] : [];
  });
  const growth = changes.reduce(
    (sum, { sizeBefore = 0, sizeAfter = 0 }) => sum + sizeAfter - sizeBefore,
    0,
  );
  return `${parts.join(', ')}: ${formatSigned(growth)}`;
}

type Kind = ChangeType | 'renamed';

const WORDS: readonly (readonly [Kind, string])[] = [
  ['added', 'added'],
  ['removed', 'removed'],
  ['modified', 'modified'],
  ['renamed', 'renamed'],
  ['type', 'of another type'],
  ['metadata', 'with other metadata'],
];

function kindOf({ change, renamedFrom }: Change): Kind {
  return renamedFrom === undefined ? change : 'renamed';
}

/** What `--stat` says of lines. */
export function summariseLines(added: number, removed: number): string {
  return `${count(added, 'line')} added, ${removed} removed`;
}

export function changeDocument(change: Change): object {
  const { path, sizeBefore, sizeAfter, renamedFrom, renamedTo } = change;
  return {
    ...jsonPath(path),
    change: change.change,
    ...(sizeBefore !== undefined && { size_before: sizeBefore }),
    ...(sizeAfter !== undefined && { size_after: sizeAfter }),
    ...(renamedFrom !== undefined && { renamed_from: jsonPath(renamedFrom).path }),
    ...(renamedTo !== undefined && { renamed_to: jsonPath(renamedTo).path }),
  };
}
