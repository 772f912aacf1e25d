/** Asks filters about paths, from the root downwards as a walk does. */
import { dirname } from 'node:path';
import { openFileSystem } from '../../src/platform/files.js';
import { bytesFromBuffer, bytesFromText, type ByteString } from '../../src/platform/bytes.js';
import { join as joinPath } from '../../src/platform/paths.js';
import {
  createFilter,
  type DirectoryFilter,
  type EnteredDirectory,
  type FilterOptions,
  type Verdict,
} from '../../src/repo/tree/filter.js';

const files = openFileSystem();

/** What decides about a path: of the first directory above it that is left out, else its own. */
export interface Decision {
  readonly path: ByteString;
  readonly verdict: Verdict | undefined;
}

/**
 * What a filter says of absolute paths below `root`; directories end in a slash. `list` false: nothing
 * is on disk, so only what the options say holds.
 */
export function createJudge(
  options: FilterOptions,
  { root = '/', list = false } = {},
): (path: string | Buffer) => Decision {
  const filter = createFilter(options, files, []);
  const top = bytesFromText(root);
  const entered = new Map<string, DirectoryFilter | undefined>();
  const holdsIn = (path: string): DirectoryFilter | undefined => {
    if (entered.has(path)) return entered.get(path);
    const parent = path === top ? undefined : holdsIn(dirname(path));
    const found = withListing(path as ByteString, list, (directory) =>
      (parent ?? filter).enter(directory),
    );
    entered.set(path, found);
    return found;
  };
  return (given) => {
    const text = bytesFromBuffer(Buffer.from(given));
    const names = text.slice(top.length).split('/').filter(Boolean) as ByteString[];
    let path = top;
    for (const [depth, name] of names.entries()) {
      const above = path;
      path = joinPath(above, name);
      const isLast = depth === names.length - 1;
      const type = !isLast || text.endsWith('/') ? 'directory' : 'file';
      const verdict = holdsIn(above)?.judge(name, { type, sizeBytes: 0 });
      if (isLast || verdict?.excludes) return { path, verdict };
    }
    return { path, verdict: undefined };
  };
}

/** Whether a path is left out. */
export function isLeftOut(path: string | Buffer, options: FilterOptions): boolean {
  return createJudge(options)(path).verdict?.excludes ?? false;
}

function withListing<T>(
  path: ByteString,
  list: boolean,
  action: (directory: EnteredDirectory) => T,
): T {
  if (!list) return action({ path, listing: undefined });
  const handle = files.at.open(undefined, path, 'read-directory');
  try {
    const listing = { handle, names: files.at.list(handle).sort(), device: 1, mount: undefined };
    return action({ path, listing });
  } finally {
    files.close(handle);
  }
}
