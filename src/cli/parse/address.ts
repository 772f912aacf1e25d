/** Tells paths of this machine from addresses of others, as rsync and scp do. */
import { CodedError } from '../../store.js';

/**
 * Refuses what may one day be the address of a repository: `scheme:...` or `[user@]host:path`, so
 * everything with a colon before its first slash.
 * @throws CodedError REPOSITORY_REMOTE
 */
export function requireLocalRepository(text: string): string {
  if (!/^[^/]*:/.test(text)) return text;
  throw new CodedError('REPOSITORY_REMOTE', `Remote repositories are not supported yet: ${text}.`, {
    hint:
      'Name a directory of this machine, such as a mounted share. For one whose name has a colon, write ' +
      './ before it.',
  });
}

/**
 * Whether a path is more likely an address. A name may have a colon (`10:30`), so this is narrower:
 * `scheme://`, `user@host:`, `host:/` and `host:~`.
 */
export function looksRemote(text: string): boolean {
  return /^[^/]+:[/~]/.test(text) || /^[^/@:]+@[^/:]+:/.test(text);
}

/** Refuses what looks like an address where only this machine can be meant. @throws CodedError USAGE */
export function requireLocal(what: string, text: string): string {
  if (!looksRemote(text)) return text;
  throw new CodedError('USAGE', `${what}: "${text}" seems to be on another machine.`, {
    hint: 'Only paths of this machine will do; for one of that name, write ./ before it.',
  });
}
