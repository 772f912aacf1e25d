/** An index of sources, snapshots and paths as plain data, for questions that never touch a disk. */
import { posix } from 'node:path';
import { bytesFromText, type ByteString } from '../../src/platform/bytes.js';
import { baseName, isBelow, parentOf } from '../../src/platform/paths.js';
import type { Index } from '../../src/repo/index/index.js';
import type { Snapshot, Source } from '../../src/repo/index/sources.js';
import type { SourceSnapshot } from '../../src/repo/operations/queries/sources.js';
import type { HeldRepository } from '../../src/repo/repository/held.js';
import { savedFile } from './nodes.js';

interface SourceHistory {
  readonly host?: string;
  readonly roots: readonly string[];
  /** Their numbers; each was taken as many seconds after 1970. */
  readonly snapshots: readonly number[];
  /** The snapshots that have a path: `[first, last)`, `last` 0: still current. Roots are always there. */
  readonly paths?: Readonly<Record<string, readonly (readonly [first: number, last: number])[]>>;
}

/** Sources are numbered from 1. `there`: what exists on disk; the working directory is `/here`. */
export function createHistory(sources: readonly SourceHistory[], there: readonly string[] = []) {
  const rows: { id: number; parent: number; name: string }[] = [];
  const ranges = new Map<number, readonly (readonly [number, number])[]>();
  const all: Source[] = sources.map(({ host = 'host', roots }, at) => ({
    id: at + 1,
    host,
    roots: roots.map(bytesFromText),
  }));
  const add = (parent: number, name: string): number => {
    const known = rows.find((row) => row.parent === parent && row.name === name);
    if (known) return known.id;
    rows.push({ id: rows.length + 1, parent, name });
    return rows.length;
  };
  for (const [at, { roots, paths = {} }] of sources.entries()) {
    const idOf = (path: string): number => {
      if (roots.includes(path)) return add(-(at + 1), path);
      if (!roots.some((root) => isBelow(path, root))) throw new Error(`${path} is below no root`);
      return add(idOf(parentOf(path)), baseName(path));
    };
    for (const root of roots) ranges.set(idOf(root), [[0, 0]]);
    for (const [path, of] of Object.entries(paths)) ranges.set(idOf(path), of);
  }
  const snapshots = sources.flatMap(({ snapshots: numbers }, at) =>
    numbers.map(
      (number) => ({ number, source: at + 1, startedMs: number * 1000 }) as unknown as Snapshot,
    ),
  );
  const ofSource = (id: number): Snapshot[] => snapshots.filter(({ source }) => source === id);
  const versionsOf = (path: number) =>
    (ranges.get(path) ?? []).map(([first, last]) => savedFile({ path, first, last }));
  const index = {
    sources: { all: () => all },
    snapshots: {
      all: () => snapshots.toSorted((a, b) => a.number - b.number),
      get: (number: number) => snapshots.find((one) => one.number === number),
      latest: (id: number) => ofSource(id).at(-1),
      ofSource,
    },
    versions: {
      pathId(parent: number | undefined, name: string) {
        if (parent === undefined) throw new Error('nothing is below what is not there');
        return rows.find((row) => row.parent === parent && row.name === name)?.id;
      },
      atPath: (path: number, number: number) =>
        versionsOf(path).find(
          ({ first, last }) => first <= number && (last === 0 || last > number),
        ),
    },
    history: {
      ofPath: versionsOf,
      snapshotTimes: (id: number) => ofSource(id).map((one) => [one.number, one.startedMs]),
    },
  } as unknown as Index;
  const platform = {
    files: {
      absolutePath: (path: string) => posix.resolve('/here', path),
      exists: (path: string) => there.includes(path),
    },
  } as unknown as HeldRepository['platform'];
  return {
    index,
    platform,
    held: { index, platform },
    sources: all,
    /** A source at one of its snapshots. */
    place(source: number, number: number): SourceSnapshot {
      return {
        source: all[source - 1]!,
        snapshot: snapshots.find((one) => one.number === number)!,
      };
    },
  };
}

export const asBytes = (path: string): ByteString => bytesFromText(path);
