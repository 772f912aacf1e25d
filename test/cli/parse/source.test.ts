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

test('a path may have any character, and a number any that is one', () => {
  expect(parseSource('h:/a\nb')).toEqual({ type: 'name', host: 'h', path: '/a\nb' });
  expect(parseSource('h:/')).toEqual({ type: 'name', host: 'h', path: '/' });
  expect(parseSource('999999999999999')).toEqual({ type: 'number', id: 999_999_999_999_999 });
  expect(() => parseSource('1000000000000000')).toThrow('is not a source');
});

test('a host is text, a path any bytes', () => {
  expect(() => parseSource('h\udcff:/a')).toThrow('The host: ');
  expect(parseSource('h:/a\udcff')).toEqual({ type: 'name', host: 'h', path: '/a\udcff' });
});

test.each(['', 'laptop', ' 1', 'a:b:/c', ':/home', 'laptop:', 'laptop:home', '-1'])(
  '"%s" is none',
  (text) => {
    expect(() => parseSource(text)).toThrow(
      `"${text}" is not a source: expected HOST:/PATH or a number.`,
    );
  },
);
