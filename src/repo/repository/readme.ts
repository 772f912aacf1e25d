/** A text in each repository that says what the directory is: for who finds it without knowing Varve. */
import type { Platform } from '../../platform/platform.js';
import { createLike } from '../../platform/shared-files.js';
import { systemErrorCode } from '../../platform/system-errors.js';
import { layoutOf } from './layout.js';

const TEXT = `This directory is a backup repository, made by Varve.

It holds the history of files: the newest state of each, and what is needed to
rebuild older ones. Do not change, rename or remove anything in it by hand: that
can destroy backups.

To see what is in it and to get files back, install Varve, a program for Linux,
and run these commands, with the path of this directory:

    varve -r DIRECTORY snapshots
    varve -r DIRECTORY ls
    varve -r DIRECTORY restore --to NEW-DIRECTORY
    varve -r DIRECTORY verify

To copy or move the repository, copy this directory with all that is in it while
nothing writes to it.

varve.json says which version of the format this is. The page docs/format.md,
which comes with Varve, describes every byte of it, so that a program in any
language can read the files back, even without Varve.
`;

/** Makes the text where it is missing. Nothing depends on it: where that fails, the next run tries again. */
export function keepReadme(path: string, { files }: Pick<Platform, 'files'>): void {
  const { config, readme } = layoutOf(path);
  try {
    if (files.stat(readme)) return;
    const descriptor = createLike(files, readme, config);
    let isWhole = false;
    try {
      files.write(descriptor, Buffer.from(TEXT), 0);
      isWhole = true;
    } finally {
      files.close(descriptor);
      if (!isWhole) files.remove(readme);
    }
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
  }
}
