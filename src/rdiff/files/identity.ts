/** Two names may be one file: a link, a path with dots, standard input. */
import type { PlainStat } from '../../platform/plain-files.js';

/** Which file is behind a name. */
export type Identity = Pick<PlainStat, 'device' | 'inode'>;

export const isSameFile = (a: Identity, b: Identity): boolean =>
  a.device === b.device && a.inode === b.inode;
