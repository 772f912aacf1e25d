/** What a server, or the way to it, may do, and that the target stays as it was. */
import { readFileSync } from 'node:fs';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { beforeAll, describe, expect, test } from 'vitest';
import { blake3 } from '../../../src/platform/hash.js';
import { compressBody } from '../../../src/remote/copy/wire/compression.js';
import { createCopyLab, equalFiles, type ServerProcess } from '../../support/copy-lab.js';
import { noise } from '../../support/seed.js';
import { flipped, fragile, only, status, tampered, type Tamper } from '../../support/tampering.js';

const lab = createCopyLab();
const BLOCK = 4096;
const content = noise(10 * BLOCK + 5, 3);
const old = noise(6 * BLOCK, 9);
let honest: ServerProcess;

beforeAll(async () => {
  lab.put(lab.root, 'file', content);
  honest = await lab.serve('--allow-write', '--no-cache');
});

/** Answers without an end, until the client has enough. */
const endless =
  (headers: OutgoingHttpHeaders = {}) =>
  (_: Buffer, answer: ServerResponse): 'taken' => {
    answer.writeHead(200, { 'varve-identity': 'x', ...headers });
    const part = Buffer.alloc(64 * 1024, '[');
    const more = (): void => void answer.write(part, (error) => error ?? setImmediate(more));
    more();
    return 'taken';
  };
/** Says the identity of the honest server at first, another one from the second time on. */
const another = (): Tamper => {
  let times = 0;
  return only('/info', (body) => {
    times += 1;
    return times === 1
      ? body
      : Buffer.from(body.toString().replace('"identity":"', '"identity":"9'));
  });
};

const faults: readonly (readonly [string, string, Tamper])[] = [
  ['a wrong hash in the list', 'COPY_MISMATCH', only('/v1/list', flipped(3 * 36 + 10))],
  ['a wrong byte in a block', 'COPY_MISMATCH', only('/v1/read', flipped(100))],
  [
    'blocks exchanged',
    'COPY_MISMATCH',
    only('/v1/read', (body) =>
      Buffer.concat([
        body.subarray(BLOCK, 2 * BLOCK),
        body.subarray(0, BLOCK),
        body.subarray(2 * BLOCK),
      ]),
    ),
  ],
  ['a short list', 'REMOTE_PROTOCOL', only('/v1/list', (body) => body.subarray(0, -36))],
  ['a long list', 'REMOTE_PROTOCOL', only('/v1/list', (body) => Buffer.concat([body, body]))],
  ['a short block', 'REMOTE_PROTOCOL', only('/v1/read', (body) => body.subarray(1))],
  ['a long block', 'REMOTE_PROTOCOL', only('/v1/read', (body) => Buffer.concat([body, body]))],
  [
    'another size',
    'REMOTE_PROTOCOL',
    only('/info', (body) => Buffer.from(body.toString().replace('"size":40965', '"size":45061'))),
  ],
  [
    'an impossible size',
    'REMOTE_PROTOCOL',
    only('/info', () => Buffer.from('{"size":-1,"varve":{"identity":"x"}}')),
  ],
  [
    'a size beyond all lists',
    'REMOTE_REQUEST',
    only('/info', (body) =>
      Buffer.from(body.toString().replace('"size":40965', '"size":9007199254740991')),
    ),
  ],
  ['no JSON', 'REMOTE_PROTOCOL', only('/info', () => Buffer.from('<html>welcome</html>'))],
  ['an endless document', 'REMOTE_PROTOCOL', only('/info', endless())],
  ['an endless list', 'COPY_SOURCE_CHANGED', only('/v1/list', endless())],
  ['endless bytes', 'REMOTE_PROTOCOL', only('/v1/read', endless())],
  [
    'more bytes than were announced',
    'REMOTE_PROTOCOL',
    only('/v1/read', endless({ 'content-length': 1e15 })),
  ],
  ['endless headers', 'REMOTE_UNREACHABLE', only('/info', status(200, { x: 'x'.repeat(100_000) }))],
  ['another file at the end', 'COPY_SOURCE_CHANGED', another()],
  ['a document of other things', 'REMOTE_PROTOCOL', only('/info', () => Buffer.from('[1,{}]'))],
  [
    'an identity that is no text',
    'REMOTE_PROTOCOL',
    only('/info', () => Buffer.from('{"size":1,"varve":{"identity":{}}}')),
  ],
  [
    'a redirection to a file',
    'REMOTE_PROTOCOL',
    only('/info', status(302, { location: 'file:///etc/passwd' })),
  ],
  [
    'a redirection to another address',
    'REMOTE_PROTOCOL',
    only('/v1/list', status(307, { location: 'http://169.254.169.254/' })),
  ],
  [
    'an error page with status 200',
    'REMOTE_PROTOCOL',
    only('/v1/read', status(200, { 'content-type': 'text/html' }, '<h1>oops</h1>')),
  ],
  ['an error', 'REMOTE_PROTOCOL', only('/v1/read', status(500))],
  [
    'another state of the file',
    'COPY_SOURCE_CHANGED',
    only('/v1/list', status(200, { 'varve-identity': 'other', 'content-length': 0 })),
  ],
  [
    'compressed bytes that were not asked for',
    'REMOTE_PROTOCOL',
    only(
      '/v1/read',
      status(200, { 'varve-encoding': 'zstd', 'content-length': 20 }, 'x'.repeat(20)),
    ),
  ],
  [
    'a connection that is cut',
    'REMOTE_UNREACHABLE',
    only('/v1/read', (body, answer) => {
      answer.writeHead(200, { 'content-length': body.length });
      answer.write(body.subarray(0, 1000), () => answer.destroy());
      return 'taken';
    }),
  ],
];

test.each(faults)('%s: %s, and the target is what it was', async (name, code, tamper) => {
  const url = await tampered(honest.url, tamper);
  const target = lab.put(lab.here, name, old);
  await expect(lab.copyFile(`${url}/file`, target)).rejects.toMatchObject({ code });
  expect(readFileSync(target).equals(old)).toBe(true);
});

test.each([
  ['a wrong hash of a page', 'COPY_MISMATCH', only('/v1/pages', flipped(40))],
  ['too few hashes of pages', 'REMOTE_PROTOCOL', only('/v1/pages', (body) => body.subarray(32))],
] as const)(
  'over a slow link, %s: %s, and the target is what it was',
  async (name, code, tamper) => {
    const url = await tampered(honest.url, tamper);
    const target = lab.put(lab.here, name, Buffer.concat([old, old]));
    const options = { blockBytes: 4 * BLOCK, mostBytesPerSecond: 100_000_000 };
    await expect(lab.copyFile(`${url}/file`, target, options)).rejects.toMatchObject({ code });
    expect(readFileSync(target).equals(Buffer.concat([old, old]))).toBe(true);
  },
);

/** The list of these bytes; no block is looked for elsewhere, so that the weak sums do not matter. */
function entriesOf(bytes: Buffer): Buffer[] {
  return Array.from({ length: bytes.length / BLOCK }, (_, block) => {
    const hash = blake3(bytes.subarray(block * BLOCK, (block + 1) * BLOCK));
    return Buffer.concat([Buffer.alloc(4), hash]);
  });
}

const pushFaults: readonly (readonly [string, string, Tamper])[] = [
  [
    'hashes of blocks that it does not have',
    'COPY_MISMATCH',
    only('/v1/list', () => Buffer.concat(entriesOf(content.subarray(0, old.length)))),
  ],
  ['no number of the copy', 'REMOTE_PROTOCOL', only('/v1/drafts?', () => Buffer.from('{}'))],
  ['a number that is none', 'REMOTE_PROTOCOL', only('/v1/drafts?', () => Buffer.from('{"id":7}'))],
  [
    'the number of another copy',
    'REMOTE_REQUEST',
    only('/v1/drafts?', () => Buffer.from('{"id":"../../info"}')),
  ],
  ['an error for a piece', 'REMOTE_PROTOCOL', only('/v1/drafts/', status(500))],
  ['an endless answer to a piece', 'REMOTE_PROTOCOL', only('/v1/drafts/', endless())],
  [
    'a full disk',
    'DISK_FULL',
    only('/v1/drafts/', status(507, {}, '{"error":{"code":"DISK_FULL","message":"full"}}')),
  ],
  [
    'a code that is not for servers to say',
    'REMOTE_PROTOCOL',
    only('/v1/drafts/', status(400, {}, '{"error":{"code":"REPOSITORY_DAMAGED","message":"x"}}')),
  ],
  [
    'a redirection of the bytes',
    'REMOTE_PROTOCOL',
    only('/v1/drafts/', status(308, { location: 'http://169.254.169.254/' })),
  ],
  [
    'another size of the target',
    'REMOTE_PROTOCOL',
    only('/info', (body) => Buffer.from(body.toString().replace('"size":24576', '"size":28672'))),
  ],
];

test.each(pushFaults)(
  'to a server: %s: %s, and its file is what it was',
  async (name, code, tamper) => {
    const url = await tampered(honest.url, tamper);
    const source = lab.put(lab.here, 'source', content);
    const target = lab.put(lab.root, name, old);
    await expect(lab.copyFile(source, `${url}/${encodeURIComponent(name)}`)).rejects.toMatchObject({
      code,
    });
    expect(readFileSync(target).equals(old)).toBe(true);
  },
);

test('a bomb of compressed bytes is not unpacked', async () => {
  const bomb = Buffer.from(compressBody([Buffer.alloc(64 * 1024 * 1024)]) ?? []);
  const headers = { 'varve-encoding': 'zstd', 'content-length': bomb.length };
  const url = await tampered(
    honest.url,
    only('/v1/read', (_, answer) => {
      answer.writeHead(200, headers).end(bomb);
      return 'taken';
    }),
  );
  const target = lab.put(lab.here, 'bombed', old);
  const copy = lab.copyFile(`${url}/file`, target, { compression: 'on' });
  await expect(copy).rejects.toMatchObject({ code: 'REMOTE_PROTOCOL' });
  expect(readFileSync(target).equals(old)).toBe(true);
});

test('a server that calls files equal without being asked is not believed', async () => {
  const url = await tampered(
    honest.url,
    only('/info', (body) =>
      Buffer.from(body.toString().replace('"varve":{', '"varve":{"equal":true,')),
    ),
  );
  const target = lab.put(lab.here, 'told equal', old);
  await lab.copyFile(`${url}/file`, target);
  expect(readFileSync(target).equals(content)).toBe(true);
});

test('text of a server reaches the terminal without its control characters as the JSON has it', async () => {
  const body = JSON.stringify({ error: { code: 'REMOTE_REFUSED', message: 'no\u001b[31m' } });
  const url = await tampered(honest.url, only('/info', status(403, {}, body)));
  const { code, stdout } = await lab.run(['copy', '--json', `${url}/file`, 'x']);
  expect(code).toBe(1);
  expect(stdout).not.toContain('\u001b');
});

describe('a connection that is cut', () => {
  test.each([1, 200, 700, 1200, 2000, 5000, 20_000, 30_000, 42_000])(
    'after %i bytes leaves the target as it was, and the next copy makes it whole',
    async (bytes) => {
      const url = await fragile(honest.url, bytes);
      const target = lab.put(lab.here, 'target', old);
      await expect(lab.copyFile(`${url}/file`, target)).rejects.toMatchObject({
        code: 'REMOTE_UNREACHABLE',
      });
      expect(readFileSync(target).equals(old)).toBe(true);
      const pushed = lab.put(lab.root, 'pushed', old);
      const source = lab.put(lab.here, 'source', content);
      await expect(
        lab.copyFile(source, `${await fragile(honest.url, bytes)}/pushed`),
      ).rejects.toMatchObject({
        code: 'REMOTE_UNREACHABLE',
      });
      expect(readFileSync(pushed).equals(old)).toBe(true);
      await lab.copyFile(honest.file('file'), target);
      expect(readFileSync(target).equals(content)).toBe(true);
      await lab.copyFile(source, honest.file('pushed'));
      expect(equalFiles(source, pushed)).toBe(true);
    },
  );
});

test('nobody there is said with the address', async () => {
  await expect(lab.copyFile('http://127.0.0.1:9/file', 'x')).rejects.toMatchObject({
    code: 'REMOTE_UNREACHABLE',
  });
});
