import { expect, test } from 'vitest';
import { diskOf } from '../../src/platform/disks.js';

/** A kernel that knows these block devices by their numbers, and which of them are partitions. */
function kernel(devices: Readonly<Record<string, string>>, partitions: readonly string[]) {
  const there = new Set([
    ...Object.keys(devices).map((numbers) => `/sys/dev/block/${numbers}`),
    ...partitions.map((place) => `${place}/partition`),
  ]);
  return {
    stat: (path: string) => (there.has(path) ? ({} as never) : undefined),
    realPath: (path: string) => devices[path.replace('/sys/dev/block/', '')] ?? path,
  };
}

const DISK = '/sys/devices/pci/block/sda';
const files = kernel(
  { '8:0': DISK, '8:1': `${DISK}/sda1`, '8:2': `${DISK}/sda2`, '9:0': '/sys/md0' },
  [`${DISK}/sda1`, `${DISK}/sda2`],
);
const device = (major: number, minor: number): number => major * 256 + minor;

test('two partitions of one disk, and the disk itself, are one', () => {
  for (const minor of [0, 1, 2]) expect(diskOf(files, device(8, minor))).toBe(DISK);
  expect(diskOf(files, device(9, 0))).toBe('/sys/md0');
});

test.each([
  ['in memory', 0, 0, '0:0'],
  ['of the last low minor', 255, 255, '255:255'],
  ['of a large major', 0xfff, 1, '4095:1'],
])('a file system %s is a disk of its own', (_, major, minor, name) => {
  expect(diskOf(files, device(major, minor))).toBe(name);
});

test('large numbers are put together as the kernel does', () => {
  // makedev(3): the low byte of the minor, 12 bits of the major, 24 of the minor, 20 of the major.
  expect(diskOf(files, 0x100 * 2 ** 12 + device(8, 1))).toBe('8:257');
  expect(diskOf(files, 0xffffff00 * 2 ** 12 + device(1, 0xff))).toBe('1:4294967295');
  expect(diskOf(files, 0x1000 * 2 ** 32 + device(8, 1))).toBe('4104:1');
});
