/** Requests to a server of the test's own, which says what it is told to. */
import { getEventListeners, once } from 'node:events';
import * as http from 'node:http';
import { Socket, type AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  Connection,
  isVarve,
  type ConnectionOptions,
} from '../../../../src/remote/transport/client/connection.js';
import { Link } from '../../../../src/remote/transport/client/link.js';

const MAX_JSON_BYTES = 64 * 1024;

interface Asked {
  readonly line: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** What was asked, and a connection to who was asked. */
async function lab(
  answer: (outgoing: http.ServerResponse, asked: Asked) => void,
  options: Partial<ConnectionOptions> = {},
) {
  const asked: Asked[] = [];
  const sockets = new Set<Socket>();
  const receive = async (
    incoming: http.IncomingMessage,
    outgoing: http.ServerResponse,
  ): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const { method, url, headers } = incoming;
    const one = { line: `${method} ${url}`, headers, body: Buffer.concat(chunks).toString() };
    asked.push(one);
    answer(outgoing, one);
  };
  const server = http.createServer((incoming, outgoing) => void receive(incoming, outgoing));
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const connection = new Connection({
    url: new URL(`http://127.0.0.1:${port}`),
    token: undefined,
    concurrency: 2,
    signal: undefined,
    link: new Link({ compression: 'off', mostBytesPerSecond: undefined, nowMs: () => 0 }),
    reportedCodes: ['COPY_MISMATCH'],
    ...options,
  });
  onTestFinished(() => {
    connection.close();
    server.closeAllConnections();
    server.close();
  });
  return { asked, sockets, connection, host: `127.0.0.1:${port}` };
}

const text = (status: number, body: string) => (outgoing: http.ServerResponse) =>
  void outgoing.writeHead(status, { 'content-length': Buffer.byteLength(body) }).end(body);

describe('a request', () => {
  test('bears its method, path, headers, body with its length, and the token', async () => {
    const { asked, connection, host } = await lab(text(200, '{"a":1}'), { token: 'secret' });
    const body = [Buffer.from('one '), Buffer.from('two')];
    const request = { method: 'POST', path: '/x?y=%20', body, headers: { 'x-own': '7' } } as const;
    expect(await connection.json(request)).toEqual({ a: 1 });
    await connection.receive(request, (head) => Buffer.alloc(head.lengthBytes));
    await connection.json({ method: 'GET', path: '/z' });
    const expected = {
      line: 'POST /x?y=%20',
      headers: { host, authorization: 'Bearer secret', 'content-length': '7', 'x-own': '7' },
      body: 'one two',
    };
    expect(asked).toMatchObject([
      expected,
      expected,
      { line: 'GET /z', headers: { host, authorization: 'Bearer secret' }, body: '' },
    ]);
  });

  test('bears no token where there is none, and its length also of no body', async () => {
    const { asked, connection } = await lab(text(200, '{}'));
    await connection.json({ method: 'POST', path: '/' });
    await connection.json({ method: 'DELETE', path: '/' });
    await connection.receive({ method: 'GET', path: '/' }, () => Buffer.alloc(2));
    expect(asked.map(({ headers }) => headers['content-length'])).toEqual(['0', undefined, '0']);
    for (const { headers } of asked) expect(headers.authorization).toBeUndefined();
  });

  test('longer than one part comes whole', async () => {
    const { asked, connection } = await lab(text(200, '{}'));
    const body = [Buffer.alloc(600_000, 'a'), Buffer.alloc(0), Buffer.alloc(256 * 1024, 'b')];
    await connection.json({ method: 'POST', path: '/', body });
    expect(asked[0]?.body).toBe(Buffer.concat(body).toString());
  });
});

describe('an answer', () => {
  test.each([200, 201, 299])('of status %i is a success', async (status) => {
    const { connection } = await lab(text(status, '7'));
    expect(await connection.json({ method: 'GET', path: '/' })).toBe(7);
  });

  test.each([
    [300, '', 'REMOTE_PROTOCOL'],
    [404, '', 'PATH_NOT_FOUND'],
    [422, '{"error":{"code":"COPY_MISMATCH","message":"No."}}', 'COPY_MISMATCH'],
    [500, '', 'REMOTE_PROTOCOL'],
  ])('of status %i with %j is the failure %s', async (status, body, code) => {
    const { connection } = await lab(text(status, body));
    const request = { method: 'GET', path: '/' } as const;
    await expect(connection.expect(request)).rejects.toMatchObject({ code });
    const never = (): Uint8Array => expect.unreachable();
    await expect(connection.receive(request, never)).rejects.toMatchObject({ code });
    expect(connection.isLost).toBe(false);
  });

  test('with bytes that is no plain success is a failure', async () => {
    const { connection } = await lab(text(206, 'ab'));
    const request = { method: 'GET', path: '/' } as const;
    const never = (): Uint8Array => expect.unreachable();
    await expect(connection.receive(request, never)).rejects.toMatchObject({
      message: expect.stringContaining('answered with status 206') as string,
    });
  });

  test('that is no JSON, or longer than any document, is refused', async () => {
    const { connection } = await lab((outgoing, { line }) => {
      const length = Number(line.split('/')[1]);
      text(200, `"${'x'.repeat(Math.max(0, length - 2))}"`)(outgoing);
    });
    const ask = (length: number) => connection.json({ method: 'GET', path: `/${length}` });
    expect(await ask(MAX_JSON_BYTES)).toHaveLength(MAX_JSON_BYTES - 2);
    await expect(ask(MAX_JSON_BYTES + 1)).rejects.toMatchObject({
      code: 'REMOTE_PROTOCOL',
      message: expect.stringContaining('a document that is too long') as string,
    });
    const other = await lab(text(200, '<html>'));
    await expect(other.connection.json({ method: 'GET', path: '/' })).rejects.toMatchObject({
      code: 'REMOTE_PROTOCOL',
    });
  });

  test('with bytes that is a refusal longer than any document is not read', async () => {
    for (const [length, message] of [
      [MAX_JSON_BYTES, 'answered with status 500'],
      [MAX_JSON_BYTES + 1, 'a document that is too long'],
    ] as const) {
      const { connection } = await lab(text(500, 'x'.repeat(length)));
      const receiving = connection.receive({ method: 'GET', path: '/' }, () => Buffer.alloc(1));
      await expect(receiving).rejects.toMatchObject({
        message: expect.stringContaining(message) as string,
      });
    }
  });

  test('is of Varve if it says so in this version', async () => {
    const versions = { '/1': '1', '/2': '2', '/11': '11' };
    const { connection } = await lab((outgoing, { line }) => {
      const version = versions[line.slice(4) as keyof typeof versions] as string | undefined;
      outgoing.writeHead(200, version === undefined ? {} : { 'varve-copy': version }).end();
    });
    const isOf = async (path: string): Promise<boolean> => {
      const answer = await connection.send({ method: 'GET', path });
      await connection.text(answer);
      return isVarve(answer);
    };
    const found = [await isOf('/1'), await isOf('/2'), await isOf('/11'), await isOf('/none')];
    expect(found).toEqual([true, false, false, false]);
  });
});

describe('connections', () => {
  test('are kept for the next request, of either kind, and no more than so many are opened', async () => {
    const { sockets, connection } = await lab(text(200, '{}'));
    const receive = () => connection.receive({ method: 'GET', path: '/' }, () => Buffer.alloc(2));
    for (let turn = 0; turn < 3; turn += 1) await receive();
    expect(sockets.size).toBe(1);
    await Promise.all([receive(), receive()]);
    expect(sockets.size).toBe(2);
    await Promise.all([1, 2, 3, 4, 5].map(() => connection.json({ method: 'GET', path: '/' })));
    expect(sockets.size).toBe(4);
    await connection.json({ method: 'GET', path: '/' });
    expect(sockets.size).toBe(4);
  });

  test('that the server gave up meanwhile are opened anew, and the request is made once more', async () => {
    const { asked, sockets, connection } = await lab((outgoing, { line }) => {
      if (line === 'GET /cut') outgoing.destroy();
      else text(200, '{}')(outgoing);
    });
    const receive = (path: string) =>
      connection.receive({ method: 'GET', path }, () => Buffer.alloc(2));
    await receive('/');
    const [socket] = sockets;
    socket!.destroy();
    await once(socket!, 'close');
    await receive('/');
    expect(asked).toHaveLength(2);
    expect(connection.isLost).toBe(false);
    // On a new connection it is nobody's mistake but the server's.
    await expect(receive('/cut')).rejects.toMatchObject({ code: 'REMOTE_UNREACHABLE' });
    expect(asked.filter(({ line }) => line === 'GET /cut')).toHaveLength(2);
    expect(connection.isLost).toBe(true);
  });

  test('are counted to the byte, those that are closed, too', async () => {
    const { sockets, connection } = await lab(text(200, '{"a":"b"}'));
    await connection.json({ method: 'POST', path: '/', body: [Buffer.alloc(1000)] });
    await connection.receive({ method: 'GET', path: '/' }, () => Buffer.alloc(9));
    const count = () => ({
      sent: [...sockets].reduce((sum, { bytesRead }) => sum + bytesRead, 0),
      received: [...sockets].reduce((sum, { bytesWritten }) => sum + bytesWritten, 0),
    });
    const expected = count();
    expect(expected.sent).toBeGreaterThan(1000);
    expect(connection.traffic).toEqual(expected);
    connection.close();
    for (const socket of sockets) if (!socket.closed) await once(socket, 'close');
    await new Promise((resolve) => setImmediate(resolve));
    expect(connection.traffic).toEqual(expected);
  });

  test('end when the copy is interrupted, and none is opened afterwards', async () => {
    const controller = new AbortController();
    const { connection, asked } = await lab(() => controller.abort(), {
      signal: controller.signal,
    });
    const interrupted = { code: 'INTERRUPTED', message: 'The transfer was interrupted.' };
    const request = { method: 'GET', path: '/' } as const;
    await expect(connection.send(request)).rejects.toMatchObject(interrupted);
    await expect(connection.send(request)).rejects.toMatchObject(interrupted);
    const room = (): Uint8Array => Buffer.alloc(1);
    await expect(connection.receive(request, room)).rejects.toMatchObject(interrupted);
    expect(asked).toHaveLength(1);
  });

  test('that cannot be had are said with the address and the reason', async () => {
    const url = new URL('http://127.0.0.1:1');
    const { connection } = await lab(text(200, ''), { url });
    const request = { method: 'GET', path: '/' } as const;
    const unreachable = {
      code: 'REMOTE_UNREACHABLE',
      message: expect.stringMatching(/^127\.0\.0\.1:1 does not answer: .*ECONNREFUSED/) as string,
    };
    await expect(connection.send(request)).rejects.toMatchObject(unreachable);
    await expect(connection.receive(request, () => Buffer.alloc(1))).rejects.toMatchObject(
      unreachable,
    );
    expect(connection.isLost).toBe(true);
  });
});

describe('a server that falls silent', () => {
  const request = { method: 'GET', path: '/' } as const;
  const ways = {
    'a document': (connection: Connection) => connection.json(request),
    'bytes of a file': (connection: Connection) =>
      connection.receive(request, () => Buffer.alloc(100)),
  };
  const silences: readonly (readonly [string, (outgoing: http.ServerResponse) => unknown])[] = [
    ['without an answer', () => undefined],
    ['in the midst of its head', ({ socket }) => socket?.write('HTTP/1.1 200 OK\r\nContent-Le')],
    [
      'behind its head',
      ({ socket }) => socket?.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n'),
    ],
    [
      'in the midst of its body',
      ({ socket }) => socket?.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"a":'),
    ],
  ];

  test.each(
    silences.flatMap(([when, say]) =>
      (Object.keys(ways) as (keyof typeof ways)[]).map((what) => [when, what, say] as const),
    ),
  )('%s is given up after a minute: %s', async (_, what, say) => {
    const timeouts = vi.spyOn(Socket.prototype, 'setTimeout');
    onTestFinished(() => timeouts.mockRestore());
    let hasArrived = (): void => undefined;
    const arrived = new Promise<void>((resolve) => (hasArrived = resolve));
    const { connection, host } = await lab((outgoing) => {
      say(outgoing);
      hasArrived();
    });
    const outcome = ways[what](connection).then(
      () => 'an answer',
      (error: unknown) => error,
    );
    await arrived;
    const port = Number(host.split(':')[1]);
    const ours = (timeouts.mock.contexts as Socket[]).filter(
      ({ remotePort }) => remotePort === port,
    );
    const [socket] = ours;
    // Node tells of it by this event, once that time has passed.
    expect(socket?.timeout).toBe(60_000);
    socket?.emit('timeout');
    expect(await outcome).toMatchObject({
      code: 'REMOTE_UNREACHABLE',
      message: expect.stringContaining('does not answer: no data moved for a minute') as string,
    });
    expect(socket?.destroyed).toBe(true);
    expect(connection.isLost).toBe(true);
  });
});

describe('of what is over nothing is kept', () => {
  interface Held {
    readonly requests: Set<unknown>;
    readonly channels: Set<unknown>;
    readonly sockets: Set<Socket>;
  }
  const held = (connection: Connection): Held => connection as unknown as Held;

  test('of requests', async () => {
    const { connection } = await lab(text(200, '{}'));
    for (let requests = 0; requests < 5; requests += 1)
      await connection.json({ method: 'GET', path: '/' });
    await vi.waitFor(() => expect(held(connection).requests.size).toBe(0));
  });

  test('of connections that the server gave up, but for their bytes', async () => {
    const { connection } = await lab((outgoing) => {
      outgoing.writeHead(200, { 'content-length': 5, connection: 'close' }).end('bytes');
    });
    for (let requests = 0; requests < 5; requests += 1) {
      await connection
        .receive({ method: 'GET', path: '/' }, () => Buffer.alloc(5))
        .catch(() => undefined);
      await connection.text(await connection.send({ method: 'GET', path: '/' }));
    }
    await vi.waitFor(() => expect(held(connection).sockets.size).toBe(0));
    const { received } = connection.traffic;
    expect(received).toBeGreaterThan(500);
    expect(connection.traffic).toEqual({ sent: connection.traffic.sent, received });
  });

  test('of channels that failed', async () => {
    const { connection } = await lab((outgoing) => outgoing.destroy());
    for (let requests = 0; requests < 3; requests += 1) {
      const asked = connection.receive({ method: 'GET', path: '/' }, () => Buffer.alloc(5));
      await expect(asked).rejects.toMatchObject({ code: 'REMOTE_UNREACHABLE' });
    }
    expect(held(connection).channels.size).toBe(0);
  });

  test('of the signal once it is closed', async () => {
    const { signal } = new AbortController();
    const { connection } = await lab(text(200, '{}'), { signal });
    await connection.json({ method: 'GET', path: '/' });
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    connection.close();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
