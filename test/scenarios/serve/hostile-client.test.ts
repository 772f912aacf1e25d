/** What a client may try, and what it gets: a real server process, requests by hand. */
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { ask } from '../../support/requests.js';
import { createCopyLab, equalFiles, type ServerProcess } from '../../support/copy-lab.js';
import { noise } from '../../support/seed.js';
import { makeFifo } from '../../support/special-files.js';

const lab = createCopyLab();
const TOKEN = 'correct-horse-battery-staple';
let readOnly: ServerProcess;
let writable: ServerProcess;
let guarded: ServerProcess;

beforeAll(async () => {
  lab.put(lab.root, 'file', noise(100_000));
  const outside = lab.put(lab.here, 'secret', Buffer.from('secret'));
  symlinkSync(outside, join(lab.root, 'link'));
  symlinkSync(lab.here, join(lab.root, 'directory-link'));
  mkdirSync(join(lab.root, 'directory'));
  makeFifo(join(lab.root, 'fifo'));
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
  test('as lists that would be longer than there are', async () => {
    lab.put(lab.root, 'huge', Buffer.alloc(0));
    truncateSync(join(lab.root, 'huge'), 2 ** 40);
    const { identity } = (
      JSON.parse((await ask(writable, '/info?filename=huge')).body) as {
        varve: { identity: string };
      }
    ).varve;
    const basis = { name: 'old', identity };
    const begin = JSON.stringify({ size: 1, block_size: 4096, method: 'blake3', basis });
    for (const [path, asked] of [
      ['/v1/list?filename=huge&block_size=4096&method=blake3', {}],
      ['/hashes?filename=huge&block_size=4096&method=sha1', {}],
      ['/v1/drafts?filename=huge', { method: 'POST', body: begin }],
    ] as const) {
      expect(await ask(writable, path, asked)).toMatchObject({ status: 400 });
    }
    unlinkSync(join(lab.root, 'huge'));
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
    expect(stderr).toContain('Listening on 0.0.0.0 would expose the files to anyone.');
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
  expect(stderr).toContain(
    `Cannot listen on 127.0.0.1:${new URL(readOnly.url).port} (EADDRINUSE).`,
  );
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
