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
  expect(href('./http:/x')).toBe('./http:/x');
});

test.each(['ftp://host/a', 'http://', 'http://user@host/a', 'http://host/a?b', 'http://host/a#b'])(
  '%s is no address',
  (text) => {
    expect(() => parseEndpoint(text)).toThrow('is not an address such as http://host:8080/path.');
  },
);
