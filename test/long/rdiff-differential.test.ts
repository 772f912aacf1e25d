import { test } from 'vitest';
import { compareWithRdiff } from '../support/differential.js';
import { testDirectory } from '../support/directory.js';

const MUTATIONS = 1000;
/** Mutations a test, so that progress shows. */
const BATCH = 50;
const FIRST_SEED = 1;

const directory = testDirectory();

test.each(Array.from({ length: MUTATIONS / BATCH }, (_, batch) => FIRST_SEED + batch * BATCH))(
  `${BATCH} mutations from seed %i agree with rdiff`,
  (first) => {
    for (let seed = first; seed < first + BATCH; seed++) compareWithRdiff(seed, directory);
  },
  600_000,
);
