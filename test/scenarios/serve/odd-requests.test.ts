/** What is no request, or one that no honest client sends. */
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { ask, say, statuses } from '../../support/requests.js';
import { createCopyLab, type ServerProcess } from '../../support/copy-lab.js';
import { noise } from '../../support/seed.js';

const lab = createCopyLab();
let readOnly: ServerProcess;
let writable: ServerProcess;

beforeAll(async () => {
  lab.put(lab.root, 'file', noise(100_000));
  [readOnly, writable] = await Promise.all([
    lab.serve(),
    lab.serve('--allow-write', '--compat', 'pdiffcopy'),
  ]);
});

describe('what is asked otherwise than usual', () => {
  const last = 'Host: localhost\r\nConnection: close\r\n';

  test.each([
    'GET /info?filename=file HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n',
    `GET /info?filename=${'a'.repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    'POST /v1/read HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  ])(
    'what is no request is answered with an error or nothing, and the server goes on',
    async (text) => {
      const answer = await say(readOnly, text);
      expect(answer).toMatch(/^(HTTP\/1\.1 4\d\d .*)?/);
      expect(answer).not.toMatch(/^HTTP\/1\.1 2/);
      expect((await ask(readOnly, '/info?filename=file')).status).toBe(200);
    },
  );

  test('requests one after the other on a connection are answered in order', async () => {
    const one = (name: string, end = ''): string =>
      `GET /info?filename=${name} HTTP/1.1\r\nHost: localhost\r\n${end}\r\n`;
    const text = one('file') + one('none') + one('file', 'Connection: close\r\n');
    expect(statuses(await say(readOnly, text))).toEqual(['200', '404', '200']);
  });

  test.each([
    ['an endless extension of a chunk', `1;${'a'.repeat(100_000)}\r\nx\r\n0\r\n\r\n`],
    ['a chunk length beyond all numbers', 'fffffffffffffffff\r\nx'],
    ['a chunk length that is none', '-1\r\nx'],
    ['a thousand trailers', `0\r\n${'X-Trailer: x\r\n'.repeat(2000)}\r\n`],
  ])('chunks are not taken: %s', async (_, chunks) => {
    const answer = await say(
      writable,
      `POST /v1/drafts?filename=chunked HTTP/1.1\r\n${last}Transfer-Encoding: chunked\r\n\r\n${chunks}`,
    );
    expect(statuses(answer)[0] ?? '400').toMatch(/^4\d\d$/);
    expect(existsSync(join(lab.root, 'chunked'))).toBe(false);
  });

  test.each([
    ['CONNECT', 'CONNECT example.org:80 HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['TRACE', `TRACE /info?filename=file HTTP/1.1\r\n${last}\r\n`],
    [
      'an absolute address',
      `GET http://evil.example/info?filename=file HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`,
    ],
    ['a second host', `GET /info?filename=file HTTP/1.1\r\nHost: evil.example\r\n${last}\r\n`],
    ['no host', 'GET /info?filename=file HTTP/1.1\r\nConnection: close\r\n\r\n'],
    ['HTTP of another age', 'GET /info?filename=file\r\n\r\n'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    [
      'more headers than there are',
      `GET /info?filename=file HTTP/1.1\r\n${'A: b\r\n'.repeat(5000)}${last}\r\n`,
    ],
  ])('%s is no way in', async (_, text) => {
    const answer = await say(readOnly, text);
    expect(answer).not.toContain('"size":');
    expect(statuses(answer)[0] ?? '400').toMatch(/^[45]\d\d$/);
  });

  test('headers that ask for parts, other encodings or another protocol change nothing', async () => {
    const plain = await ask(readOnly, '/v1/list?filename=file&block_size=4096&method=blake3');
    for (const headers of [
      { range: `bytes=${Array.from({ length: 1000 }, (_, index) => `${index}-`).join(',')}` },
      { 'accept-encoding': 'br, gzip, zstd' },
      { connection: 'upgrade', upgrade: 'websocket' },
      { expect: '100-continue' },
    ]) {
      const path = '/v1/list?filename=file&block_size=4096&method=blake3';
      const { status, body } = await ask(readOnly, path, { headers });
      expect(status).toBe(200);
      expect(body).toBe(plain.body);
    }
  });

  test('how many threads work is not for clients to say', async () => {
    const path = '/hashes?filename=file&block_size=4096&method=sha1&concurrency=1000000000';
    expect((await ask(writable, path)).status).toBe(200);
    const threads = readdirSync(`/proc/${writable.process.pid}/task`).length;
    expect(threads).toBeLessThan(50);
  });

  test('who sends a thousand requests ahead is cut, and nothing of them stays open', async () => {
    const path = '/hashes?filename=file&block_size=16&method=sha1';
    await say(writable, `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`.repeat(1000));
    const files = join('/proc', String(writable.process.pid), 'fd');
    const isOpen = (name: string): boolean => {
      try {
        return readlinkSync(join(files, name)) === join(lab.root, 'file');
      } catch {
        return false;
      }
    };
    while (readdirSync(files).some(isOpen)) await new Promise(setImmediate);
    expect((await ask(writable, '/info?filename=file')).status).toBe(200);
  });
});
