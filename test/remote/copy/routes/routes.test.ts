/** What all routes of copies have in common: the memory they ask for, and clients that go. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import * as http from 'node:http';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { CodedError, type ErrorCode } from '../../../../src/errors.js';
import type { DraftPiece } from '../../../../src/remote/copy/draft/pieces.js';
import { encodePieces, encodeRanges } from '../../../../src/remote/copy/wire/binary.js';
import { answerOf } from '../../../../src/remote/transport/server/failures.js';
import { openFilesBelow } from '../../../support/open-files.js';
import { ask, type Answer } from '../../../support/requests.js';
import { serveRoutes, type RoutesWithin } from '../../../support/routes-within.js';
import { noise } from '../../../support/seed.js';

const MIB = 1024 * 1024;
const SIZE = 9 * MIB + 5;
const BODY = 33 * MIB;
const content = noise(SIZE, 1);

async function served(): Promise<RoutesWithin & { readonly identity: string }> {
  const server = await serveRoutes();
  writeFileSync(join(server.root, 'file'), content);
  const { body } = await ask(server, '/info?filename=file');
  const { varve } = JSON.parse(body) as { varve: { identity: string } };
  return { ...server, identity: varve.identity };
}

const ranges = encodeRanges([
  { offset: 0, length: 5 * MIB },
  { offset: 3, length: 4 * MIB + 2 },
]);
const file = 'filename=file&method=sha1';

/** Requests that read a file: what each asks of the memory, and what it has threads do. */
const READING: readonly (readonly [string, (identity: string) => string, number, string])[] = [
  ['a list', () => `/v1/list?${file}&block_size=4096`, 2305 * 24, 'hash'],
  ['bytes', (id) => `/v1/read?${file}&identity=${id}`, 9 * MIB + 2, 'read'],
  ['packed bytes', (id) => `/v1/read?${file}&identity=${id}&compress=zstd`, 18 * MIB + 4, 'read'],
  [
    'hashes of pages',
    (id) => `/v1/pages?${file}&identity=${id}&page_size=4096`,
    (1280 + 1025) * 64,
    'digest',
  ],
  ['a block', () => `/blocks?${file}&offset=5&size=100`, 100, 'read'],
  ['a long block', () => `/blocks?${file}&offset=5&size=${SIZE}`, 4 * MIB, 'read'],
  // Two parts at once for the one thread, each of 8 MiB.
  ['hash lines', () => `/hashes?${file}&block_size=${MIB}`, 2 * 8 * 256, 'digest'],
  ['short hash lines', () => `/hashes?${file}&block_size=1024`, 2 * 8192 * 256, 'digest'],
  ['long hash lines', () => `/hashes?${file}&block_size=${9 * MIB}`, 2 * 256, 'digest'],
];
const sends = (path: string): boolean =>
  path.startsWith('/v1/read') || path.startsWith('/v1/pages');
const send = (server: { url: string }, path: string, agent?: http.Agent): Promise<Answer> =>
  ask(server, path, {
    ...(sends(path) && { method: 'POST', body: ranges }),
    ...(agent && { agent }),
  });

describe.each(READING)('%s', (_, pathOf, bytes, job) => {
  test(`asks for ${bytes} bytes of memory, and leaves nothing open`, async () => {
    const server = await served();
    expect((await send(server, pathOf(server.identity))).status).toBe(200);
    expect(server.memory).toEqual([bytes]);
    expect(new Set(server.jobs)).toEqual(new Set([job]));
    await vi.waitFor(() => expect(openFilesBelow(server.root)).toEqual([]));
  });

  test('is not read for a client that goes while it waits for memory', async () => {
    const server = await served();
    const release = server.hold('memory');
    const agent = new http.Agent({ keepAlive: true });
    const asked = send(server, pathOf(server.identity), agent);
    const gone = expect(asked).rejects.toMatchObject({ code: 'ECONNRESET' });
    await vi.waitFor(() => expect(server.memory).toHaveLength(1));
    agent.destroy();
    await gone;
    const socket = server.sockets.at(-1);
    if (socket && !socket.closed) await once(socket, 'close');
    release();
    await vi.waitFor(() => expect(openFilesBelow(server.root)).toEqual([]));
    expect(server.jobs).toEqual([]);
  });
});

test.each([
  ['bytes', (id: string) => `/v1/read?${file}&identity=${id}`, 1],
  ['a long block', () => `/blocks?${file}&offset=0&size=${SIZE}`, 1],
  ['short hash lines', () => `/hashes?${file}&block_size=64`, 2],
] as const)('of %s no more is read for a client that goes', async (_, pathOf, atOnce) => {
  const server = await served();
  const release = server.hold('jobs');
  const agent = new http.Agent({ keepAlive: true });
  const gone = expect(send(server, pathOf(server.identity), agent)).rejects.toMatchObject({
    code: 'ECONNRESET',
  });
  await vi.waitFor(() => expect(server.jobs).toHaveLength(atOnce));
  agent.destroy();
  await gone;
  const socket = server.sockets.at(-1);
  if (socket && !socket.closed) await once(socket, 'close');
  release();
  await vi.waitFor(() => expect(openFilesBelow(server.root)).toEqual([]));
  // What each of those at work leaves room for may have begun.
  expect(server.jobs.length).toBeLessThanOrEqual(2 * atOnce - 1);
});

test.each([
  ['as they are', false, 29 + 100],
  ['compressed', true, 29 + 100 + BODY],
])(
  'pieces that come %s ask for their body, and for all that it may become',
  async (_, isPacked, bytes) => {
    const server = await served();
    const agent = new http.Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const begin = JSON.stringify({ size: 100, block_size: 4096, method: 'sha1' });
    const begun = await ask(server, '/v1/drafts?filename=new', {
      method: 'POST',
      body: begin,
      agent,
    });
    const { id } = JSON.parse(begun.body) as { id: string };
    const pieces: DraftPiece[] = [{ type: 'data', offset: 0, length: 100, at: 0 }];
    await ask(server, `/v1/drafts/${id}/pieces`, {
      method: 'POST',
      body: Buffer.concat([encodePieces(pieces), noise(100, 2)]),
      headers: isPacked ? { 'varve-encoding': 'zstd' } : {},
      agent,
    });
    expect(server.memory).toEqual([bytes]);
  },
);

test.each([
  ['as long as a body', BODY, BODY],
  ['longer than a body', BODY + 1, 4 * MIB],
])('sent blocks %s ask for what they take', async (_, length, bytes) => {
  const server = await served();
  const body = Buffer.alloc(length);
  const answer = await ask(server, '/blocks?filename=file&offset=0', { method: 'POST', body });
  expect([answer.status, server.memory]).toEqual([200, [bytes]]);
});

describe('bounds of requests', () => {
  test('ranges have as many bytes as a body, and no more', async () => {
    const server = await served();
    const path = `/v1/pages?${file}&identity=${server.identity}&page_size=${MIB}`;
    const of = (last: number): Buffer =>
      encodeRanges([...Array<number>(32).fill(MIB), last].map((length) => ({ offset: 0, length })));
    const asked = (last: number): Promise<Answer> =>
      ask(server, path, { method: 'POST', body: of(last) });
    expect((await asked(MIB)).status).toBe(200);
    expect((await asked(MIB + 1)).status).toBe(400);
  });

  test('a name has as many bytes as a path, and no more', async () => {
    const server = await served();
    const named = async (length: number): Promise<number> =>
      (await ask(server, `/info?filename=${'/'.repeat(length - 4)}file`)).status;
    expect([await named(4096), await named(4097)]).toEqual([200, 400]);
  });

  test.each([
    ['pages', 512, 200],
    ['pages', 511, 400],
    ['pages', 16 * MIB, 200],
    ['pages', 16 * MIB + 1, 400],
  ])('%s of %i bytes: %i', async (_, size, status) => {
    const server = await served();
    const path = `/v1/pages?${file}&identity=${server.identity}&page_size=${size}`;
    expect((await send(server, path)).status).toBe(status);
  });

  test.each([
    [15, 400],
    [16, 200],
    [16 * MIB, 200],
    [16 * MIB + 1, 400],
  ])('a list, or a new file, has blocks of %i bytes: %i', async (blockBytes, status) => {
    const server = await served();
    writeFileSync(join(server.root, 'small'), content.subarray(0, 1000));
    const named = 'filename=small&method=sha1';
    const list = await ask(server, `/v1/list?${named}&block_size=${blockBytes}`);
    expect(list.status).toBe(status);
    const body = JSON.stringify({ size: 100, block_size: blockBytes, method: 'sha1' });
    const begun = await ask(server, '/v1/drafts?filename=new', { method: 'POST', body });
    expect(begun.status).toBe(status === 200 ? 201 : status);
  });
});

test('failures of copies have their statuses', async () => {
  const { routes } = await serveRoutes();
  const statusOf = (code: ErrorCode): number =>
    answerOf(new CodedError(code, 'x'), routes.statuses).status;
  for (const code of ['BUSY', 'MISMATCH', 'SOURCE_CHANGED', 'TARGET_CHANGED'] as const)
    expect(statusOf(`COPY_${code}`)).toBe(409);
  expect(statusOf('NOT_A_FILE')).toBe(403);
  expect(statusOf('PATH_NOT_FOUND')).toBe(404);
  expect(statusOf('REMOTE_REQUEST')).toBe(400);
});

test('an old file that is listed for a client that went stays open until it is no longer read', async () => {
  const server = await served();
  const release = server.hold('jobs');
  const agent = new http.Agent({ keepAlive: true });
  const basis = { name: 'old', identity: server.identity };
  const body = JSON.stringify({ size: 100, block_size: 4096, method: 'sha1', basis });
  const begun = ask(server, '/v1/drafts?filename=file', { method: 'POST', body, agent });
  const gone = expect(begun).rejects.toMatchObject({ code: 'ECONNRESET' });
  await vi.waitFor(() => expect(server.jobs.length).toBeGreaterThan(0));
  agent.destroy();
  await gone;
  const socket = server.sockets.at(-1);
  if (socket && !socket.closed) await once(socket, 'close');
  for (let turns = 0; turns < 20; turns += 1) await new Promise((resolve) => setImmediate(resolve));
  const path = join(server.root, 'file');
  expect(openFilesBelow(server.root)).toContain(path);
  release();
  await vi.waitFor(() => expect(openFilesBelow(server.root)).toEqual([]));
});

test('what a client that is gone had begun is given up for the next copy to that file', async () => {
  const server = await served();
  const body = JSON.stringify({ size: 100, block_size: 4096, method: 'sha1' });
  const begin = (agent: http.Agent): Promise<Answer> =>
    ask(server, '/v1/drafts?filename=file', { method: 'POST', body, agent });
  const [first, second] = [1, 2].map(() => new http.Agent({ keepAlive: true })) as [
    http.Agent,
    http.Agent,
  ];
  onTestFinished(() => second.destroy());
  expect((await begin(first)).status).toBe(201);
  expect((await begin(second)).status).toBe(409);
  const [socket] = server.sockets.slice(-2);
  first.destroy();
  if (socket && !socket.closed) await once(socket, 'close');
  expect((await begin(second)).status).toBe(201);
});

test('new files that are under way are given up when the routes are closed', async () => {
  const server = await served();
  const agent = new http.Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  const body = JSON.stringify({ size: 100, block_size: 4096, method: 'sha1' });
  for (const name of ['one', 'two', 'file']) {
    const path = `/v1/drafts?filename=${name}`;
    expect((await ask(server, path, { method: 'POST', body, agent })).status).toBe(201);
  }
  expect(openFilesBelow(server.root).length).toBeGreaterThanOrEqual(3);
  await server.routes.close();
  expect(openFilesBelow(server.root)).toEqual([]);
});
