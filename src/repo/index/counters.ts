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
  /** Without a row in an index from before sources could go. */
  | 'source'
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
  const put = db.prepare(
    'INSERT INTO counter (name, value) VALUES (?, ?) ' +
      'ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  );
  const values = new Map<string, number>();
  const changed = new Set<string>();

  const reload = (): void => {
    changed.clear();
    values.clear();
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
      for (const name of changed) put.run(name, values.get(name));
      changed.clear();
    },
    reload,
  };
}
