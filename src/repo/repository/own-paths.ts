/** The repository never backs itself up. */
import { isBelow } from '../../platform/paths.js';
import { bytesFromText, textOfName, type ByteString } from '../../platform/bytes.js';
import type { HeldRepository } from './held.js';

/** Where the repository lies within the roots, whose paths may lead through symbolic links. */
export function ownPaths(
  { path, platform: { files } }: HeldRepository,
  roots: readonly ByteString[],
): Set<ByteString> {
  const own = bytesFromText(files.realPath(path));
  const found = roots.flatMap((root) => {
    const text = textOfName(root);
    if (!files.stat(text)) return [];
    const real = bytesFromText(files.realPath(text));
    return isBelow(own, real)
      ? [`${root === '/' ? '' : root}${own.slice(real === '/' ? 0 : real.length)}`]
      : [];
  });
  return new Set(found as ByteString[]);
}
