import { expect, test } from 'vitest';
import { parseSource } from '../../../src/cli/parse/source.js';

test('a number is that of the table', () => {
  expect(parseSource('12')).toEqual({ type: 'number', id: 12 });
});

test('a name is a host and one of its paths', () => {
  expect(parseSource('laptop:/home/me:old')).toEqual({
    type: 'name',
    host: 'laptop',
    path: '/home/me:old',
  });
});

test.each(['', 'laptop', ':/home', 'laptop:', 'laptop:home', '-1'])('"%s" is none', (text) => {
  expect(() => parseSource(text)).toThrow(
    `"${text}" is not a source: expected HOST:/PATH or a number.`,
  );
});
