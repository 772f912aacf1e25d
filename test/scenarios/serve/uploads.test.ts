/** Clients that send: pieces that do not fit, bodies that are not what they are said to be, clients that go. */
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import * as http from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { blake3 } from '../../../src/platform/hash.js';
import { ask, closed, say, statuses, type Answer } from '../../support/requests.js';
import { createCopyLab, type ServerProcess } from '../../support/copy-lab.js';
import { noise } from '../../support/seed.js';

const lab = createCopyLab();
let writable: ServerProcess;

beforeAll(async () => {
  lab.put(lab.root, 'file', noise(100_000));
  writable = await lab.serve('--allow-write', '--compat', 'pdiffcopy');
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

  test('a copy is published once: what is sent again finds nothing to work on', async () => {
    const size = 100;
    const body = JSON.stringify({ size, block_size: 4096, method: 'blake3' });
    const path = '/v1/drafts?filename=once';
    const begun = await ask(writable, path, { method: 'POST', body });
    const { id } = JSON.parse(begun.body) as { id: string };
    const zeros = Buffer.alloc(29);
    zeros.writeUInt32BE(1);
    zeros[4] = 3;
    zeros.writeBigUInt64BE(BigInt(size), 13);
    const put = (): Promise<Answer> =>
      ask(writable, `/v1/drafts/${id}/pieces`, { method: 'POST', body: zeros });
    expect((await put()).status).toBe(200);
    const leaf = Buffer.alloc(36);
    leaf.writeUInt32BE(size);
    leaf.set(blake3(Buffer.alloc(size)), 4);
    const root = JSON.stringify({ root: blake3(leaf).toString('hex') });
    const publish = (): Promise<Answer> =>
      ask(writable, `/v1/drafts/${id}/publish`, { method: 'POST', body: root });
    expect(await publish()).toMatchObject({ status: 200 });
    writeFileSync(join(lab.root, 'once'), 'newer');
    expect((await put()).status).toBe(400);
    expect((await publish()).status).toBe(400);
    expect((await ask(writable, `/v1/drafts/${id}`, { method: 'DELETE' })).status).toBe(200);
    expect(readFileSync(join(lab.root, 'once'), 'utf8')).toBe('newer');
  });

  test('a piece that is sent twice makes no file', async () => {
    const body = JSON.stringify({ size: 200, block_size: 4096, method: 'blake3' });
    const begun = await ask(writable, '/v1/drafts?filename=twice', { method: 'POST', body });
    const { id } = JSON.parse(begun.body) as { id: string };
    const zeros = Buffer.alloc(29);
    zeros.writeUInt32BE(1);
    zeros[4] = 3;
    zeros.writeBigUInt64BE(100n, 13);
    for (let time = 0; time < 2; time++) {
      await ask(writable, `/v1/drafts/${id}/pieces`, { method: 'POST', body: zeros });
    }
    const root = JSON.stringify({ root: '0'.repeat(64) });
    const path = `/v1/drafts/${id}/publish`;
    expect((await ask(writable, path, { method: 'POST', body: root })).status).toBe(409);
    expect(existsSync(join(lab.root, 'twice'))).toBe(false);
  });

  test('a body that ends before its length changes nothing', async () => {
    const { hostname, port } = new URL(writable.url);
    const last = 'Host: localhost\r\nConnection: close\r\n';
    const before = readFileSync(join(lab.root, 'file'));
    for (const path of ['/blocks?filename=file&offset=0', '/v1/drafts?filename=short']) {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => undefined);
      socket.end(`POST ${path} HTTP/1.1\r\n${last}Content-Length: 100\r\n\r\nxxxx`);
      socket.resume();
      await closed(socket);
    }
    expect(readFileSync(join(lab.root, 'file')).equals(before)).toBe(true);
    expect(existsSync(join(lab.root, 'short'))).toBe(false);
  });

  test('what follows a body is the next request, and no part of the body', async () => {
    const answer = await say(
      writable,
      `POST /blocks?filename=longer&offset=0 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 1\r\n\r\nxyz\r\n\r\n`,
    );
    expect(statuses(answer)[0]).toBe('404');
    expect(existsSync(join(lab.root, 'longer'))).toBe(false);
  });
});
