/** What a failed system call means, in words. */

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EBUSY: 'it is in use',
  EEXIST: 'it exists already',
  EISDIR: 'it is a directory',
  ELOOP: 'its symbolic links lead in a circle',
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
