/**
 * Files of the package that are opened by path. A module cannot say where the package begins: the build
 * joins modules into files at the top of `dist/`. So the folders above are asked.
 */
import { existsSync } from 'node:fs';
import { once } from './once.js';

const packageRoot = once((): URL => {
  let folder = new URL('./', import.meta.url);
  while (!existsSync(new URL('package.json', folder))) {
    const above = new URL('../', folder);
    if (above.href === folder.href) throw new Error('Varve is not inside its package.');
    folder = above;
  }
  return folder;
});

/** A file by its place in the package. */
export function packageFile(path: string): URL {
  return new URL(path, packageRoot());
}
