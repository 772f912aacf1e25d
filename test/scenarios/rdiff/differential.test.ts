import { test } from 'vitest';
import { compareWithRdiff } from '../../support/differential.js';
import { testDirectory } from '../../support/directory.js';

/** The whole thousand runs in `npm run test:long`. */
const SEEDS = [1, 2, 3, 4, 5];

test.each(SEEDS)(
  'mutation %i: signatures equal those of rdiff, and each patches with the deltas of the other',
  (seed) => {
    compareWithRdiff(seed, directory);
  },
);
const directory = testDirectory();
