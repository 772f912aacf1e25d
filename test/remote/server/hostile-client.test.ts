/** What a client may try, and what it gets: a real server process, requests by hand. */
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import * as http from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { beforeAll, describe, expect, test } from 'vitest';
import { createCopyLab, equalFiles, noise, type ServerProcess } from '../support.js';

const lab = createCopyLab();
const TOKEN = 'correct-horse-battery-staple';
let readOnly: ServerProcess;
let writable: ServerProcess;
let guarded: ServerProcess;

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

interface Asked {
  readonly method?: string;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: string | Buffer;
  /** Keeps its connection; without it, the connection ends with the answer. */
  readonly agent?: http.Agent;
}

/** A request whose path is sent as it is. */
async function ask(
  server: ServerProcess,
  path: string,
  { method = 'GET', headers = {}, body = '', agent }: Asked = {},
): Promise<Answer> {
  const { hostname, port } = new URL(server.url);
  const request = http.request({ hostname, port, path, method, headers, agent: agent ?? false });
  request.end(body);
  const [answer] = (await once(request, 'response')) as [http.IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('latin1');
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: text };
}

beforeAll(async () => {
  lab.put(lab.root, 'file', noise(100_000));
  const outside = lab.put(lab.here, 'secret', Buffer.from('secret'));
  symlinkSync(outside, join(lab.root, 'link'));
  symlinkSync(lab.here, join(lab.root, 'directory-link'));
  mkdirSync(join(lab.root, 'directory'));
  execFileSync('mkfifo', [join(lab.root, 'fifo')]);
  const tokenFile = lab.put(lab.here, 'token', Buffer.from(`${TOKEN}\n`));
  [readOnly, writable, guarded] = await Promise.all([
    lab.serve(),
    lab.serve('--allow-write', '--compat', 'pdiffcopy'),
    lab.serve('--allow-write', '--token-file', tokenFile),
  ]);
});

describe('nothing outside of the root is reached', () => {
  test.each([
    '../here/secret',
    '%2e%2e/here/secret',
    '..%2fhere%2fsecret',
    'directory/../../here/secret',
    '%252e%252e/here/secret',
    '..\\here\\secret',
    'link',
    'directory-link/secret',
    'file%00',
    'fifo',
    'directory',
    '',
    '.',
  ])('by %s', async (name) => {
    for (const path of [
      '/info?',
      '/v1/list?block_size=4096&method=blake3&',
      '/blocks?offset=0&size=9&',
    ]) {
      const { status, body } = await ask(writable, `${path}filename=${name}`);

      expect([403, 404]).toContain(status);
      expect(body).not.toContain('secret"}');
      expect(body).not.toContain(lab.here);
    }
    const headers = { 'content-type': 'application/octet-stream' };
    const sent = await ask(writable, `/resize?size=3&filename=${name}`, {
      method: 'POST',
      headers,
    });
    if (!name.includes('\\') && !name.includes('%252e')) {
      expect(sent.status).toBeGreaterThanOrEqual(400);
    }
    expect(readFileSync(join(lab.here, 'secret'), 'utf8')).toBe('secret');
  });

  test('an absolute path is one below the root', async () => {
    expect((await ask(readOnly, '/info?filename=/file')).status).toBe(200);
    expect((await ask(readOnly, '/info?filename=/etc/passwd')).status).toBe(404);
  });
});

describe('numbers out of bounds are refused', () => {
  test.each(['0', '1', '-1', 'NaN', '1e3', '1099511627776', '9007199254740993', ''])(
    'as a block size: %s',
    async (size) => {
      const path = `/v1/list?filename=file&method=blake3&block_size=${size}`;
      expect((await ask(readOnly, path)).status).toBe(400);
    },
  );
  test.each(['-1', 'NaN', '9007199254740993', '99999999999999999999'])(
    'as an offset: %s',
    async (offset) => {
      const path = `/blocks?filename=file&size=10&offset=${offset}`;
      expect((await ask(writable, path)).status).toBe(400);
    },
  );
  test.each(['none', '', 'md4', '../../x', 'sha1;ls'])('as a hash: %s', async (method) => {
    const path = `/v1/list?filename=file&block_size=4096&method=${method}`;
    expect((await ask(readOnly, path)).status).toBe(400);
  });
  test('as ranges', async () => {
    const { identity } = (
      JSON.parse((await ask(readOnly, '/info?filename=file')).body) as {
        varve: { identity: string };
      }
    ).varve;
    const path = `/v1/read?filename=file&identity=${identity}`;
    const range = (offset: bigint, length: bigint): Buffer => {
      const bytes = Buffer.alloc(16);
      bytes.writeBigUInt64BE(offset);
      bytes.writeBigUInt64BE(length, 8);
      return bytes;
    };
    const flood = Buffer.concat(Array.from({ length: 5000 }, () => range(0n, 1n)));
    const bodies = [
      range(99_999n, 2n),
      range(0n, 0n),
      range(2n ** 63n, 1n),
      range(0n, 2n ** 40n),
      flood,
      Buffer.alloc(15),
      Buffer.alloc(0),
    ];
    for (const body of bodies) {
      expect((await ask(readOnly, path, { method: 'POST', body })).status).toBe(400);
    }
    const answer = await ask(readOnly, path, { method: 'POST', body: range(99_999n, 1n) });
    expect(answer.status).toBe(200);
    expect(answer.body).toHaveLength(1);
  });
});

describe('who may ask', () => {
  test('without the token, nobody; with wrong ones, soon not even with the right one', async () => {
    const authorized = { authorization: `Bearer ${TOKEN}` };
    expect((await ask(guarded, '/info?filename=file')).status).toBe(401);
    expect((await ask(guarded, '/info?filename=file', { headers: authorized })).status).toBe(200);
    for (const wrong of [
      'Bearer',
      `bearer ${TOKEN}x`,
      `Basic ${TOKEN}`,
      `Bearer ${TOKEN} `.repeat(2),
    ]) {
      const { status } = await ask(guarded, '/info?filename=file', {
        headers: { authorization: wrong },
      });
      expect(status).toBe(401);
    }
    const statuses = new Set<number>();
    for (let i = 0; i < 24; i++) {
      statuses.add(
        (await ask(guarded, '/info?filename=file', { headers: { authorization: `Bearer ${i}` } }))
          .status,
      );
    }
    expect(statuses).toContain(429);
  });

  test('no browser', async () => {
    for (const headers of [
      { origin: 'http://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
      { origin: 'null' },
    ]) {
      expect((await ask(readOnly, '/info?filename=file', { headers })).status).toBe(403);
    }
    expect(
      (
        await ask(readOnly, '/info?filename=file', {
          method: 'OPTIONS',
          headers: { origin: 'http://x' },
        })
      ).status,
    ).toBe(403);
  });

  test('nobody by a foreign name', async () => {
    expect(
      (await ask(readOnly, '/info?filename=file', { headers: { host: 'evil.example' } })).status,
    ).toBe(403);
    expect(
      (await ask(readOnly, '/info?filename=file', { headers: { host: 'localhost:80' } })).status,
    ).toBe(200);
  });

  test('nobody writes to a server that is read-only, or speaks pdiffcopy where that is not offered', async () => {
    const begin = await ask(readOnly, '/v1/drafts?filename=new', {
      method: 'POST',
      body: '{"size":1,"block_size":4096,"method":"blake3"}',
    });
    expect(begin.status).toBe(403);
    expect((await ask(readOnly, '/resize?filename=new&size=1', { method: 'POST' })).status).toBe(
      404,
    );
    expect(existsSync(join(lab.root, 'new'))).toBe(false);
  });

  test('a server that others can reach does not start without a token', async () => {
    const { code, stderr } = await lab.run(['serve', '--root', lab.root, '-l', '0.0.0.0:0']);
    expect(code).toBe(1);
    expect(stderr).toContain('Anybody could reach the files through 0.0.0.0.');
  });

  test('the client sends the token of its file or environment', async () => {
    const target = join(lab.here, 'fetched');
    const fresh = await lab.serve('--token-file', join(lab.here, 'token'));
    expect((await lab.run(['copy', fresh.file('file'), target])).code).toBe(1);
    const { code } = await lab.run(['copy', fresh.file('file'), target], { VARVE_TOKEN: TOKEN });
    expect(code).toBe(0);
    expect(equalFiles(target, join(lab.root, 'file'))).toBe(true);
  });
});

describe('what is sent is bounded', () => {
  const begin = async (size: number): Promise<string> => {
    const body = JSON.stringify({ size, block_size: 4096, method: 'blake3' });
    const answer = await ask(writable, `/v1/drafts?filename=draft-${size}`, {
      method: 'POST',
      body,
    });
    expect(answer.status).toBe(201);
    return (JSON.parse(answer.body) as { id: string }).id;
  };
  const piece = (type: number, offset: number, length: number, from = 0): Buffer => {
    const bytes = Buffer.alloc(29);
    bytes.writeUInt32BE(1);
    bytes[4] = type;
    [offset, length, from].forEach((value, index) =>
      bytes.writeBigUInt64BE(BigInt(value), 5 + index * 8),
    );
    return bytes;
  };

  test('pieces must lie within the new file, and rest on what is there', async () => {
    const id = await begin(1000);
    const path = `/v1/drafts/${id}/pieces`;
    const bodies = [
      piece(0, 0, 1000),
      piece(1, 0, 10, 5),
      piece(3, 990, 11),
      piece(3, 0, 0),
      piece(9, 0, 1),
      Buffer.concat([piece(2, 0, 10), Buffer.alloc(9)]),
      Buffer.concat([piece(2, 0, 10), Buffer.alloc(11)]),
      Buffer.concat([piece(2, 0, 5000), Buffer.alloc(5000)]),
      Buffer.from('ffffffff', 'hex'),
    ];
    for (const body of bodies) {
      expect((await ask(writable, path, { method: 'POST', body })).status).toBe(400);
    }
    // Not whole, so never published.
    const root = { root: '0'.repeat(64) };
    const published = await ask(writable, `/v1/drafts/${id}/publish`, {
      method: 'POST',
      body: JSON.stringify(root),
    });
    expect(published.status).toBe(409);
    expect(existsSync(join(lab.root, 'draft-1000'))).toBe(false);
    await ask(writable, `/v1/drafts/${id}`, { method: 'DELETE' });
  });

  test('a second copy to the same file waits until the first is done, or its client gone', async () => {
    const body = '{"size":2000,"block_size":4096,"method":"blake3"}';
    const begins = (agent?: http.Agent): Promise<Answer> =>
      ask(writable, '/v1/drafts?filename=draft-2000', {
        method: 'POST',
        body,
        ...(agent && { agent }),
      });
    const agent = new http.Agent({ keepAlive: true });
    expect((await begins(agent)).status).toBe(201);
    expect((await begins()).status).toBe(409);
    agent.destroy();
    expect((await begins()).status).toBe(201);
  });

  test('a client that goes while its copy is begun, or sends bytes, does not keep its next attempt out', async () => {
    // One thread hashes for one client after the other.
    const server = await lab.serve('--allow-write', '--no-cache', '--jobs', '1');
    lab.put(lab.root, 'basis', noise(1024 * 1024, 6));
    const info = (await ask(server, '/info?filename=basis')).body;
    const { identity } = (JSON.parse(info) as { varve: { identity: string } }).varve;
    const basis = { name: 'old', identity };
    // Blocks this short take the server a while.
    const body = JSON.stringify({ size: 2000, block_size: 16, method: 'sha1', basis });
    const path = '/v1/drafts?filename=basis';
    const { hostname, port } = new URL(server.url);
    const agent = new http.Agent({ keepAlive: true });
    const first = http.request({ hostname, port, path, method: 'POST', agent });
    first.on('error', () => undefined);
    first.end(body);
    // What was sent before this was answered has arrived.
    await ask(server, '/info?filename=basis');
    first.destroy();
    const second = await ask(server, path, { method: 'POST', body, agent });
    expect(second.status).toBe(201);
    const { id } = JSON.parse(second.body) as { id: string };
    const pieces = http.request({
      hostname,
      port,
      path: `/v1/drafts/${id}/pieces`,
      method: 'POST',
      agent,
      headers: { 'content-length': 1000 },
    });
    pieces.on('error', () => undefined);
    pieces.write('x');
    await once(pieces, 'socket');
    expect((await ask(server, path, { method: 'POST', body })).status).toBe(409);
    pieces.destroy();
    agent.destroy();
    expect((await ask(server, path, { method: 'POST', body })).status).toBe(201);
  });

  test('a body without length, or longer than allowed, is refused', async () => {
    const id = await begin(3000);
    const path = `/v1/drafts/${id}/pieces`;
    const long = await ask(writable, path, {
      method: 'POST',
      headers: { 'content-length': 100 * 1024 * 1024 },
    }).catch(() => undefined);
    expect(long?.status ?? 400).toBe(400);
    const chunked = await ask(writable, path, {
      method: 'POST',
      headers: { 'transfer-encoding': 'chunked' },
      body: 'x',
    });
    expect(chunked.status).toBe(400);
    await ask(writable, `/v1/drafts/${id}`, { method: 'DELETE' });
  });

  test.each([
    'GET /info?filename=file HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n',
    `GET /info?filename=${'a'.repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    'POST /v1/read HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  ])(
    'what is no request is answered with an error or nothing, and the server goes on',
    async (text) => {
      const { hostname, port } = new URL(readOnly.url);
      const socket = connect(Number(port), hostname);
      let answer = '';
      socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
      socket.on('error', () => undefined);
      socket.end(text, 'latin1');
      await once(socket, 'close');
      expect(answer).toMatch(/^(HTTP\/1\.1 4\d\d .*)?/);
      expect(answer).not.toMatch(/^HTTP\/1\.1 2/);
      expect((await ask(readOnly, '/info?filename=file')).status).toBe(200);
    },
  );

  test('requests one behind the other on a connection are answered in order', async () => {
    const { hostname, port } = new URL(readOnly.url);
    const socket = connect(Number(port), hostname);
    const one = (name: string, end = ''): string =>
      `GET /info?filename=${name} HTTP/1.1\r\nHost: localhost\r\n${end}\r\n`;
    socket.write(one('file') + one('none') + one('file', 'Connection: close\r\n'));
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    expect(Array.from(answer.matchAll(/HTTP\/1\.1 (\d+)/g), ([, status]) => status)).toEqual([
      '200',
      '404',
      '200',
    ]);
  });
});

test('a server that is interrupted ends at once with 130', async () => {
  const server = await lab.serve();
  server.process.kill('SIGINT');
  const [code] = (await once(server.process, 'close')) as [number];
  expect(code).toBe(130);
});

test('a port that is taken is named', async () => {
  const { code, stderr } = await lab.run([
    'serve',
    '--root',
    lab.root,
    '-l',
    new URL(readOnly.url).port,
  ]);
  expect(code).toBe(1);
  expect(stderr).toContain('cannot be listened on (EADDRINUSE)');
  writeFileSync(join(lab.here, 'empty-token'), '\n');
  const bad = await lab.run([
    'serve',
    '--root',
    lab.root,
    '--token-file',
    join(lab.here, 'empty-token'),
  ]);
  expect(bad.stderr).toContain('does not hold a token');
});
