/** To whom a server may be opened without a token, and what it serves. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openPlatform, serve, type ServeOptions } from '../../src/store.js';
import { scratchDirectory } from '../support/directory.js';

const OPTIONS: Omit<ServeOptions, 'root'> = {
  address: '127.0.0.1',
  port: 0,
  allowsWriting: false,
  token: undefined,
  isOpen: false,
  hosts: [],
  isPdiffcopy: false,
  tls: undefined,
  jobs: 1,
  cacheDirectory: undefined,
};

/** Whether it listens; it is closed at once. Else the code of its refusal. */
async function tryToServe(root: string, options: Partial<ServeOptions>): Promise<string> {
  try {
    const server = await serve(openPlatform(), { ...OPTIONS, root, ...options });
    const { url } = server;
    await server.close();
    await expect(fetch(url)).rejects.toThrow();
    return 'listens';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

test.each<[string, Partial<ServeOptions>, string]>([
  ['this machine', {}, 'listens'],
  ['this machine, by another of its addresses', { address: '127.0.0.2' }, 'listens'],
  ['everybody', { address: '0.0.0.0' }, 'SERVE_UNPROTECTED'],
  ['everybody who has a token', { address: '0.0.0.0', token: 'secret' }, 'listens'],
  ['everybody, where that is asked for', { address: '0.0.0.0', isOpen: true }, 'listens'],
])('a server for %s', async (_, options, outcome) => {
  expect(await tryToServe(scratchDirectory(), options)).toBe(outcome);
});

test('what is no directory is no root', async () => {
  const file = join(scratchDirectory(), 'file');
  writeFileSync(file, '');
  for (const root of [file, `${file}-missing`]) {
    expect(await tryToServe(root, {})).toBe('PATH_NOT_FOUND');
  }
});

test.each([
  ['idle', ''],
  ['in the midst of its head', 'GET /info?filename=x HTTP/1.1\r\nHost: lo'],
  [
    'in the midst of its body',
    'POST /blocks?filename=x&offset=0 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\npart',
  ],
])('a connection that is %s is ended with the server', async (_, sent) => {
  const server = await serve(openPlatform(), {
    ...OPTIONS,
    root: scratchDirectory(),
    allowsWriting: true,
    isPdiffcopy: true,
  });
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(sent);
  // So that the server has it.
  await fetch(`${server.url}/info?filename=x`).catch(() => undefined);
  const ended = once(socket, 'close');
  socket.resume();
  await server.close();
  await ended;
});
