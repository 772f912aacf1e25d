/** Which failures are the system's: the names of their codes, as Node, libc and worker threads have them. */
import { constants } from 'node:os';

/** Linux has more numbers than Node has names for. */
const MORE_NAMES: Readonly<Record<number, string>> = {
  117: 'EUCLEAN',
  121: 'EREMOTEIO',
  123: 'ENOMEDIUM',
  124: 'EMEDIUMTYPE',
  126: 'ENOKEY',
};

/** The code of a failed system call (`ENOENT`), or undefined for any other error. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, errno, syscall } = error as NodeJS.ErrnoException;
  if (typeof code === 'string' && /^E[A-Z0-9]+$/.test(code)) return nameOf(code);
  // Where libuv does not know the number, Node gives neither a code nor words: EDQUOT is -122.
  return syscall !== undefined && errno !== undefined ? nameOf(`E${-errno}`) : undefined;
}

/** `libc.ts` names what it does not know by its number: `E122`. */
function nameOf(code: string): string {
  const [, digits] = /^E(\d+)$/.exec(code) ?? [];
  if (digits === undefined) return code;
  const number = Number(digits);
  const [name] = Object.entries(constants.errno).find(([, value]) => value === number) ?? [];
  return name ?? MORE_NAMES[number] ?? code;
}

/** The process, a disk or the whole system is at a limit, which says nothing of one file. */
const LIMITS: readonly string[] = ['EMFILE', 'ENFILE', 'ENOMEM', 'ENOSPC', 'EDQUOT'];

/**
 * The code of a failure that is of the one file that was tried. Undefined for any other error, and where
 * every other file would fail, too: a run must not report one file after the other and go on.
 */
export function fileErrorCode(error: unknown): string | undefined {
  const code = systemErrorCode(error);
  return code === undefined || LIMITS.includes(code) ? undefined : code;
}

/** What opening fails with where nothing has the name, or what has it is no file: a link, a socket. */
const NO_FILE: readonly string[] = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO'];

/** Whether a file that was seen a moment ago is no longer there, by the code of opening it. */
export function saysVanished(code: string): boolean {
  return NO_FILE.includes(code);
}

/** `SQLITE_BUSY` and the like, or undefined when the error is not SQLite's. Loads no SQLite. */
export function sqliteCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || error.name !== 'SqliteError') return undefined;
  return (error as NodeJS.ErrnoException).code;
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EBUSY: 'it is in use',
  EEXIST: 'it exists already',
  EFBIG: 'it would be larger than a file may be here',
  EISDIR: 'it is a directory',
  ELOOP: 'it is a symbolic link, or its links lead in a circle',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'a name in it is too long',
  ENOENT: 'it does not exist',
  ENOTDIR: 'a part of its path is not a directory',
  EPERM: 'the operation is not permitted',
  EROFS: 'its file system is read-only',
};

/** Why a call on one path failed: a sentence's end, with neither the call nor the path. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, message } = error as NodeJS.ErrnoException;
  const known = REASONS[code ?? ''];
  if (known !== undefined) return known;
  // `EIO: i/o error, read`, as Node and libc.ts say it.
  const [, words] = /^E[A-Z0-9]+: (.+?)(?:, \w+(?: '.*')?)?$/s.exec(message) ?? [];
  return words === undefined || code === undefined ? message : `${words} (${code})`;
}
