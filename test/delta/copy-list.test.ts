import { expect, test } from 'vitest';
import { CopyList } from '../../src/delta/copy-list.js';

function listed(copies: CopyList): number[][] {
  return Array.from({ length: copies.count }, (_, i) => [
    copies.target(i),
    copies.source(i),
    copies.length(i),
  ]);
}

test('a copy that continues the last one joins it', () => {
  const copies = new CopyList();
  copies.push(0, 100, 10);
  copies.push(10, 110, 5);
  copies.push(15, 120, 5);
  copies.push(21, 126, 5);
  expect(listed(copies)).toEqual([
    [0, 100, 15],
    [15, 120, 5],
    [21, 126, 5],
  ]);
  expect(copies).toMatchObject({ targetEnd: 26, sourceEnd: 131, copied: 25 });
});

test('an empty copy is no copy', () => {
  const copies = new CopyList();
  copies.push(5, 5, 0);
  expect(copies).toMatchObject({ count: 0, targetEnd: 0, copied: 0 });
});

test('it grows, and holds positions beyond 2^32', () => {
  const copies = new CopyList();
  for (let i = 0; i < 1000; i += 1) copies.push(2 ** 40 + 2 * i, 2 ** 41 - i, 1);
  expect(copies.count).toBe(1000);
  expect(listed(copies)[999]).toEqual([2 ** 40 + 1998, 2 ** 41 - 999, 1]);
});
