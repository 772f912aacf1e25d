/** Keeps compiled code between runs. It must load on every Node, so it imports no other part of Varve. */
import { mkdirSync } from 'node:fs';
import module from 'node:module';

/**
 * Lets Node keep compiled code in the last of `directories`, each of which lies in the one before, and is
 * made if it is not there. Where one cannot be made, nothing is kept. Node would make them by itself, but it
 * tries for ever in a place such as `/proc`.
 */
export function keepCompiledCode(directories: readonly string[]): void {
  const last = directories.at(-1);
  if (last !== undefined && directories.every(makeDirectory)) module.enableCompileCache(last);
}

function makeDirectory(path: string): boolean {
  try {
    mkdirSync(path, { mode: 0o700 });
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EEXIST';
  }
}
