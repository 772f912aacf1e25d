import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createLab, SMALL_PIECES } from '../../../support/lab.js';

test('a file whose pieces may be longer than a window is read to its end', async () => {
  const pieces = {
    segment_bytes: 32 * 1024 * 1024,
    least_bytes: 4 * 1024 * 1024,
    average_bytes: 8 * 1024 * 1024,
    most_bytes: 16 * 1024 * 1024,
  };
  const lab = createLab({ chunking: { ...SMALL_PIECES, ...pieces } });
  const bytes = randomBytes(20 * 1024 * 1024);
  lab.write('large', bytes);
  await lab.backup();
  const to = lab.newTarget();
  await lab.restore(1, { to });
  expect(readFileSync(`${to}/large`).equals(bytes)).toBe(true);
});
