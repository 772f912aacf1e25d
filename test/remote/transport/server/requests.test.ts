import { expect, test } from 'vitest';
import {
  invalidParameter,
  numberOf,
  type RouteContext,
} from '../../../../src/remote/transport/server/requests.js';

const context = (value: string | undefined): RouteContext =>
  ({ req: { query: (name: string) => (name === 'n' ? value : '5') } }) as unknown as RouteContext;

test.each([
  ['3', 3],
  ['7', 7],
  ['0007', 7],
  ['2', undefined],
  ['8', undefined],
  ['', undefined],
  [undefined, undefined],
  ['+4', undefined],
  ['4.0', undefined],
  ['0x4', undefined],
  [' 4', undefined],
  ['4\n', undefined],
  ['0'.repeat(15) + '4', 4],
  ['0'.repeat(16) + '4', undefined],
])('%j as a number from 3 to 7: %s', (text, number) => {
  const read = () => numberOf(context(text), 'n', 3, 7);
  if (number !== undefined) expect(read()).toBe(number);
  else expect(read).toThrow(invalidParameter('n'));
});

test('a number without an upper bound is at most the last that is exact', () => {
  expect(numberOf(context('9007199254740991'), 'n', 0)).toBe(Number.MAX_SAFE_INTEGER);
  expect(() => numberOf(context('9007199254740992'), 'n', 0)).toThrow('out of bounds');
  expect(invalidParameter('n')).toMatchObject({
    code: 'REMOTE_REQUEST',
    message: 'The parameter "n" is missing or out of bounds.',
  });
});
