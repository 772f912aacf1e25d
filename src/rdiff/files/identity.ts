/** Two names may be one file: a link, a path with dots, standard input. */
import type { BigIntStats } from 'node:fs';

/** Which file is behind a name. */
export interface Identity {
  readonly device: bigint;
  readonly inode: bigint;
}

export const identityOf = ({ dev, ino }: BigIntStats): Identity => ({ device: dev, inode: ino });

export const sameFile = (a: Identity, b: Identity): boolean =>
  a.device === b.device && a.inode === b.inode;
