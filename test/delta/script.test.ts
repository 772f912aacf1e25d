import { expect, test } from 'vitest';
import { BASIS, readScript, Script, writeScript } from '../../src/delta/script.js';
import { noise } from '../support/seed.js';
import { delta, lines } from '../support/texts.js';

test('runs that continue each other are one, others are kept apart', () => {
  const script = new Script(1);
  script.push(3, 0, BASIS);
  script.push(2, 3, BASIS);
  script.push(2, 5, 0);
  script.push(1, 7, 1);
  script.push(1, 9, 1);
  expect(script.count).toBe(4);
  expect([...script.lengths.subarray(0, 4)]).toEqual([5, 2, 1, 1]);
});

test('what is read is written again as it was', () => {
  const made = delta(lines(300, 1), Buffer.concat([lines(200, 1), noise(90, 2), lines(250, 1)]));
  const streams = writeScript(readScript(made, 0), [made]);
  expect({ ...made, ...streams }).toEqual(made);
});
