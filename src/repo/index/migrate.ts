/**
 * Brings a database to the newest schema. Migrations are the numbered files of `migrations/`, each
 * one transaction, immutable once released; `user_version` is the number of the last one applied.
 */
import { fileURLToPath } from 'node:url';
import { CodedError } from '../../errors.js';
import { packageFile } from '../../platform/package-files.js';
import type { FileSystem } from '../../platform/files.js';
import type { Connection } from './connection.js';

const directory = fileURLToPath(packageFile('migrations'));

/** The schema that this version of Varve reads and writes. */
export const SCHEMA_VERSION = 1;

/** @throws CodedError FORMAT_UNKNOWN when the database is newer than this program */
export function migrate(db: Connection, path: string, mayWrite: boolean, files: FileSystem): void {
  const current = db.pragma('user_version', { simple: true }) as number;
  if (current === SCHEMA_VERSION) return;
  if (current > SCHEMA_VERSION) {
    throw new CodedError(
      'FORMAT_UNKNOWN',
      `The index ${path} has schema version ${current}; this version of Varve knows up to ${SCHEMA_VERSION}.`,
      { hint: 'Use the newer version of Varve that wrote it.' },
    );
  }
  if (!mayWrite) {
    throw new CodedError(
      'INDEX_OUTDATED',
      `The index ${path} has the old schema version ${current}.`,
      {
        hint: 'Run any writing command once, such as `varve backup`, to migrate it.',
      },
    );
  }
  for (const { number, file } of listMigrations(files)) {
    if (number > current) apply(db, number, files.readFile(`${directory}/${file}`).toString());
  }
}

/** The migration files in order. @throws Error when one is missing or there is one too many */
function listMigrations(files: FileSystem): { number: number; file: string }[] {
  const found = files
    .list(directory)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => ({ number: Number(file.slice(0, 4)), file }));
  if (found.length !== SCHEMA_VERSION || found.some(({ number }, index) => number !== index + 1)) {
    throw new Error(`migrations/ must hold 1 to ${SCHEMA_VERSION} without a gap`);
  }
  return found;
}

function apply(db: Connection, number: number, sql: string): void {
  db.transaction(() => {
    db.exec(sql);
    db.pragma(`user_version = ${number}`);
  }).immediate();
}
