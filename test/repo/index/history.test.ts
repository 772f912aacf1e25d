import { expect, onTestFinished, test } from 'vitest';
import type { Connection } from '../../../src/repo/index/connection.js';
import { openDatabase } from '../../../src/repo/index/database.js';
import { History, NodeChange } from '../../../src/repo/index/history.js';
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

test('each column alone decides what a version changed, or nothing', () => {
  const { path, platform } = makeRepository();
  const db = openDatabase(`${path}/index.sqlite`, 'write', platform.files);
  onTestFinished(() => void db.close());
  const same = {
    ...{ type: 1, flags: 0, mode: 0o644, uid: 1, gid: 1, mtime_s: 1, mtime_ns: 1, ctime_s: 1 },
    ...{ ctime_ns: 1, btime_s: 1, btime_ns: 1, inode: 1, links: 0, rdev: 0, attributes: 0 },
    ...{ size: 5, link: null, blob: 1, content: null },
  };
  const columns = Object.keys(same);
  const expected: Record<string, NodeChange> = {
    type: NodeChange.type,
    ...Object.fromEntries(['blob', 'content', 'link'].map((name) => [name, NodeChange.content])),
    ...Object.fromEntries(
      ['mode', 'uid', 'gid', 'size', 'mtime_s', 'mtime_ns', 'attributes', 'rdev'].map((name) => [
        name,
        NodeChange.metadata,
      ]),
    ),
  };
  const insert = db.prepare(
    `INSERT INTO version (path, first, last, ${columns.join()})
     VALUES (?, ?, ?, ${columns.map(() => '?').join()})`,
  );
  columns.forEach((column, position) => {
    const id = position + 1;
    db.prepare('INSERT INTO path VALUES (?, -1, ?)').run(id, Buffer.from(column));
    const old = { ...same, [column]: column === 'link' ? Buffer.from('elsewhere') : 3 };
    insert.run(id, 1, 2, ...Object.values(old));
    insert.run(id, 2, 0, ...Object.values(same));
  });
  for (const [id, , name, , , change] of new History(db).begunWithin({ after: 1, upTo: 2 })) {
    expect([columns[id - 1], change]).toEqual([name, expected[name] ?? NodeChange.none]);
  }
});
