import { expect, onTestFinished, test } from 'vitest';
import type { Connection } from '../../../src/repo/index/connection.js';
import { openDatabase } from '../../../src/repo/index/database.js';
import { History } from '../../../src/repo/index/history.js';
import { createNames } from '../../../src/repo/index/names.js';
import { makeRepository } from '../../support/repository.js';

/** The plans of the statements that `ask` prepares. */
function plansOf(ask: (db: Connection) => void): string[] {
  const { path, platform } = makeRepository();
  const connection = openDatabase(`${path}/index.sqlite`, 'read', platform.files);
  onTestFinished(() => void connection.close());
  const statements: string[] = [];
  const spy = new Proxy(connection, {
    get(db, key) {
      if (key !== 'prepare') return Reflect.get(db, key) as unknown;
      return (sql: string) => {
        statements.push(sql);
        return db.prepare(sql);
      };
    },
  });
  ask(spy);
  return statements.flatMap((sql) => {
    const values = sql.includes('@') ? [{ after: 1, upTo: 2 }] : sql.match(/\?/g)?.map(() => 1);
    const rows = connection.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...(values ?? []));
    return (rows as { detail: string }[]).map(({ detail }) => detail);
  });
}

test('what began within a range is found by its index, its path and its past by their keys', () => {
  const plans = plansOf((db) => [...new History(db).begunWithin({ after: 1, upTo: 2 })]);
  expect(plans).toEqual(
    expect.arrayContaining([
      'SEARCH v USING INDEX version_by_first (first>? AND first<?)',
      'SEARCH old USING PRIMARY KEY (path=? AND last>? AND last<?) LEFT-JOIN',
      'SEARCH p USING INTEGER PRIMARY KEY (rowid=?)',
      'SEARCH d USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN',
    ]),
  );
});

test('what is gone within a range is told by two indexes alone', () => {
  const plans = plansOf((db) => [...new History(db).goneWithin({ after: 1, upTo: 2 })]);
  expect(plans).toEqual(
    expect.arrayContaining([
      'SEARCH version USING COVERING INDEX version_by_last (last>? AND last<?)',
      'SEARCH version USING COVERING INDEX version_by_first (first>? AND first<?)',
      'SEARCH old USING PRIMARY KEY (path=? AND last>?)',
      'SEARCH p USING INTEGER PRIMARY KEY (rowid=?)',
      'SEARCH d USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN',
    ]),
  );
});

test('the versions of a path come by its key, without sorting', () => {
  const plans = plansOf((db) => new History(db).ofPath(1));
  expect(plans).toEqual(['SEARCH version USING PRIMARY KEY (path=?)']);
});

test('paths that are gone are found by the index of what ended', () => {
  const plans = plansOf((db) => new History(db).pathsWith({ isGone: true }));
  expect(plans).toContain('SEARCH v USING COVERING INDEX version_by_last (last>?)');
  expect(plans).toContain('SEARCH c USING PRIMARY KEY (path=? AND last=?)');
});

test('the versions of a blob and of a content come by their indexes', () => {
  const plans = plansOf((db) => {
    new History(db).ofBlob(1);
    new History(db).ofContent(1);
  });
  expect(plans).toContain('SEARCH version USING INDEX version_by_blob (blob=?)');
  expect(plans).toContain('SEARCH version USING INDEX version_by_content (content=?)');
});

test('names are searched in their index alone', () => {
  const plans = plansOf((db) => {
    const names = createNames(db);
    for (const type of ['equals', 'begins', 'holds', 'holds-folded'] as const) {
      Array.from(names.search({ type, bytes: Buffer.from('a') }));
    }
    Array.from(names.search({ type: 'any' }));
  });
  const plan = 'SEARCH path USING COVERING INDEX path_by_parent (parent>?)';
  expect(plans).toEqual([plan, plan, plan, plan, plan]);
});
