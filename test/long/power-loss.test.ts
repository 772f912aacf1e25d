/** Every moment at which the power may go, and every call that may fail. */
import { expect, test } from 'vitest';
import { STORIES } from '../support/crash-stories.js';
import { testSeed } from '../support/seed.js';

test.each(Object.entries(STORIES))(
  '%s, hit everywhere, loses nothing that was committed',
  async (_, crash) => {
    expect(await crash({ seed: testSeed })).toBeGreaterThan(3);
  },
);
