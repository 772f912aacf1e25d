/**
 * Clients that are slow on purpose: each connection ends within its bound, and nothing of it stays
 * open. The bounds are a hundredth of the usual, and the tests must end sooner than those would.
 */
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPlatform, serve, type ServeOptions } from '../../../src/store.js';
import { closed } from '../../support/requests.js';
import { createCopyLab } from '../../support/copy-lab.js';
import { openFilesBelow } from '../../support/open-files.js';
import { noise } from '../../support/seed.js';
import { until } from '../../support/varve-command.js';

const SOONER_MS = 8000;
const lab = createCopyLab();
const content = noise(1_000_000, 71);
const options: ServeOptions = {
  root: lab.root,
  address: '127.0.0.1',
  port: 0,
  allowsWriting: true,
  token: undefined,
  isOpen: false,
  hosts: [],
  isPdiffcopy: true,
  tls: undefined,
  jobs: 1,
  cacheDirectory: undefined,
};
const tlsFile = (name: string): Buffer =>
  readFileSync(fileURLToPath(new URL(`./tls/${name}.pem`, import.meta.url)));
const closers: (() => Promise<void>)[] = [];

/** A server in this process, of which only one bound is near. */
async function serveWith(bounds: ServeOptions['bounds'], tls?: ServeOptions['tls']) {
  const server = await serve(openPlatform(), { ...options, tls, bounds: { ...bounds } });
  closers.push(() => server.close());
  return server.url;
}

/** Connects, lets `act` send what it likes, and waits until the server ends the connection. */
async function untilEnded(url: string, act: (socket: Socket) => void): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
  socket.on('error', () => undefined);
  socket.on('end', () => socket.destroy());
  await once(socket, 'connect');
  act(socket);
  await closed(socket);
  return answer;
}

/** Sends a text byte by byte, for as long as anybody listens. */
const dribble =
  (text: string, everyMs = 20) =>
  (socket: Socket): void => {
    const bytes = text[Symbol.iterator]();
    const timer = setInterval(() => {
      const { value, done } = bytes.next();
      if (done !== true) socket.write(value);
    }, everyMs);
    socket.once('close', () => clearInterval(timer));
  };

/** Files of the root that the server, in this process, has open. */
const openFiles = (): string[] => openFilesBelow(lab.root);
const endless = 'x'.repeat(100_000);
const head = (method: string, path: string, length: number): string =>
  `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n`;

beforeAll(() => {
  lab.put(lab.root, 'file', content);
});
afterAll(() => Promise.all(closers.map((close) => close())));

describe('headers must come in time', { timeout: SOONER_MS }, () => {
  test.each([
    ['nothing', () => undefined],
    ['a line and then nothing', (socket: Socket) => socket.write('GET /info HTTP/1.1\r\n')],
    ['headers byte by byte', dribble(`GET /info HTTP/1.1\r\nX: ${endless}`)],
    [
      'a second request byte by byte',
      (socket: Socket) => {
        socket.write(head('GET', '/info?filename=file', 0));
        dribble(`GET /info HTTP/1.1\r\nX: ${endless}`)(socket);
      },
    ],
  ])('%s', async (what, act) => {
    const url = await serveWith({ headersMs: 100 });
    const answer = await untilEnded(url, act);
    const status = what.startsWith('a second') ? /200 OK[^]*408 Request Timeout/ : /408|^$/;
    expect(answer).toMatch(status);
    expect((await fetch(`${url}/info?filename=file`)).status).toBe(200);
  });

  test.each([
    ['nothing', () => undefined],
    [
      'the beginning of TLS byte by byte',
      dribble(`\x16\x03\x01\x02\x00\x01\x00\x01\xfc${endless}`),
    ],
  ])('with TLS: %s', async (_, act) => {
    const tls = { cert: tlsFile('server'), key: tlsFile('server-key') };
    const url = await serveWith({ headersMs: 100 }, tls);
    const answer = await untilEnded(url, act);
    expect(answer).not.toContain('HTTP');
  });
});

describe('bodies must come in time', { timeout: SOONER_MS }, () => {
  const bodies: readonly (readonly [string, string])[] = [
    ['ranges', head('POST', '/v1/read?filename=file&identity=x', 1600)],
    ['a document', head('POST', '/v1/drafts?filename=new', 1000)],
    ['a block', head('POST', '/blocks?filename=file&offset=0', 30_000_000)],
    ['what no request asks for', head('GET', '/info?filename=none', 1_000_000)],
  ];

  test.each(bodies)('%s, byte by byte', async (_, text) => {
    const url = await serveWith({ headersMs: 100, requestMs: 300 });
    const answer = await untilEnded(url, (socket) => {
      socket.write(text);
      dribble(endless)(socket);
    });
    expect(answer).toMatch(/^(HTTP\/1\.1 [45]\d\d .*)?/);
    expect(answer).not.toContain('200 OK');
    expect(readFileSync(join(lab.root, 'file')).equals(content)).toBe(true);
    expect(existsSync(join(lab.root, 'new'))).toBe(false);
    await until(() => openFiles().length === 0);
  });

  test.each(bodies)('%s, that stop', async (_, text) => {
    const url = await serveWith({ idleMs: 300 });
    const answer = await untilEnded(url, (socket) => socket.write(`${text}x`));
    expect(answer).not.toContain('200 OK');
    expect(readFileSync(join(lab.root, 'file')).equals(content)).toBe(true);
  });
});

describe('answers must be taken in time', { timeout: SOONER_MS }, () => {
  test.each([
    ['a list', head('GET', '/v1/list?filename=file&block_size=16&method=sha512', 0), 4_250_000],
    [
      'blocks',
      head('GET', '/blocks?filename=file&offset=0&size=1000000', 0).repeat(12),
      12_000_000,
    ],
  ])('%s, of which nothing is read', async (_, text, whole) => {
    const url = await serveWith({ idleMs: 300 });
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(text);
    socket.pause();
    await until(() => openFiles().length > 0);
    await until(() => openFiles().length === 0);
    let bytes = 0;
    socket.on('data', (chunk: Buffer) => (bytes += chunk.length));
    socket.resume();
    await closed(socket);
    expect(bytes).toBeLessThan(whole);
  });
});

test('an idle connection is closed', { timeout: SOONER_MS }, async () => {
  const url = await serveWith({ idleMs: 200 });
  const answer = await untilEnded(url, (socket) => {
    socket.write(head('GET', '/info?filename=file', 0));
  });
  expect(answer).toContain('200 OK');
});

test('no more connections than allowed are kept, and who comes later is answered', async () => {
  const url = await serveWith({ mostConnections: 3 });
  const { port } = new URL(url);
  const kept = Array.from({ length: 3 }, () => connect(Number(port), '127.0.0.1'));
  for (const socket of kept) {
    socket.write(head('GET', '/info?filename=file', 0));
    await once(socket, 'data');
  }
  const answer = await untilEnded(url, () => undefined);
  expect(answer).toBe('');
  for (const socket of kept) {
    socket.end();
    await closed(socket);
  }
  expect((await fetch(`${url}/info?filename=file`)).status).toBe(200);
});

test('bodies that do not fit into the memory of the server wait until others are done', async () => {
  const url = await serveWith({ mostMemoryBytes: 1_000_000 });
  const request = head('POST', '/blocks?filename=file&offset=0', content.length);
  const answered = (socket: Socket): Promise<void> =>
    new Promise((resolve) => socket.once('data', () => resolve()));
  const [slow, waiting] = [1, 2].map(() => connect(Number(new URL(url).port), '127.0.0.1'));
  if (!slow || !waiting) throw new Error('two sockets');
  slow.write(request);
  slow.write(content.subarray(1));
  await until(() => openFiles().length === 1);
  waiting.write(request);
  waiting.write(content);
  let isAnswered = false;
  const second = answered(waiting).then(() => (isAnswered = true));
  await until(() => openFiles().length === 2);
  // What needs no memory is answered meanwhile.
  expect((await fetch(`${url}/info?filename=file`)).status).toBe(200);
  expect(isAnswered).toBe(false);
  slow.destroy();
  await second;
  waiting.destroy();
  expect(readFileSync(join(lab.root, 'file')).equals(content)).toBe(true);
});
