import { expect, test } from 'vitest';
import { pause } from '../../../src/repo/repository/interrupts.js';

const given = AbortSignal.abort();
const other = (): AbortSignal => new AbortController().signal;

test.each([
  ['one', [given]],
  ['the first', [given, other()]],
  ['the last', [other(), other(), given]],
  ['all', [given, given]],
])('a wait ends as interrupted once %s of the signals is given', async (_, signals) => {
  await expect(pause(0, signals)).rejects.toMatchObject({
    code: 'INTERRUPTED',
    message: 'The wait for the repository was interrupted.',
    hint: 'Nothing was done; run the command again.',
  });
});

test.each([[[]], [[other()]], [[other(), other()]]])(
  'else it is over with its time',
  async (signals) => {
    await expect(pause(0, signals)).resolves.toBeUndefined();
  },
);
