/** High-water marks: ids and numbers are given out once, even when what had them is gone. */
import type { Connection } from './connection.js';

type CounterName =
  | 'path'
  | 'links'
  | 'attributes'
  | 'blob'
  | 'content'
  | 'frame'
  | 'pack'
  | 'snapshot'
  | 'generation';

export interface Counters {
  /** The next unused value. */
  next(name: CounterName): number;
  /** The last value given out. */
  last(name: CounterName): number;
  /** Raises the mark to at least `value`. */
  raise(name: CounterName, value: number): void;
  /** Writes what was given out since the last call; part of the caller's transaction. */
  save(): void;
  /** Forgets what was not saved, after a rollback. */
  reload(): void;
}

export function createCounters(db: Connection): Counters {
  const selectAll = db.prepare('SELECT name, value FROM counter').raw();
  const update = db.prepare('UPDATE counter SET value = ? WHERE name = ?');
  const values = new Map<string, number>();
  const changed = new Set<string>();

  const reload = (): void => {
    changed.clear();
    for (const [name, value] of selectAll.all() as [string, number][]) values.set(name, value);
  };
  const raise = (name: CounterName, value: number): void => {
    if (value <= (values.get(name) ?? 0)) return;
    values.set(name, value);
    changed.add(name);
  };
  reload();

  return {
    next(name) {
      const value = (values.get(name) ?? 0) + 1;
      raise(name, value);
      return value;
    },
    last: (name) => values.get(name) ?? 0,
    raise,
    save() {
      for (const name of changed) update.run(values.get(name), name);
      changed.clear();
    },
    reload,
  };
}
