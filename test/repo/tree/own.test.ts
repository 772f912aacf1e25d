import { expect, test } from 'vitest';
import { directoryKey } from '../../../src/repo/tree/own.js';

test('a directory is told from all others by its device and its inode', () => {
  const places = [
    [1, 11],
    [1, 1],
    [11, 1],
    [2, 11],
    [1, 12],
  ] as const;
  const keys = places.map(([device, inode]) => directoryKey({ device, inode }));
  expect(new Set(keys).size).toBe(places.length);
  expect(directoryKey({ device: 1, inode: 11 })).toBe(keys[0]);
});
