/** What pdiffcopy's client may ask: which bytes it gets and writes, what is refused, what stays open. */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { openPlatform } from '../../../../src/store.js';
import { createCopyLab } from '../../../support/copy-lab.js';
import { openFilesBelow } from '../../../support/open-files.js';
import { ask, type Answer } from '../../../support/requests.js';
import { noise } from '../../../support/seed.js';

const lab = createCopyLab();
const MIB = 1024 * 1024;
const SIZE = 9 * MIB + 77;
const content = noise(SIZE, 1);
const path = join(lab.root, 'file');
let url: string;

beforeAll(async () => {
  mkdirSync(join(lab.root, 'directory'));
  symlinkSync('file', join(lab.root, 'link'));
  url = await lab.serveWithin(openPlatform(), { isPdiffcopy: true });
});
beforeEach(() => {
  lab.put(lab.root, 'file', content);
  lab.put(lab.root, 'huge', Buffer.alloc(0));
  truncateSync(join(lab.root, 'huge'), 2 ** 40);
});

const get = (query: string, of = url): Promise<Answer> => ask({ url: of }, query);
const post = (query: string, body: Buffer | string = '', of = url): Promise<Answer> =>
  ask({ url: of }, query, {
    method: 'POST',
    body,
    headers: { 'content-length': Buffer.byteLength(body) },
  });
const bytesOf = ({ body }: Answer): Buffer => Buffer.from(body, 'latin1');
const nothingIsOpen = (): Promise<void> =>
  vi.waitFor(() => expect(openFilesBelow(lab.root)).toEqual([]));

describe('blocks that are fetched', () => {
  test.each([
    ['the first byte', 0, 1],
    ['the last byte', SIZE - 1, 1],
    ['the last byte and more', SIZE - 1, 100],
    ['no bytes', 5, 0],
    ['bytes at the end', SIZE, 5],
    ['bytes behind the end', SIZE + 5, 5],
    ['one batch', 3, 4 * MIB],
    ['one batch and a byte', 3, 4 * MIB + 1],
    ['all in several batches', 0, SIZE],
    ['more than all', 0, Number.MAX_SAFE_INTEGER],
  ])('have the bytes that there are: %s', async (_, offset, size) => {
    const answer = await get(`/blocks?filename=file&offset=${offset}&size=${size}`);
    const expected = content.subarray(offset, offset + size);
    expect(answer).toMatchObject({
      status: 200,
      headers: {
        'content-length': String(expected.length),
        'content-type': 'application/octet-stream',
      },
    });
    expect(bytesOf(answer).equals(expected)).toBe(true);
    await nothingIsOpen();
  });
});

describe('blocks that are sent', () => {
  test.each([
    ['nothing', 5, 0],
    ['over the first byte', 0, 1],
    ['over the last byte', SIZE - 1, 1],
    ['over the end', SIZE - 10, 100],
    ['behind the end', SIZE + 1000, 10],
    ['as long as a body', 17, 33 * MIB],
    ['longer than a body, part by part', 17, 33 * MIB + 1],
  ])('are written where they belong: %s', async (_, offset, length) => {
    const bytes = noise(length, 2);
    const answer = await post(`/blocks?filename=file&offset=${offset}`, bytes);
    expect([answer.status, answer.body]).toEqual([200, '']);
    const expected = Buffer.alloc(Math.max(SIZE, length === 0 ? 0 : offset + length));
    content.copy(expected);
    bytes.copy(expected, offset);
    expect(readFileSync(path).equals(expected)).toBe(true);
    await nothingIsOpen();
  });
});

describe('a size that is set', () => {
  test.each([
    ['no bytes', 0],
    ['one byte less', SIZE - 1],
    ['what it has', SIZE],
    ['one byte more', SIZE + 1],
  ])('cuts or lengthens the file: %s', async (_, size) => {
    const { ino } = statSync(path);
    expect((await post(`/resize?filename=file&size=${size}`)).status).toBe(200);
    const expected = Buffer.alloc(size);
    content.copy(expected);
    expect(readFileSync(path).equals(expected)).toBe(true);
    expect(statSync(path).ino).toBe(ino);
    await nothingIsOpen();
  });

  test('makes a file as any new one, and its directories', async () => {
    const usual = statSync(lab.put(lab.root, 'usual', Buffer.alloc(0))).mode;
    expect((await post('/resize?filename=new/deep/file&size=7')).status).toBe(200);
    const made = join(lab.root, 'new/deep/file');
    expect(readFileSync(made).equals(Buffer.alloc(7))).toBe(true);
    expect(statSync(made).mode).toBe(usual);
    await nothingIsOpen();
    rmSync(join(lab.root, 'new'), { recursive: true });
  });
});

describe('hash lines', () => {
  test.each([1000, MIB, 4 * MIB + 1, SIZE, SIZE + 1, 1024 * MIB])(
    'are those of blocks of %i bytes',
    async (blockBytes) => {
      const answer = await get(`/hashes?filename=file&method=sha1&block_size=${blockBytes}`);
      expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'text/plain' } });
      const lines = Array.from({ length: Math.ceil(SIZE / blockBytes) }, (_, index) => {
        const block = content.subarray(index * blockBytes, (index + 1) * blockBytes);
        return `${index * blockBytes}\t${createHash('sha1').update(block).digest('hex')}\n`;
      });
      expect(answer.body === lines.join('')).toBe(true);
      await nothingIsOpen();
    },
  );

  test('of an empty file are none', async () => {
    lab.put(lab.root, 'empty', Buffer.alloc(0));
    const answer = await get('/hashes?filename=empty&method=sha1&block_size=1');
    expect([answer.status, answer.body]).toEqual([200, '']);
    await nothingIsOpen();
  });
});

/** Requests with something in place of `filename=file`. */
const REQUESTS = [
  ['hashes', 'GET', '/hashes?{}&method=sha1&block_size=4096'],
  ['blocks', 'GET', '/blocks?{}&offset=0&size=10'],
  ['sent blocks', 'POST', '/blocks?{}&offset=0'],
  ['a size', 'POST', '/resize?{}&size=3'],
] as const;

describe.each(REQUESTS)('%s', (what, method, request) => {
  const send = (query: string, of = url): Promise<Answer> => {
    const asked = request.replace('{}', query);
    return method === 'GET' ? get(asked, of) : post(asked, 'bytes', of);
  };

  test.each([
    ['a directory', 'filename=directory', 403, 'NOT_A_FILE'],
    ['a symbolic link', 'filename=link', 403, 'NOT_A_FILE'],
    ['what is below a file', 'filename=file/below', 404, 'PATH_NOT_FOUND'],
    ['what is outside', 'filename=../here', 404, 'PATH_NOT_FOUND'],
    ['no name', 'name=file', 400, 'REMOTE_REQUEST'],
    ['a name that is too long', `filename=${'x/'.repeat(2049)}`, 400, 'REMOTE_REQUEST'],
  ])('of %s are refused, and nothing is changed or stays open', async (_, query, status, code) => {
    for (let tries = 0; tries < 3; tries += 1) {
      const answer = await send(query);
      const { error } = JSON.parse(answer.body) as { error: { code: string } };
      expect([answer.status, error.code]).toEqual([status, code]);
      expect(openFilesBelow(lab.root)).toEqual([]);
    }
    expect(readFileSync(path).equals(content)).toBe(true);
  });

  test('of what is not there are not found, or it is made', async () => {
    const { status } = await send('filename=none');
    expect(status).toBe(what === 'a size' ? 200 : 404);
    expect(existsSync(join(lab.root, 'none'))).toBe(what === 'a size');
    rmSync(join(lab.root, 'none'), { force: true });
    await nothingIsOpen();
  });

  test('are not answered where pdiffcopy is not served', async () => {
    const without = await lab.serveWithin(openPlatform());
    const { status, body } = await send('filename=file', without);
    expect([status, body]).toEqual([
      404,
      '{"error":{"code":"REMOTE_REQUEST","message":"No such request."}}',
    ]);
    expect(readFileSync(path).equals(content)).toBe(true);
  });
});

test.each([
  ['hashes of blocks of none', 'GET', '/hashes?filename=file&method=sha1&block_size=0'],
  ['hashes of longer blocks', 'GET', `/hashes?filename=file&method=sha1&block_size=${2 ** 30 + 1}`],
  [
    'hashes of more blocks than a list has',
    'GET',
    '/hashes?filename=huge&method=sha1&block_size=16',
  ],
  ['hashes by no method', 'GET', '/hashes?filename=file&method=none&block_size=4096'],
  ['blocks from nowhere', 'GET', '/blocks?filename=file&size=1'],
  ['blocks of no length', 'GET', '/blocks?filename=file&offset=1'],
  ['sent blocks to nowhere', 'POST', '/blocks?filename=file'],
  ['sent blocks beyond all files', 'POST', `/blocks?filename=file&offset=${2 ** 53 - 2}`],
  ['no size', 'POST', '/resize?filename=file'],
  ['no size of a new file', 'POST', '/resize?filename=no-size/file'],
  ['a size below none', 'POST', '/resize?filename=file&size=-1'],
])('%s are refused: 400', async (_, method, query) => {
  const answer = method === 'GET' ? await get(query) : await post(query, 'bytes');
  expect(answer.status).toBe(400);
  expect(openFilesBelow(lab.root)).toEqual([]);
  expect(readFileSync(path).equals(content)).toBe(true);
  expect(existsSync(join(lab.root, 'no-size'))).toBe(false);
});
