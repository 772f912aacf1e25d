/**
 * What the system refuses, as coded errors that name the place and say what to do: the one home of these
 * words, whether Node, libc, SQLite or a worker thread tells it.
 */
import * as fs from 'node:fs';
import { dirname, resolve } from 'node:path';
import { CodedError, type ErrorCode } from '../errors.js';
import { systemPath } from './bytes.js';
import { isWithin } from './paths.js';
import { sqliteCode, systemErrorCode } from './system-errors.js';

/** Where something was refused. */
export interface Place {
  /** In a sentence: `the repository /mnt/disk/backups`. */
  readonly name: string;
  /** A directory, or one file: the database, for what SQLite says. */
  readonly path?: string;
  /** What to add to the advice for a full disk: what else may help, what was done until then. */
  readonly whenFull?: string;
  /** Of a repository: what it is used for, and what a refused permission means. */
  readonly access?: 'read' | 'write';
}

interface Explanation {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
}

/** `said`: the system's own words. */
type Explain = (place: Place, said: string) => Explanation;

/**
 * The refusal in our own words. Undefined for every other error, and for codes that say nothing without
 * the call (`ENOENT`).
 */
export function explainRefusal(error: unknown, place: Place): CodedError | undefined {
  if (error instanceof CodedError || !(error instanceof Error)) return undefined;
  const where = placeOf(error, place);
  const code = refusalCode(error, place.path);
  const explain = code === undefined ? undefined : explanationOf(code, where);
  if (code === undefined || !explain) return undefined;
  const { code: ours, message, hint } = explain(where, saidBy(error, code));
  return new CodedError(ours, message, { hint, cause: error });
}

function saidBy(error: Error, code: string): string {
  const { message, path } = error as NodeJS.ErrnoException & Error;
  const said = message.startsWith(code) ? message : `${code}: ${message}`;
  return path === undefined || message.includes(path) ? said : `${said} '${path}'`;
}

/** The place that the error names, if it is another one. */
function placeOf(error: Error, place: Place): Place {
  const { path } = error as NodeJS.ErrnoException;
  if (path?.startsWith('/') !== true) return place;
  const isWithinPlace = place.path !== undefined && isWithin(path, resolve(place.path));
  return isWithinPlace ? place : { name: path, path };
}

/** What `action` gives. @throws CodedError, in our own words, where the system refuses something */
export function explaining<T>(place: Place, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw explainRefusal(error, place) ?? error;
  }
}

const diskFull =
  (advice: string): Explain =>
  ({ name, whenFull = '' }) => ({
    code: 'DISK_FULL',
    message: `No space is left for ${name}.`,
    hint: `${advice}${whenFull}.`,
  });

const fileTooLarge: Explain = ({ name }, said) => ({
  code: 'FILE_SIZE_LIMIT',
  message: `${capitalized(name)} cannot grow any further (${said}).`,
  hint: 'Raise the limit with `ulimit -f unlimited`, or use a file system that takes larger files.',
});

const tooManyFiles: Explain = () => {
  const limit = limitOf('Max open files');
  const known = limit === undefined ? '' : `: the limit of this process is ${limit}`;
  return {
    code: 'OPEN_FILES_LIMIT',
    message: `No more files may be opened${known}.`,
    hint: 'Raise the limit with `ulimit -n 1024`, then run the command again.',
  };
};

const diskFailed: Explain = ({ name }, said) => ({
  code: 'DISK_FAILED',
  message: `The disk or file system of ${name} failed (${said}).`,
  hint: 'See what `dmesg` says of it, and check its connection; if it may be dying, copy what matters first.',
});

const locksFailed: Explain = ({ name }, said) => ({
  code: 'DISK_FAILED',
  message: `The file system of ${name} does not lock files (${said}).`,
  hint: 'Mount it with locks, or keep the repository on another file system.',
});

const noMemory: Explain = (_, said) => ({
  code: 'OUT_OF_MEMORY',
  message: `The system has no memory left (${said}).`,
  hint: 'Free memory, or give fewer --jobs.',
});

const locked: Explain = ({ name }) => ({
  code: 'REPOSITORY_LOCKED',
  message: `Another process keeps ${name} locked.`,
  hint: 'Try again once it has finished, or give --lock-wait 10m to wait for it.',
});

const indexDamaged: Explain = ({ name }) => ({
  code: 'INDEX_CORRUPT',
  message: `${capitalized(name)} is damaged.`,
  hint: 'Run `varve repair --rebuild-index` to rebuild it from the packs.',
});

const readOnly: Explain = ({ name }, said) => ({
  code: 'REPOSITORY_READ_ONLY',
  message: `${capitalized(name)} cannot be written to (${said}).`,
  hint: 'Check its owner and permissions, and whether its file system is mounted read-only.',
});

const unreadable: Explain = ({ name }, said) => ({
  code: 'REPOSITORY_UNREADABLE',
  message: `${capitalized(name)} cannot be read (${said}).`,
  hint: 'Check the owner and the permissions of its files.',
});

const EXPLANATIONS: Readonly<Record<string, Explain>> = {
  ENOSPC: diskFull('Free space on its file system'),
  EDQUOT: diskFull('The quota of this user is used up: free space within it, or have it raised'),
  EFBIG: fileTooLarge,
  EMFILE: tooManyFiles,
  ENFILE: tooManyFiles,
  ENOMEM: noMemory,
  EIO: diskFailed,
  EBADMSG: diskFailed,
  EHOSTDOWN: diskFailed,
  EMEDIUMTYPE: diskFailed,
  ENODEV: diskFailed,
  ENOKEY: diskFailed,
  ENOLINK: diskFailed,
  ENOMEDIUM: diskFailed,
  ENOTCONN: diskFailed,
  EREMOTEIO: diskFailed,
  ESTALE: diskFailed,
  EUCLEAN: diskFailed,
  ENOLCK: locksFailed,
  // SQLite's, where the system says no more.
  SQLITE_FULL: diskFull('Free space on its file system'),
  SQLITE_IOERR: diskFailed,
  SQLITE_CANTOPEN: diskFailed,
  SQLITE_NOMEM: noMemory,
  SQLITE_CORRUPT: indexDamaged,
  SQLITE_NOTADB: indexDamaged,
  SQLITE_BUSY: locked,
  SQLITE_LOCKED: locked,
  SQLITE_PROTOCOL: locked,
  SQLITE_READONLY: readOnly,
  SQLITE_PERM: readOnly,
  SQLITE_AUTH: readOnly,
};

const NOT_PERMITTED: readonly string[] = ['EACCES', 'EPERM', 'EROFS'];
const BY_ACCESS = { read: unreadable, write: readOnly };

function explanationOf(code: string, { access }: Place): Explain | undefined {
  if (NOT_PERMITTED.includes(code)) return access && BY_ACCESS[access];
  return EXPLANATIONS[code] ?? EXPLANATIONS[/^SQLITE_[A-Z]+/.exec(code)?.[0] ?? ''];
}

function refusalCode(error: Error, path: string | undefined): string | undefined {
  const sqlite = sqliteCode(error);
  if (sqlite === undefined) return systemErrorCode(error) ?? limitInWords(error);
  if (sqlite.startsWith('SQLITE_IOERR_NOMEM')) return 'SQLITE_NOMEM';
  if (sqlite.startsWith('SQLITE_IOERR_LOCK')) return 'ENOLCK';
  if (sqlite === 'SQLITE_ERROR' && /^no such (table|column)/.test(error.message)) {
    return 'SQLITE_CORRUPT';
  }
  const mayKnowMore = path !== undefined && /^SQLITE_(IOERR|CANTOPEN|READONLY)/.test(sqlite);
  const code = (mayKnowMore ? askSystem(path) : undefined) ?? sqlite;
  const mayBeTooLarge = /^SQLITE_IOERR_(WRITE|TRUNCATE|SHM)/.test(code);
  return mayBeTooLarge && limitOf('Max file size') !== undefined ? 'EFBIG' : code;
}

/** Node's loader of modules and its worker threads say it without a code. */
function limitInWords({ message }: Error): string | undefined {
  return /\bEMFILE\b|too many open files/i.test(message) ? 'EMFILE' : undefined;
}

/** As many as SQLite opens for one database, and one. */
const PROBE_FILES = 4;
const PROBE_BYTES = 32 * 1024;

/**
 * What the system says when it is asked for what SQLite may have asked it: SQLite keeps the reason to
 * itself. The database is not opened: to close it again would give up this process's locks on it.
 */
function askSystem(path: string): string | undefined {
  const found = fs.statSync(systemPath(path), { throwIfNoEntry: false });
  if (found?.isFile() === false) return 'SQLITE_NOTADB';
  const directory = systemPath(dirname(path));
  const probe = systemPath(`${dirname(path)}/.varve-probe-${process.pid}`);
  const open: number[] = [];
  let isMade = false;
  try {
    if (found) fs.accessSync(systemPath(path), fs.constants.R_OK | fs.constants.W_OK);
    while (open.length < PROBE_FILES) open.push(fs.openSync(directory, fs.constants.O_RDONLY));
    const descriptor = fs.openSync(probe, 'wx', 0o600);
    open.push(descriptor);
    isMade = true;
    fs.writeSync(descriptor, Buffer.alloc(PROBE_BYTES, 1));
    fs.fsyncSync(descriptor);
    return undefined;
  } catch (error) {
    const code = systemErrorCode(error);
    // A process of this number died here once: the system refuses nothing.
    return code === 'EEXIST' ? undefined : code;
  } finally {
    for (const descriptor of open) fs.closeSync(descriptor);
    if (isMade) fs.rmSync(probe, { force: true });
  }
}

/** A limit of this process, as a number; undefined where there is none, or where it cannot be read. */
function limitOf(name: string): string | undefined {
  try {
    const limits = fs.readFileSync('/proc/self/limits', 'utf8');
    return new RegExp(`^${name} +(\\d+)`, 'm').exec(limits)?.[1];
  } catch {
    return undefined;
  }
}

function capitalized(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
