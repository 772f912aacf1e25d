/**
 * The directories of the repository, by what they are and not by what they are called: a mount or a link
 * may lead to them under any path. It never backs itself up, and nothing is restored into it.
 */
import { bytesFromText, type ByteString } from '../../platform/bytes.js';
import type { FileSystem } from '../../platform/files.js';
import { join, parentOf } from '../../platform/paths.js';
import { systemErrorCode } from '../../platform/platform.js';
import { directoryKey, type OwnDirectories } from '../tree/own.js';

/** Those of the repository at `path`. @throws system errors */
export function findOwnDirectories(files: FileSystem, path: string): OwnDirectories {
  const top = files.realPathOf(bytesFromText(path));
  const names = files.list(path).map(bytesFromText);
  const found = new Set<string>();
  for (const place of [top, ...names.map((name) => join(top, name))]) {
    const identity = identityAt(files, place);
    if (identity !== undefined) found.add(identity);
  }
  return {
    keys: found,
    has: (stat) => stat.type === 'directory' && found.has(directoryKey(stat)),
    holds(real) {
      for (let above = real; ; above = parentOf(above)) {
        if (found.has(identityAt(files, above) ?? '')) return true;
        if (above === '/') return false;
      }
    },
  };
}

/** undefined: there is no directory. Links are followed. */
function identityAt(files: FileSystem, path: ByteString): string | undefined {
  let handle: number | undefined;
  try {
    handle = files.at.open(undefined, `${path}/.` as ByteString, 'read-directory');
    return directoryKey(files.at.statOpen(handle));
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return undefined;
  } finally {
    if (handle !== undefined) files.close(handle);
  }
}
