/** Which disk a file system lies on, as far as the kernel says. */
import type { FileSystem } from './files.js';
import { parentOf } from './paths.js';

/**
 * What two file systems have in common that lie on one disk; `device`: `st_dev`. A file system that is on no
 * block device (in memory, on a network, of several disks) is a disk of its own.
 */
export function diskOf(files: Pick<FileSystem, 'realPath' | 'stat'>, device: number): string {
  const { major, minor } = numbersOf(device);
  const link = `/sys/dev/block/${major}:${minor}`;
  if (!files.stat(link)) return `${major}:${minor}`;
  const place = files.realPath(link);
  return files.stat(`${place}/partition`) ? parentOf(place) : place;
}

/** From Linux's dev_t, as makedev(3) composes it. */
function numbersOf(device: number): { major: number; minor: number } {
  const bits = BigInt(device);
  const major = ((bits >> 8n) & 0xfffn) | ((bits >> 32n) & 0xfffff000n);
  const minor = (bits & 0xffn) | ((bits >> 12n) & 0xffffff00n);
  return { major: Number(major), minor: Number(minor) };
}
