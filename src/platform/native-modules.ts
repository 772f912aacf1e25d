/**
 * The native modules, each loaded when it is first needed. One that is missing or does not fit this
 * machine is a fault of the installation, never one of the data: it has an error of its own, which no
 * reader of packs takes for damage.
 */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type Blake from '@napi-rs/blake-hash';
import type Sqlite from 'better-sqlite3';
import type Zstd from 'zstd-napi/binding.js';
import { CodedError } from '../errors.js';
import { packageFile } from './package-files.js';
import { once } from './once.js';
import { explainRefusal } from './refusals.js';
import { missingRequirement } from './requirements.js';

/** From here on SQLite's WAL-reset bug, which loses committed pages, is fixed. */
const MIN_SQLITE = '3.51.3';

/** The part of koffi's compiled half that `libc.ts` uses; koffi's own half only warns of old names. */
export interface Koffi {
  load(path: string): { func(declaration: string): (...values: unknown[]) => number };
  errno(): number;
  address(memory: Uint8Array): bigint;
}

const requireModule = createRequire(import.meta.url);

/** BLAKE3, 5 ms. @throws CodedError NATIVE_MODULE_UNUSABLE */
export const blakeModule = once(() => load<typeof Blake>('@napi-rs/blake-hash'));

/** Calls of libc. @throws CodedError NATIVE_MODULE_UNUSABLE */
export const koffiModule = once(() => load<Koffi>(`@koromix/koffi-linux-${process.arch}`));

/** SQLite, new enough to keep what it commits. @throws CodedError NATIVE_MODULE_UNUSABLE, SQLITE_TOO_OLD */
export const sqliteModule: () => typeof Sqlite = once(() =>
  load<typeof Sqlite>('better-sqlite3', (Database) => {
    // The package loads its binary when the first database is opened.
    const database = new Database(':memory:');
    const version = database.prepare('SELECT sqlite_version()').pluck().get() as string;
    database.close();
    checkSqliteVersion(version);
  }),
);

/** zstd: the build puts its binary into the package. @throws CodedError NATIVE_MODULE_UNUSABLE */
export const zstdModule = once(() => {
  const file = `dist/native/zstd-${process.platform}-${process.arch}.node`;
  return load<typeof Zstd>(fileURLToPath(packageFile(file)));
});

/** @throws CodedError SQLITE_TOO_OLD */
export function checkSqliteVersion(version: string): void {
  if (version.localeCompare(MIN_SQLITE, 'en', { numeric: true }) >= 0) return;
  throw new CodedError('SQLITE_TOO_OLD', `SQLite ${version} can lose committed data.`, {
    hint: `Reinstall Varve with its own dependencies: it needs SQLite ${MIN_SQLITE} or newer.`,
  });
}

/** `id`: a package, or the path of a binary. `check` throws when it is loaded but of no use. */
function load<Module>(id: string, check: (module: Module) => void = () => undefined): Module {
  const missing = missingRequirement(process.versions.node, process.platform);
  if (missing) throw new CodedError(missing.code, missing.message, { hint: missing.hint });
  try {
    const module = requireModule(id) as Module;
    check(module);
    return module;
  } catch (cause) {
    if (cause instanceof CodedError) throw cause;
    // The limit of open files, or of memory, is no fault of the installation.
    throw explainRefusal(cause, { name: id }) ?? unusable(id, cause);
  }
}

function unusable(id: string, cause: unknown): CodedError {
  const why = cause instanceof Error ? (cause.message.split('\n', 1)[0] ?? '') : String(cause);
  const machine = `${process.platform} ${process.arch}, Node ${process.versions.node}`;
  return new CodedError(
    'NATIVE_MODULE_UNUSABLE',
    `Part of Varve cannot be loaded on this machine (${machine}): ${id}: ${why}`,
    {
      hint: 'Reinstall Varve on this machine, with its optional dependencies. Your data is not affected.',
      cause,
    },
  );
}
