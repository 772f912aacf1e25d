import * as fs from 'node:fs';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { openIndex } from '../../../src/repo/index/index.js';
import { openFileSystem } from '../../../src/platform/files.js';
import { scratchDirectory } from '../../support/directory.js';

const files = openFileSystem();
const set = (text: string): Uint8Array => Buffer.from(text);

/** An index that is open for writing, and another process's view of it. */
function prepare() {
  const path = `${scratchDirectory()}/index.sqlite`;
  const index = openIndex(path, 'create', files);
  const reader = openIndex(path, 'read', files);
  const count = (): number => {
    const db = new Database(path, { readonly: true });
    try {
      return db.prepare('SELECT count(*) FROM source').pluck().get() as number;
    } finally {
      db.close();
    }
  };
  return { path, index, reader, count };
}

describe('a transaction', () => {
  test('is there for all when it is committed, with the counters', () => {
    const { path, index, reader, count } = prepare();
    index.begin();
    index.sources.add('host', []);
    index.counters.next('generation');
    expect(count()).toBe(0);
    index.commit();
    expect(count()).toBe(1);
    index.close();
    reader.close();
    const again = openIndex(path, 'write', files);
    expect([again.counters.last('source'), again.counters.last('generation')]).toEqual([1, 1]);
    again.close();
  });

  test('that is rolled back leaves nothing, neither rows nor counters nor sets', () => {
    const { index, reader, count } = prepare();
    index.begin();
    index.counters.next('generation');
    index.attributes.idOf(set('kept'));
    index.commit();
    index.begin();
    index.sources.add('host', []);
    index.counters.next('generation');
    expect(index.attributes.idOf(set('lost'))).toBe(2);
    index.rollback();
    expect(count()).toBe(0);
    expect(index.counters.last('generation')).toBe(1);
    index.begin();
    expect(index.attributes.idOf(set('other'))).toBe(2);
    expect(index.attributes.idOf(set('lost'))).toBe(3);
    index.commit();
    expect(Buffer.from(index.attributes.get(3)).toString()).toBe('lost');
    index.close();
    reader.close();
  });

  test('that has ended, or never began, can be rolled back', () => {
    const { index, reader } = prepare();
    expect(() => index.rollback()).not.toThrow();
    index.begin();
    index.commit();
    expect(() => index.rollback()).not.toThrow();
    index.close();
    reader.close();
  });

  test('keeps all other writers away from its beginning', () => {
    const { path, index, reader } = prepare();
    const other = openIndex(path, 'write', files);
    other.neverWait();
    index.begin();
    expect(() => other.begin()).toThrow(/locked|busy/);
    index.rollback();
    other.begin();
    other.rollback();
    for (const one of [other, index, reader]) one.close();
  });
});

describe('a question', () => {
  test('sees one state, whatever is committed, and the next one the newest', () => {
    const { index, reader } = prepare();
    const seen = () => ({
      sources: reader.sources.all().length,
      generation: reader.counters.last('generation'),
    });
    const write = (host: string): void => {
      index.begin();
      index.sources.add(host, []);
      index.counters.next('generation');
      index.commit();
    };
    write('one');
    reader.beginQuery();
    expect(seen()).toEqual({ sources: 1, generation: 1 });
    write('other');
    expect(seen()).toEqual({ sources: 1, generation: 1 });
    reader.endQuery();
    reader.beginQuery();
    expect(seen()).toEqual({ sources: 2, generation: 2 });
    reader.endQuery();
    reader.endQuery();
    index.close();
    reader.close();
  });

  test('does not know the sets of another state', () => {
    const { index, reader } = prepare();
    const write = (text: string): void => {
      index.begin();
      index.attributes.idOf(set(text));
      index.commit();
    };
    write('first');
    reader.beginQuery();
    expect(Buffer.from(reader.attributes.get(1)).toString()).toBe('first');
    expect(reader.attributes.get(2).length).toBe(0);
    reader.endQuery();
    write('second');
    reader.beginQuery();
    expect(Buffer.from(reader.attributes.get(2)).toString()).toBe('second');
    reader.endQuery();
    index.close();
    reader.close();
  });
});

describe('closing', () => {
  test('moves the log into the database, though another has it open', () => {
    const { path, index, reader } = prepare();
    index.begin();
    index.sources.add('host', []);
    index.commit();
    index.close();
    // Without its log the database is whole.
    fs.copyFileSync(path, `${path}-copy`);
    const copy = new Database(`${path}-copy`, { readonly: true });
    expect(copy.prepare('SELECT count(*) FROM source').pluck().get()).toBe(1);
    copy.close();
    reader.close();
  });

  test('waits for no reader, and keeps what could not be moved', () => {
    const { path, index, reader, count } = prepare();
    reader.beginQuery();
    expect(reader.sources.all()).toEqual([]);
    index.begin();
    index.sources.add('host', []);
    index.commit();
    index.close();
    expect(reader.sources.all()).toEqual([]);
    reader.endQuery();
    reader.close();
    expect(count()).toBe(1);
    const again = openIndex(path, 'write', files);
    expect(again.sources.all().length).toBe(1);
    again.close();
  });

  test('one that was built leaves it with a log from then on', () => {
    const path = `${scratchDirectory()}/index.sqlite`;
    const built = openIndex(path, 'build', files);
    built.begin();
    built.sources.add('host', []);
    built.commit();
    expect(fs.existsSync(`${path}-wal`)).toBe(false);
    built.close();
    const db = new Database(path);
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(db.prepare('SELECT count(*) FROM source').pluck().get()).toBe(1);
    db.close();
  });
});

test('each group of questions is made once', () => {
  const { index, reader } = prepare();
  const names = ['history', 'names', 'statistics', 'audit', 'compaction', 'removal'] as const;
  for (const name of names) expect(index[name]).toBe(index[name]);
  expect(new Set(names.map((name) => index[name])).size).toBe(names.length);
  // It remembers every directory, so each question has its own.
  expect(index.placePaths()).not.toBe(index.placePaths());
  index.close();
  reader.close();
});
