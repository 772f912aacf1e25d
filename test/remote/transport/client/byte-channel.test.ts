/** Bytes received straight into memory, from servers that are not always well. */
import { once } from 'node:events';
import { createServer, Socket, type AddressInfo, type Server } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { ByteChannel } from '../../../../src/remote/transport/client/byte-channel.js';
import { Connection } from '../../../../src/remote/transport/client/connection.js';
import { Link } from '../../../../src/remote/transport/client/link.js';

const servers: Server[] = [];
const connections: Connection[] = [];
afterEach(() => connections.splice(0).forEach((connection) => connection.close()));
afterAll(() => servers.forEach((server) => server.close()));

/** A server that says what `answer` says to each request, by its number among all. */
async function listen(answer: (socket: Socket, request: number) => void): Promise<URL> {
  let requests = 0;
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    let text = '';
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1');
      while (text.includes('\r\n\r\n')) {
        text = text.slice(text.indexOf('\r\n\r\n') + 4);
        answer(socket, requests++);
      }
    });
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

function connect(url: URL, { signal }: { readonly signal?: AbortSignal } = {}): Connection {
  const link = new Link({ compression: 'off', mostBytesPerSecond: undefined, nowMs: () => 0 });
  const connection = new Connection({
    url,
    token: 'secret',
    concurrency: 2,
    signal,
    link,
    reportedCodes: ['COPY_SOURCE_CHANGED'],
  });
  connections.push(connection);
  return connection;
}

const body = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));
const head = (length: number, more = ''): string =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n${more}\r\n`;
const honest = (socket: Socket): void => {
  socket.write(head(body.length));
  socket.write(body);
};

async function receive(connection: Connection): Promise<Buffer> {
  const memory = Buffer.from(new SharedArrayBuffer(body.length));
  await connection.receive({ method: 'POST', path: '/bytes' }, ({ lengthBytes }) =>
    memory.subarray(0, lengthBytes),
  );
  return memory;
}

test('bytes arrive in shared memory, many times over one connection', async () => {
  const sockets = new Set<Socket>();
  const url = await listen((socket) => {
    sockets.add(socket);
    honest(socket);
  });
  const connection = connect(url);
  for (let round = 0; round < 5; round++) {
    expect((await receive(connection)).equals(body)).toBe(true);
  }
  expect(sockets.size).toBe(1);
  expect(connection.traffic.received).toBeGreaterThan(5 * body.length);
});

test('a head and a body that come byte by byte are put together', async () => {
  const text = `${head(3)}abc`;
  const url = await listen((socket) => {
    void (async () => {
      for (const letter of text) {
        socket.write(letter);
        // The client takes it in between.
        await nextTurn();
        await nextTurn();
      }
    })();
  });
  expect((await receive(connect(url))).toString('latin1', 0, 3)).toBe('abc');
});

test('a connection that the server gave up in between is replaced', async () => {
  const url = await listen((socket, request) => {
    if (request === 1) socket.destroy();
    else honest(socket);
  });
  const connection = connect(url);
  await receive(connection);
  expect((await receive(connection)).equals(body)).toBe(true);
});

test('a connection that the server closes after its answer is not used again', async () => {
  const url = await listen((socket) => {
    socket.write(head(body.length, 'Connection: close\r\n'));
    socket.end(body);
  });
  const connection = connect(url);
  await receive(connection);
  expect((await receive(connection)).equals(body)).toBe(true);
});

test('a refusal is told as the server told it', async () => {
  const error = JSON.stringify({ error: { code: 'COPY_SOURCE_CHANGED', message: 'changed' } });
  const url = await listen((socket) =>
    socket.write(`HTTP/1.1 409 Conflict\r\ncontent-length: ${error.length}\r\n\r\n${error}`),
  );
  await expect(receive(connect(url))).rejects.toMatchObject({ code: 'COPY_SOURCE_CHANGED' });
});

describe('an answer that is none fails:', () => {
  test.each([
    ['no HTTP', 'REMOTE_PROTOCOL', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
    ['a status that is not final', 'REMOTE_PROTOCOL', 'HTTP/1.1 100 Continue\r\n\r\n'],
    ['no length', 'REMOTE_PROTOCOL', 'HTTP/1.1 200 OK\r\n\r\n'],
    [
      'a length that is no number',
      'REMOTE_PROTOCOL',
      'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n',
    ],
    [
      'chunks',
      'REMOTE_PROTOCOL',
      'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
    ],
    ['an unterminated header', 'REMOTE_PROTOCOL', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(20_000)}`],
    ['more than announced', 'REMOTE_PROTOCOL', `${head(3)}abcd`],
    [
      'a refusal without bounds',
      'REMOTE_PROTOCOL',
      `HTTP/1.1 404 Not Found\r\nContent-Length: ${2 ** 40}\r\n\r\n`,
    ],
  ])('%s', async (_, code, answer) => {
    const url = await listen((socket) => socket.write(answer));
    await expect(receive(connect(url))).rejects.toMatchObject({ code });
  });

  test('less than announced', async () => {
    const url = await listen((socket) => {
      socket.write(head(body.length));
      socket.end(body.subarray(1));
    });
    await expect(receive(connect(url))).rejects.toMatchObject({ code: 'REMOTE_UNREACHABLE' });
  });

  test('bytes that nobody asked for', async () => {
    const sockets: Socket[] = [];
    const url = await listen((socket) => {
      sockets.push(socket);
      honest(socket);
    });
    const connection = connect(url);
    await receive(connection);
    const [socket] = sockets;
    socket?.write(head(3));
    // The client ends the connection, once it has seen them.
    if (socket) await once(socket, 'close');
    await expect(receive(connection)).rejects.toMatchObject({ code: 'REMOTE_PROTOCOL' });
  });
});

test('nothing more is read until what came may pass', async () => {
  const url = await listen(honest);
  let [taken, waiting] = [0, 0];
  const pass = async (bytes: number): Promise<void> => {
    expect((waiting += 1)).toBe(1);
    taken += bytes;
    // More is there to be read long before.
    for (let turn = 0; turn < 5; turn += 1) await nextTurn();
    waiting -= 1;
  };
  const channel = new ByteChannel({ url, idleMs: 60_000, pass });
  const memory = Buffer.alloc(body.length);
  const request = Buffer.from('GET / HTTP/1.1\r\n\r\n');
  await channel.exchange(request, () => memory);
  channel.close();
  expect(memory.equals(body)).toBe(true);
  expect(taken).toBe(body.length + head(body.length).length);
});

test('an interruption ends what is under way, and what comes later', async () => {
  const controller = new AbortController();
  const url = await listen((socket) => {
    socket.write(head(body.length), () => controller.abort());
  });
  const connection = connect(url, { signal: controller.signal });
  await expect(receive(connection)).rejects.toMatchObject({ code: 'INTERRUPTED' });
  await expect(receive(connection)).rejects.toMatchObject({ code: 'INTERRUPTED' });
});

test.each([
  ['close', true],
  ['Close', true],
  ['keep-alive', false],
])('a channel whose answer says connection: %s is used no more: %j', async (said, isClosed) => {
  const url = await listen((socket) => socket.write(`${head(2, `Connection: ${said}\r\n`)}ab`));
  const channel = new ByteChannel({ url, idleMs: 10_000, pass: () => undefined });
  const memory = Buffer.alloc(2);
  await channel.exchange(Buffer.from('GET / HTTP/1.1\r\n\r\n'), () => memory);
  expect([memory.toString(), channel.socket.destroyed]).toEqual(['ab', isClosed]);
  const again = channel.exchange(Buffer.from('GET / HTTP/1.1\r\n\r\n'), () => memory);
  if (isClosed) await expect(again).rejects.toThrow('the connection is no longer needed');
  else expect(await again).toMatchObject({ status: 200 });
  channel.close();
});

test.each([
  ['https://lake.test', { host: 'lake.test', port: 443, servername: 'lake.test' }],
  ['https://lake.test:8443', { host: 'lake.test', port: 8443, servername: 'lake.test' }],
  ['https://[::1]:8443', { host: '::1', port: 8443 }],
  ['https://127.0.0.1', { host: '127.0.0.1', port: 443 }],
])('%s is asked where it is, by its name if it has one', (url, place) => {
  const connect = vi
    .spyOn(process.getBuiltinModule('node:tls'), 'connect')
    .mockReturnValue(new Socket() as never);
  try {
    const channel = new ByteChannel({ url: new URL(url), idleMs: 1000, pass: () => undefined });
    channel.socket.destroy();
    expect(connect).toHaveBeenCalledOnce();
    const [options] = connect.mock.calls[0] as unknown as [Record<string, unknown>];
    const { host, port, servername } = options;
    expect({ host, port, ...(servername !== undefined && { servername }) }).toEqual(place);
  } finally {
    connect.mockRestore();
  }
});
