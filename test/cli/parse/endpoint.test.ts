import { expect, test } from 'vitest';
import { parseEndpoint } from '../../../src/cli/parse/endpoint.js';

const href = (text: string): string => {
  const endpoint = parseEndpoint(text);
  return endpoint.type === 'remote' ? endpoint.url.href : endpoint.path;
};

test('an address has port 8080 unless it says another, also that of its scheme', () => {
  expect(href('http://host/a')).toBe('http://host:8080/a');
  expect(href('http://host:80/a')).toBe('http://host/a');
  expect(href('https://[::1]:9/a%20b')).toBe('https://[::1]:9/a%20b');
  expect(href('http://host:80')).toBe('http://host/');
  expect(href('http://host')).toBe('http://host:8080/');
  expect(href('https://host:443/a')).toBe('https://host/a');
  expect(href('https://host/a:1/')).toBe('https://host:8080/a:1/');
  expect(href('HTTP://host/a')).toBe('http://host:8080/a');
  expect(href('./http:/x')).toBe('./http:/x');
  expect(href('a:b')).toBe('a:b');
});

test.each(['ftp://host/a', 'http://', 'http://user@host/a', 'http://host/a?b', 'http://host/a#b'])(
  '%s is no address',
  (text) => {
    expect(() => parseEndpoint(text)).toThrow('is not an address such as http://host:8080/path.');
  },
);

test.each(['host:/x', 'user@host:x', 'http:/x', 'host:~'])(
  '%s is what others take for one',
  (text) => {
    expect(() => parseEndpoint(text)).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        message: `"${text}" is not an address such as http://host:8080/path.`,
        hint: 'Run `varve serve` on that machine; for a file of that name, write ./ before it.',
      }) as Error,
    );
  },
);
