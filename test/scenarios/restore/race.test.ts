import { expect, test } from 'vitest';
import { raceWithSwaps } from '../../support/symlink-race.js';

test('a directory that is swapped for a link during restores leads nothing out: 300 swaps', async () => {
  const { restores, issues, outsideBefore, outsideAfter } = await raceWithSwaps(300);
  expect(outsideAfter).toEqual(outsideBefore);
  expect(restores).toBeGreaterThan(1);
  expect(issues).toBeGreaterThan(0);
});
