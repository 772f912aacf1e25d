/** Which repository is meant: `--repo`, else `$VARVE_REPOSITORY`, else the one below XDG_DATA_HOME. */
import { isAbsolute, join } from 'node:path';
import { requireLocalRepository } from './parse/address.js';

export interface RepositoryChoice {
  readonly path: string;
  /** Nobody named it: `backup` may make it. */
  readonly isDefault: boolean;
}

/**
 * An empty variable counts as none, and so does a relative XDG_DATA_HOME, as its standard says.
 * @throws CodedError REPOSITORY_REMOTE
 */
export function chooseRepository(
  option: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  home: string,
): RepositoryChoice {
  const { VARVE_REPOSITORY: named = '', XDG_DATA_HOME: data = '' } = env;
  const path = option ?? (named === '' ? undefined : named);
  if (path !== undefined) return { path: requireLocalRepository(path), isDefault: false };
  const dataHome = isAbsolute(data) ? data : join(home, '.local', 'share');
  return { path: join(dataHome, 'varve'), isDefault: true };
}
