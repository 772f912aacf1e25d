/** A whole copy that is cut off at a call of the target's side: the old file or the new one, never less. */
import { expect, test, vi } from 'vitest';
import { COPIES, crashCopy } from '../../support/copy-crashes.js';
import { createCopyLab } from '../../support/copy-lab.js';
import { testSeed } from '../../support/seed.js';

vi.mock(
  '../../../src/remote/copy/worker/pool.js',
  () => import('../../support/in-thread-workers.js'),
);

const lab = createCopyLab();

test.each(COPIES)(
  'a copy %s (%s) is whole or has not happened, and the next one ends it',
  async (way, where) => {
    expect(await crashCopy(lab, way, where, { sample: 3, seed: testSeed })).toBeGreaterThan(4);
  },
);
