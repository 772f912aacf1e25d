/** Real files of which some rot: their bytes change, and no time tells. */
import * as fs from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { FileStat } from '../../src/platform/at-calls.js';
import { openFileSystem, type FileSystem } from '../../src/platform/files.js';
import { filesWithAt } from './faulty-files.js';

export interface RottingFiles {
  readonly files: FileSystem;
  /** Puts other bytes into a file, whose times stay as they are now, until somebody changes them. */
  rot(path: string, bytes: string | Uint8Array): void;
}

export function rottingFiles(): RottingFiles {
  const rotten = new Map<number, { readonly before: FileStat; readonly after: FileStat }>();
  const asBefore = (stat: FileStat): FileStat => {
    const { before, after } = rotten.get(stat.inode) ?? {};
    return before && isDeepStrictEqual(after, stat) ? before : stat;
  };
  const real = openFileSystem();
  const files = filesWithAt(() => ({
    stat(directory, name) {
      const stat = real.at.stat(directory, name);
      return stat && asBefore(stat);
    },
    statOpen: (descriptor) => asBefore(real.at.statOpen(descriptor)),
  }));
  return {
    files,
    rot(path, bytes) {
      const descriptor = fs.openSync(path, 'r+');
      const before = files.at.statOpen(descriptor);
      if (before.sizeBytes !== bytes.length) throw new Error('rot keeps the size');
      fs.writeSync(descriptor, Buffer.from(bytes));
      rotten.set(before.inode, { before, after: real.at.statOpen(descriptor) });
      fs.closeSync(descriptor);
    },
  };
}
