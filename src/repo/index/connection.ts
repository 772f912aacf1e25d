/** An open SQLite database, which never leaves this folder. */
import type Database from 'better-sqlite3';
import { sqliteModule } from '../../platform/native-modules.js';
import { withTextPath } from '../../platform/path-alias.js';

export type Connection = Database.Database;
export type Statement = Database.Statement;

/** Opens a database; SQLite finds out by itself where it really lies. */
export function connect(path: string, options: Database.Options = {}): Connection {
  return withTextPath(path, (text) => new (sqliteModule())(text, options));
}
