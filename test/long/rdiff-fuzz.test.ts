import { expect, test } from 'vitest';
import { fuzz, FUZZ_TARGETS } from '../support/fuzz.js';

const INPUTS = 1_000_000;

test.each(FUZZ_TARGETS)('a million damaged inputs do not break the $name parser', (target) => {
  expect(fuzz(target, 1, INPUTS)).toBeLessThanOrEqual(INPUTS);
});
