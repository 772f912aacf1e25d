/** Compares the table of floors in docs/architecture.md with what the linter enforces. */

/** What each floor may import besides itself, both by their paths below `src/`. */
export type Floors = ReadonlyMap<string, readonly string[]>;

/** A floor that may import whatever it likes has no zone in the linter. */
const ANYTHING = 'anything';

/** One of the linter's zones, as eslint-plugin-import-x takes them. */
export interface Zone {
  readonly target: string;
  readonly except: readonly string[];
}

/** The floors of the linter's zones. */
export function floorsOfZones(zones: readonly Zone[]): Floors {
  return new Map(
    zones.map(({ target, except }) => {
      const floor = target.replace('./src/', '');
      const others = except.map((path) => path.replace('./', '')).filter((path) => path !== floor);
      return [floor, others.sort()];
    }),
  );
}

/**
 * The floors of the page's table. A cell names floors by their paths (`src/repo/packs/`), or by the last
 * part of it where that is the only one (packs, thread failure); "types of" and "all of" are for readers.
 */
export function floorsOfTable(page: string): Floors {
  const [, rows = ''] = /^\| folder .*\n\|[ |-]*\n((?:\|.*\n)+)/m.exec(page) ?? [];
  const cells = rows
    .trimEnd()
    .split('\n')
    .map((row) =>
      row
        .split('|')
        .slice(1, 3)
        .map((cell) => cell.trim()),
    );
  const folders = cells.map(([folder = '']) => pathIn(folder));
  // A door, such as src/index.ts, is never meant by a short name.
  const named = folders.filter((_, index) => cells[index]?.[1] !== ANYTHING);
  return new Map(
    cells.flatMap(([, allowed = ''], index) => {
      if (allowed === ANYTHING) return [];
      const names = allowed === 'nothing' ? [] : allowed.split(',');
      return [[folders[index] ?? '', names.map((name) => resolve(pathIn(name), named)).sort()]];
    }),
  );
}

function pathIn(cell: string): string {
  const text = cell.trim().replace(/^(?:all|types) of /, '');
  return text
    .replaceAll('`', '')
    .replace(/^src\//, '')
    .replace(/\/$/, '')
    .replaceAll(' ', '-');
}

/** The folder that `name` is short for; a file within a floor stands for itself. */
function resolve(name: string, folders: readonly string[]): string {
  if (folders.includes(name)) return name;
  const longer = folders.filter((folder) => folder.replace(/\.ts$/, '').split('/').at(-1) === name);
  return longer.length === 1 ? (longer[0] ?? name) : name;
}

/** What one says and the other does not; empty when they agree. */
export function differences(page: Floors, linter: Floors): string[] {
  const folders = [...new Set([...page.keys(), ...linter.keys()])].sort();
  return folders.flatMap((folder) => {
    const [table, zone] = [page.get(folder), linter.get(folder)];
    if (!table) return [`${folder}: no row; the linter allows ${zone?.join(', ') ?? ''}`];
    if (!zone) return [`${folder}: not known to the linter`];
    if (table.join() === zone.join()) return [];
    return [`${folder}: the page says ${table.join(', ')}; the linter allows ${zone.join(', ')}`];
  });
}
