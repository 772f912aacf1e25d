import { expect, test } from 'vitest';
import { wholeNumber } from '../../../src/cli/parse/whole-number.js';

test('takes what lies between its limits', () => {
  expect(wholeNumber(1, 19)('1')).toBe(1);
  expect(wholeNumber(1, 19)('19')).toBe(19);
});

test.each(['0', '20', '-1', '1.5', '1e1', '', 'x'])('refuses "%s"', (text) => {
  expect(() => wholeNumber(1, 19)(text)).toThrow(`"${text}" is not a whole number from 1 to 19.`);
});
