import { expect, test } from 'vitest';
import { fuzz, FUZZ_TARGETS } from '../../support/fuzz.js';

/** The million of each runs in `npm run test:long`. */
const INPUTS = 10_000;

test.each(FUZZ_TARGETS)('a damaged $name is refused by name, or read for what it is', (target) => {
  const refused = fuzz(target, 1, INPUTS);
  expect(refused).toBeGreaterThan(INPUTS / 10);
  expect(refused).toBeLessThan(INPUTS);
});
