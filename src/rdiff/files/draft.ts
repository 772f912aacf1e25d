/** Files under construction: a temporary name beside the one that they will have. */
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { attempt } from './descriptor.js';

/** A file that is written under a temporary name. */
export interface Draft {
  readonly temporary: string;
  readonly handle: number;
  /** Whether the bytes must be on disk before it is published: old ones are lost then. */
  readonly sync: boolean;
  /** Gives it its name. */
  readonly publish: () => void;
}

export const forWrite = (path: string): string => `Error opening "${path}" for write`;

/** A file that is not there yet. @throws RDIFF_IO */
export function draftNew(path: string): Draft {
  // A symbolic link to nothing: the file that it names is the one to make.
  const link = fs.lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  const target = link ? resolve(dirname(path), fs.readlinkSync(path)) : path;
  const { temporary, handle } = openTemporary(path, target, 0o666);
  return { temporary, handle, sync: false, publish: () => publishNew(temporary, target) };
}

/** A file to be put in place of another. @throws RDIFF_IO */
export function draftReplacement(path: string, stats: fs.BigIntStats): Draft {
  const target = attempt(forWrite(path), () => fs.realpathSync(path));
  const { temporary, handle } = openTemporary(path, target, 0o600);
  attempt(forWrite(path), () => {
    if (Number(stats.uid) !== process.geteuid?.()) keepOwner(handle, stats);
    fs.fchmodSync(handle, Number(stats.mode) & 0o7777);
  });
  const publish = () => {
    fs.renameSync(temporary, target);
    syncDirectory(dirname(target));
  };
  return { temporary, handle, sync: true, publish };
}

/** The owner of the file that is replaced, as far as we may. */
function keepOwner(handle: number, stats: fs.BigIntStats): void {
  try {
    fs.fchownSync(handle, Number(stats.uid), Number(stats.gid));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
  }
}

/** The name does not come from the target's, which may be as long as names get. */
function openTemporary(
  path: string,
  target: string,
  mode: number,
): { readonly temporary: string; readonly handle: number } {
  const name = `.varve-rdiff-${randomBytes(8).toString('hex')}.tmp`;
  const temporary = join(dirname(target), name);
  return { temporary, handle: attempt(forWrite(path), () => fs.openSync(temporary, 'wx', mode)) };
}

/** Fails if somebody made the file meanwhile; a rename would replace it without a word. */
function publishNew(temporary: string, target: string): void {
  try {
    fs.linkSync(temporary, target);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw error;
    // No hard links on this file system.
    fs.renameSync(temporary, target);
    return;
  }
  fs.unlinkSync(temporary);
}

function syncDirectory(path: string): void {
  const handle = fs.openSync(path, 'r');
  try {
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
}
