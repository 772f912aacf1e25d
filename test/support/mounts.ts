/** Mounts for the length of a test, which is skipped where none can be made. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { onTestFinished } from 'vitest';
import { isSuperuser, skip } from './machine.js';

/** Mounts on `place`, which is made; `args` are mount(8)'s, without the place. */
export function mountOn(place: string, ...args: readonly string[]): void {
  if (!isSuperuser) skip('only the superuser mounts');
  fs.mkdirSync(place, { recursive: true });
  mountAt(place, args);
}

/** Binds a file onto a new one. */
export function bindFile(from: string, place: string): void {
  if (!isSuperuser) skip('only the superuser mounts');
  fs.writeFileSync(place, '');
  mountAt(place, ['--bind', from]);
}

function mountAt(place: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync('mount', [...args, place], { encoding: 'utf8' });
  if (status !== 0) skip(`nothing is mounted here: ${stderr}`);
  // Lazily, because what is still mounted would be emptied with the scratch directory.
  onTestFinished(() => void spawnSync('umount', ['-l', place]));
}

/** A new file system in a file, mounted on `place`; `options` are mkfs's. */
export function mountNew(
  type: string,
  place: string,
  { mebibytes = 16, options = [] as readonly string[] } = {},
): void {
  const image = `${place}.image`;
  fs.writeFileSync(image, '');
  fs.truncateSync(image, mebibytes * 1024 ** 2);
  const { status, error } = spawnSync(`mkfs.${type}`, ['-q', ...options, image]);
  if (error !== undefined || status !== 0) skip(`mkfs.${type} makes nothing here`);
  mountOn(place, '-o', 'loop', image);
}
