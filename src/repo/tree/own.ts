/** What of a tree belongs to the repository itself. */
import type { FileStat } from '../../platform/at-calls.js';
import type { ByteString } from '../../platform/bytes.js';

export interface OwnDirectories {
  /** The keys of {@link directoryKey}. */
  readonly keys: ReadonlySet<string>;
  /** Whether it is one of the repository's directories. */
  has(stat: FileStat): boolean;
  /** Whether a path without symbolic links is one, or lies in one. */
  holds(real: ByteString): boolean;
}

/** What tells a directory from all others, whatever its path. */
export function directoryKey({ device, inode }: Pick<FileStat, 'device' | 'inode'>): string {
  return `${device}:${inode}`;
}
