/** A file system of a few megabytes that can be filled. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { scratchDirectory } from './directory.js';
import { isSuperuser, needPrograms, skip } from './machine.js';

export interface SmallDisk {
  readonly path: string;
  /** Leaves not a byte. */
  fill(): void;
  freeBytes(): number;
}

/** The test is skipped where nothing can be mounted. */
export function smallDisk(size: string): SmallDisk {
  if (!isSuperuser) skip('only root can mount a file system');
  needPrograms('mount', 'umount');
  const path = join(scratchDirectory(), 'disk');
  fs.mkdirSync(path);
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'varve-test', path]);
  if (status !== 0) skip('nothing can be mounted here');
  onTestFinished(() => void spawnSync('umount', [path]));
  return {
    path,
    fill() {
      const descriptor = fs.openSync(join(path, 'fill'), 'w');
      const chunk = Buffer.alloc(64 * 1024);
      try {
        for (;;) fs.writeSync(descriptor, chunk);
      } catch {
        // It is full.
      } finally {
        fs.closeSync(descriptor);
      }
    },
    freeBytes() {
      const { bavail, bsize } = fs.statfsSync(path);
      return bavail * bsize;
    },
  };
}
