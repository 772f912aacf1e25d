import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { APPLICATION_ID, openDatabase } from '../../../src/repo/index/database.js';
import { SCHEMA_VERSION } from '../../../src/repo/index/migrate.js';
import { openFileSystem, type FileSystem } from '../../../src/platform/files.js';
import { scratchDirectory } from '../../support/directory.js';

const real = openFileSystem();
const newIndex = (files: FileSystem = real) => {
  const path = `${scratchDirectory()}/index.sqlite`;
  return { path, create: () => openDatabase(path, 'create', files) };
};
/** A file system in which `migrations/` holds `names`. */
const withMigrations = (names: string[]): FileSystem => ({ ...real, list: () => names });

describe('a new index', () => {
  test('has the newest schema, our mark, and commits that last', () => {
    const { create } = newIndex();
    const db = create();
    expect(db.pragma('user_version', { simple: true })).toBe(SCHEMA_VERSION);
    expect(db.pragma('application_id', { simple: true })).toBe(APPLICATION_ID);
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(db.pragma('synchronous', { simple: true })).toBe(2);
    expect(db.pragma('trusted_schema', { simple: true })).toBe(0);
    db.close();
  });

  test('opens again without migrating', () => {
    const { path, create } = newIndex();
    create().close();
    const noFiles: FileSystem = {
      ...real,
      list: () => {
        throw new Error('no migration is looked for');
      },
    };
    openDatabase(path, 'write', noFiles).close();
    openDatabase(path, 'read', noFiles).close();
  });
});

describe('migrations', () => {
  test.each([
    ['missing', []],
    ['one too many', ['0001-initial.sql', '0002-more.sql']],
    ['with another number', ['0002-initial.sql']],
    ['twice the same', ['0001-initial.sql', '0001-other.sql']],
  ])('%s are refused, and nothing is changed', (_, names) => {
    const { path, create } = newIndex(withMigrations(names));
    expect(create).toThrow(`migrations/ must hold 1 to ${SCHEMA_VERSION} without a gap`);
    const db = new Database(path);
    expect(db.pragma('user_version', { simple: true })).toBe(0);
    expect(db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get()).toBe(0);
    db.close();
  });

  test('are all or nothing: one that fails leaves the schema before it', () => {
    const { path, create } = newIndex({
      ...real,
      readFile: () => Buffer.from('CREATE TABLE one (id INTEGER) STRICT; CREATE nonsense'),
    });
    expect(create).toThrow('syntax error');
    const db = new Database(path);
    expect(db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get()).toBe(0);
    db.close();
  });

  test('beside other files: only .sql counts', () => {
    const { create } = newIndex(withMigrations(['README.md', '0001-initial.sql']));
    create().close();
  });
});

describe('an index that is not ours to read', () => {
  const spoil = (statement: string) => {
    const { path, create } = newIndex();
    const db = create();
    db.exec(statement);
    db.close();
    return path;
  };

  test('newer than this program', () => {
    const path = spoil('PRAGMA user_version = 99');
    expect(() => openDatabase(path, 'write', real)).toThrow(
      expect.objectContaining({
        code: 'FORMAT_UNKNOWN',
        message: `The index ${path} has schema version 99; this version of Varve knows up to ${SCHEMA_VERSION}.`,
        hint: 'Use the newer version of Varve that wrote it.',
      }),
    );
  });

  test.each(['write', 'read'] as const)('newer by one, opened to %s', (mode) => {
    const path = spoil(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
    expect(() => openDatabase(path, mode, real)).toThrow(
      expect.objectContaining({ code: 'FORMAT_UNKNOWN' }),
    );
  });

  test('older, where it may not be written', () => {
    const path = spoil('PRAGMA user_version = 0');
    expect(() => openDatabase(path, 'read', real)).toThrow(
      expect.objectContaining({
        code: 'INDEX_OUTDATED',
        message: `The index ${path} has the old schema version 0.`,
      }),
    );
  });

  test('of another program', () => {
    const path = spoil('PRAGMA application_id = 1');
    expect(() => openDatabase(path, 'write', real)).toThrow(
      expect.objectContaining({
        code: 'INDEX_CORRUPT',
        message: `${path} is not the index of a Varve repository.`,
      }),
    );
  });

  test('missing', () => {
    expect(() => openDatabase('/nowhere/index.sqlite', 'read', real)).toThrow(
      expect.objectContaining({
        code: 'INDEX_MISSING',
        message: 'The index /nowhere/index.sqlite does not exist.',
      }),
    );
  });
});
