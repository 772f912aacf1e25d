/** Where a server listens: one reading of each spelling, and never another than was meant. */
import * as fc from 'fast-check';
import { isIPv6 } from 'node:net';
import { expect, test } from 'vitest';
import { parseListen } from '../../../src/cli/parse/listen.js';
import { runs } from '../../support/seed.js';

test.each([
  ['8080', '127.0.0.1', 8080],
  ['0', '127.0.0.1', 0],
  ['65535', '127.0.0.1', 65535],
  [':80', '127.0.0.1', 80],
  ['localhost', 'localhost', 8080],
  ['localhost:1', 'localhost', 1],
  ['backup-1.example.org:443', 'backup-1.example.org', 443],
  ['x', 'x', 8080],
  ['127.0.0.1', '127.0.0.1', 8080],
  ['0.0.0.0:0', '0.0.0.0', 0],
  ['::1', '::1', 8080],
  ['::', '::', 8080],
  ['2001:db8::1', '2001:db8::1', 8080],
  ['::ffff:10.0.0.1', '::ffff:a00:1', 8080],
  ['fe80::1%eth0', 'fe80::1%eth0', 8080],
  ['[::1]', '::1', 8080],
  ['[::1]:9000', '::1', 9000],
  ['[::]:1', '::', 1],
  ['[0:0:0:0:0:0:0:1]:2', '::1', 2],
])('%s is %s, port %i', (text, address, port) => {
  expect(parseListen(text)).toEqual({ address, port });
});

test.each([
  ['', 'is not a port, an address or ADDRESS:PORT.'],
  [':', 'a port is a number from 0 to 65535.'],
  ['65536', 'a port is a number from 0 to 65535.'],
  ['host:65536', 'a port is a number from 0 to 65535.'],
  ['host:', 'a port is a number from 0 to 65535.'],
  ['[::1]:', 'a port is a number from 0 to 65535.'],
  ['[::1]:http', 'a port is a number from 0 to 65535.'],
  ['host:-1', 'a port is a number from 0 to 65535.'],
  ['1:2:', 'is not a port, an address or ADDRESS:PORT.'],
  ['256.0.0.1', 'is not a port, an address or ADDRESS:PORT.'],
  ['127.1:80', 'is not a port, an address or ADDRESS:PORT.'],
  ['[localhost]:80', 'is not a port, an address or ADDRESS:PORT.'],
  ['[127.0.0.1]:80', 'is not a port, an address or ADDRESS:PORT.'],
  ['[::1', 'is not a port, an address or ADDRESS:PORT.'],
  ['::1]:80', 'is not a port, an address or ADDRESS:PORT.'],
  ['-host', 'is not a port, an address or ADDRESS:PORT.'],
  ['http://localhost:80', 'is not a port, an address or ADDRESS:PORT.'],
  ['a host', 'is not a port, an address or ADDRESS:PORT.'],
  ['123456', 'is not a port, an address or ADDRESS:PORT.'],
])('"%s" is no place to listen', (text, message) => {
  expect(() => parseListen(text)).toThrow(message);
});

test('an IPv6 address that may end with a port is refused, with both ways to write it', () => {
  expect(() => parseListen('2001:db8::1:8080')).toThrow(
    expect.objectContaining({
      code: 'USAGE',
      message: '"2001:db8::1:8080" can be read as an address with or without a port.',
      hint: 'Write [2001:db8::1]:8080 or [2001:db8::1:8080].',
    }),
  );
});

test('what is written with brackets is read as it is written', () => {
  fc.assert(
    fc.property(fc.ipV6(), fc.nat(65535), (address, port) => {
      const read = parseListen(`[${address}]:${port}`);
      expect(read.port).toBe(port);
      expect(isIPv6(read.address)).toBe(true);
      expect(parseListen(`[${read.address}]:${port}`)).toEqual(read);
    }),
    runs(200),
  );
});
