import { expect, test } from 'vitest';
import { raceWithSwaps } from '../support/symlink-race.js';

test('10 000 swaps of a directory for a link during restores: nothing is written outside', async () => {
  const { restores, issues, outsideBefore, outsideAfter } = await raceWithSwaps(10_000);
  console.log(`${restores} restores, ${issues} issues`);
  expect(outsideAfter).toEqual(outsideBefore);
  expect(issues).toBeGreaterThan(0);
});
