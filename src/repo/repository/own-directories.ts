/**
 * The directories of the repository, by what they are and not by what they are called: a mount or a link
 * may lead to them under any path. It never backs itself up, and nothing is restored into it.
 */
import type { FileStat } from '../../platform/at-calls.js';
import { bytesFromText, type ByteString } from '../../platform/bytes.js';
import type { FileSystem } from '../../platform/files.js';
import { join, parentOf } from '../../platform/paths.js';
import { systemErrorCode } from '../../platform/platform.js';
import type { OwnDirectories } from '../tree/own.js';

/** Those of the repository at `path`. @throws system errors */
export function findOwnDirectories(files: FileSystem, path: string): OwnDirectories {
  const top = files.realPathOf(bytesFromText(path));
  const names = files.list(path).map(bytesFromText);
  const found = new Set<string>();
  for (const place of [top, ...names.map((name) => join(top, name))]) {
    const identity = identityAt(files, place);
    if (identity !== undefined) found.add(identity);
  }
  const has = (stat: FileStat): boolean => stat.type === 'directory' && found.has(keyOf(stat));
  return {
    has,
    holds(real) {
      for (let above = real; ; above = parentOf(above)) {
        if (found.has(identityAt(files, above) ?? '')) return true;
        if (above === '/') return false;
      }
    },
  };
}

const keyOf = ({ device, inode }: FileStat): string => `${device}:${inode}`;

/** undefined: there is no directory. Links are followed. */
function identityAt(files: FileSystem, path: ByteString): string | undefined {
  let handle: number | undefined;
  try {
    handle = files.at.open(undefined, `${path}/.` as ByteString, 'read-directory');
    return keyOf(files.at.statOpen(handle));
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return undefined;
  } finally {
    if (handle !== undefined) files.close(handle);
  }
}
