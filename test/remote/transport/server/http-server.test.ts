import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import {
  BOUNDS,
  createHttpServer,
  isLoopback,
  listen,
} from '../../../../src/remote/transport/server/http-server.js';

function create(): Server {
  const bounds = {
    headersMs: 3000,
    requestMs: 4000,
    idleMs: 7000,
    mostConnections: 6,
    mostMemoryBytes: 7,
  };
  const server = createHttpServer(undefined, bounds, () => undefined);
  onTestFinished(() => void server.close());
  return server;
}

test('each bound of a connection is the one that was asked for', () => {
  const server = create();
  expect(server).toMatchObject({
    headersTimeout: 3000,
    requestTimeout: 4000,
    timeout: 7000,
    keepAliveTimeout: 7000,
    maxConnections: 6,
    connectionsCheckingInterval: 1500,
    maxHeaderSize: 16 * 1024,
    noDelay: true,
  });
});

test('the usual bounds are those that docs/copy.md lists', () => {
  expect(BOUNDS).toEqual({
    headersMs: 10_000,
    requestMs: 900_000,
    idleMs: 60_000,
    mostConnections: 512,
    mostMemoryBytes: 512 * 1024 * 1024,
  });
});

test.each([
  ['localhost', true],
  ['::1', true],
  ['127.0.0.1', true],
  ['127.255.1.9', true],
  ['127.0.0.1.example', false],
  ['x127.0.0.1', false],
  ['128.0.0.1', false],
  ['0.0.0.0', false],
  ['::', false],
  ['192.0.2.7', false],
  ['localhost.example', false],
])('only this machine reaches %s: %s', (address, expected) => {
  expect(isLoopback(address)).toBe(expected);
});

test('an address that is taken, or is none of this machine, is named with the reason', async () => {
  const first = create();
  await listen(first, '127.0.0.1', 0);
  const { port } = first.address() as AddressInfo;
  await expect(listen(create(), '127.0.0.1', port)).rejects.toMatchObject({
    code: 'SERVE_ADDRESS',
    message: `Cannot listen on 127.0.0.1:${port} (EADDRINUSE).`,
  });
  await expect(listen(create(), '2001:db8::1', port)).rejects.toMatchObject({
    message: expect.stringMatching(
      new RegExp(`^Cannot listen on \\[2001:db8::1\\]:${port} \\(E[A-Z]+\\)\\.$`),
    ) as string,
  });
  // Later failures are not those of listening.
  expect(first.listenerCount('error')).toBe(0);
});

test('a certificate that is none is named', () => {
  const tls = { cert: Buffer.from('x'), key: Buffer.from('y') };
  expect(() => createHttpServer(tls, BOUNDS, () => undefined)).toThrow(
    expect.objectContaining({
      code: 'SERVE_CERTIFICATE',
      message: expect.stringMatching(
        /^TLS does not work with this certificate and key: .+\.$/,
      ) as string,
    }),
  );
});
