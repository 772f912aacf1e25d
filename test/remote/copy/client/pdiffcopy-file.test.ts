/** What a client asks of a pdiffcopy server about one file, and what it believes of the answers. */
import { createHash } from 'node:crypto';
import * as http from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ByteString } from '../../../../src/platform/bytes.js';
import { PdiffcopyFile, sizeOf } from '../../../../src/remote/copy/client/pdiffcopy-file.js';
import type { DraftPiece } from '../../../../src/remote/copy/draft/pieces.js';
import { Proof } from '../../../../src/remote/copy/draft/proof.js';
import { digestOf } from '../../../../src/remote/copy/hashing/hash-list.js';
import { loadHashMethod } from '../../../../src/remote/copy/hashing/methods.js';
import { Connection } from '../../../../src/remote/transport/client/connection.js';
import { Link } from '../../../../src/remote/transport/client/link.js';
import { noise } from '../../../support/seed.js';
import { listen } from '../../../support/tampering.js';

const method = await loadHashMethod('sha1');
const BLOCK = 4096;
const content = noise(2 * BLOCK + 10, 1);
const lines = (bytes: Buffer): string =>
  Array.from({ length: Math.ceil(bytes.length / BLOCK) }, (_, index) => {
    const block = bytes.subarray(index * BLOCK, (index + 1) * BLOCK);
    return `${index * BLOCK}\t${createHash('sha1').update(block).digest('hex')}\n`;
  }).join('');

interface Asked {
  readonly line: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}
type Answer = (outgoing: http.ServerResponse, url: URL) => void;
const say =
  (body: string | Uint8Array, status = 200): Answer =>
  (outgoing) =>
    void outgoing.writeHead(status).end(body);
const honest: Answer = (outgoing, url) => {
  const number = (name: string): number => Number(url.searchParams.get(name));
  if (url.pathname === '/info') say(`{"size":${content.length}}`)(outgoing, url);
  else if (url.pathname === '/hashes') say(lines(content))(outgoing, url);
  else if (outgoing.req.method === 'POST') say('')(outgoing, url);
  else say(content.subarray(number('offset'), number('offset') + number('size')))(outgoing, url);
};

/** A file of a server that answers as it is told to. */
async function lab(answer: Answer = honest, sizeBytes: number | undefined = content.length) {
  const asked: Asked[] = [];
  let [active, mostAtOnce] = [0, 0];
  const server = http.createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    active += 1;
    mostAtOnce = Math.max(mostAtOnce, active);
    outgoing.on('finish', () => (active -= 1));
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const { method: verb, url = '', headers } = incoming;
      asked.push({ line: `${verb} ${url}`, headers, body: Buffer.concat(chunks) });
      setImmediate(() => answer(outgoing, new URL(url, 'http://x')));
    });
  });
  const connection = new Connection({
    url: new URL(await listen(server)),
    token: undefined,
    concurrency: 8,
    signal: undefined,
    link: new Link({ compression: 'off', mostBytesPerSecond: undefined, nowMs: () => 0 }),
    reportedCodes: [],
  });
  onTestFinished(() => connection.close());
  const file = new PdiffcopyFile(connection, '/a b' as ByteString, sizeBytes);
  return { asked, connection, file, most: () => mostAtOnce };
}
const NAME = 'filename=/a%20b';
const wrongLength = {
  code: 'REMOTE_PROTOCOL',
  message: expect.stringContaining('sent too many or too few bytes') as string,
};

describe('what is known of it', () => {
  test('is its size alone', async () => {
    const { file } = await lab();
    const facts = {
      sizeBytes: content.length,
      identity: String(content.length),
      mode: undefined,
      mtime: undefined,
    };
    expect([file.old, file.facts]).toEqual([facts, facts]);
    expect(file).toMatchObject({ left: undefined, isEqual: false, hashPages: undefined });
    expect(file.defaults).toEqual({ method: 'sha1', blockBytes: 2 ** 20, takesAnyBlock: true });
  });

  test('is nothing where there is none', async () => {
    const { file } = await lab(honest, NaN);
    expect(file.old).toBeDefined();
    const none = new PdiffcopyFile((await lab()).connection, 'x' as ByteString, undefined);
    expect(none.old).toBeUndefined();
    expect(() => none.facts).toThrow(expect.objectContaining({ code: 'PATH_NOT_FOUND' }));
  });

  test('is asked for anew, to see whether it changed', async () => {
    const { asked, file } = await lab();
    expect(await file.identity()).toBe(file.facts.identity);
    expect(asked[0]?.line).toBe(`GET /info?${NAME}`);
    const { file: grown } = await lab(say('{"size":9}'));
    expect(await grown.identity()).toBe('9');
    for (const wrong of ['{}', '{"size":-1}', '[]', '<html>']) {
      const { file: odd } = await lab(say(wrong));
      await expect(odd.identity()).rejects.toMatchObject({ code: 'REMOTE_PROTOCOL' });
    }
    expect(sizeOf('{"size":7}')).toBe(7);
    expect(() => sizeOf('{"size":"7"}')).toThrow(
      expect.objectContaining({ code: 'REMOTE_PROTOCOL' }),
    );
  });
});

describe('its list', () => {
  const request = { blockBytes: BLOCK, method, onHashed: () => undefined };

  test.each([[['old']], [['left']], [[]]] as const)(
    'has the hashes and no weak sums, and tells that all of it was hashed: %j',
    async (names) => {
      const { asked, file } = await lab();
      let hashed = 0;
      const counted = { ...request, onHashed: (bytes: number) => void (hashed += bytes) };
      const listing = await (file.list as (...all: unknown[]) => ReturnType<typeof file.list>)(
        ...names,
        counted,
      );
      const { list } = listing;
      expect(listing.hasWeakSums).toBe(false);
      expect(hashed).toBe(content.length);
      for (const block of [0, 1, 2]) {
        const bytes = content.subarray(block * BLOCK, (block + 1) * BLOCK);
        expect(Buffer.from(digestOf(list, block)).equals(method.digest(bytes))).toBe(true);
      }
      expect(asked.map(({ line }) => line)).toEqual([
        `GET /hashes?${NAME}&block_size=4096&method=sha1&concurrency=2`,
      ]);
    },
  );

  test('of an empty file is not asked for', async () => {
    const { asked, file } = await lab(say('', 500), 0);
    const { list } = await file.list(request);
    expect([list.entries.length, asked]).toEqual([0, []]);
  });

  test('is asked for by the name that hashlib has for a hash, where it has one', async () => {
    const { asked, file } = await lab(say('', 404));
    const sha = await loadHashMethod('sha512-256');
    await expect(file.list({ ...request, method: sha })).rejects.toThrow();
    expect(asked[0]?.line).toContain('&method=sha512_256&');
    for (const name of ['blake3', 'xxh64']) {
      const unknown = await loadHashMethod(name);
      await expect(file.list({ ...request, method: unknown })).rejects.toMatchObject({
        code: 'USAGE_HASH_METHOD',
        message: `pdiffcopy does not know the hash method "${name}".`,
        hint: expect.stringMatching(/^Use one of these: .*blake2b, .*sha1, .*sha3_256/) as string,
      });
    }
    expect(asked).toHaveLength(1);
  });

  test('is no longer than any', async () => {
    const { asked, file } = await lab(honest, 2 ** 40);
    await expect(file.list({ ...request, blockBytes: 16 })).rejects.toMatchObject({
      code: 'REMOTE_REQUEST',
    });
    expect(asked).toEqual([]);
  });

  test.each([
    ['that lacks a line', lines(content).slice(lines(content).indexOf('\n') + 1)],
    ['that is cut', lines(content).slice(0, -1)],
    ['of nothing', ''],
  ])('%s is refused', async (_, text) => {
    const { file } = await lab(say(text));
    await expect(file.list(request)).rejects.toMatchObject({ code: 'REMOTE_PROTOCOL' });
  });
});

describe('blocks', () => {
  test('are read to where they belong, at most two at a time', async () => {
    const { asked, file, most } = await lab();
    const into = new SharedArrayBuffer(1000);
    const ranges = [
      { offset: 5, length: 300, at: 0 },
      { offset: 4000, length: 200, at: 300 },
      { offset: 100, length: 50, at: 800 },
      { offset: 0, length: 10, at: 990 },
    ];
    await file.read(ranges, into);
    const expected = Buffer.alloc(1000);
    for (const { offset, length, at } of ranges)
      content.copy(expected, at, offset, offset + length);
    expect(Buffer.from(into).equals(expected)).toBe(true);
    expect(asked.map(({ line }) => line)).toContain(`GET /blocks?${NAME}&offset=4000&size=200`);
    expect(most()).toBeLessThanOrEqual(2);
  });

  test.each([
    ['a byte short', 99],
    ['a byte long', 101],
    ['empty', 0],
  ])('that are %s are refused', async (_, length) => {
    const { file } = await lab(say(Buffer.alloc(length)));
    const into = new SharedArrayBuffer(200);
    const reading = file.read([{ offset: 0, length: 100, at: 0 }], into);
    await expect(reading).rejects.toMatchObject(wrongLength);
    // What came too much is nowhere.
    expect(Buffer.from(into, 100).equals(Buffer.alloc(100))).toBe(true);
  });
});

describe('a new file', () => {
  const request = {
    sizeBytes: content.length,
    blockBytes: BLOCK,
    method,
    isInPlace: true,
    basis: undefined,
    attributes: { mode: undefined, mtime: undefined },
  };
  const rootOf = (bytes: Buffer): string => {
    const proof = new Proof(method.digestBytes);
    for (let at = 0; at < bytes.length; at += BLOCK) {
      const block = bytes.subarray(at, at + BLOCK);
      proof.add(at, block.length, method.digest(block));
    }
    return proof.root(bytes.length);
  };

  test('gets its size first, then what differs, each piece to its place, and is hashed once more', async () => {
    const { asked, file, most } = await lab();
    const receiver = await file.begin(request);
    expect(receiver.hashPages).toBeUndefined();
    expect(asked.map(({ line }) => line)).toEqual([`POST /resize?${NAME}&size=${content.length}`]);
    const bytes = new SharedArrayBuffer(BLOCK);
    Buffer.from(bytes).set(content.subarray(0, BLOCK));
    const pieces: DraftPiece[] = [
      { type: 'data', offset: 0, length: 100, at: 50 },
      { type: 'keep', offset: 100, length: 500 },
      { type: 'zeros', offset: 600, length: 30 },
      { type: 'copy', offset: 700, length: 5, from: 0 },
      { type: 'data', offset: 800, length: 40, at: 0 },
      { type: 'zeros', offset: 900, length: 3 },
    ];
    await receiver.put(pieces, bytes);
    const sent = asked.slice(1);
    expect(sent.map(({ line }) => line).toSorted()).toEqual(
      [0, 600, 800, 900].map((offset) => `POST /blocks?${NAME}&offset=${offset}`).toSorted(),
    );
    const bodyAt = (offset: number) => sent.find(({ line }) => line.endsWith(`=${offset}`))!;
    expect(bodyAt(0).body.equals(content.subarray(50, 150))).toBe(true);
    expect(bodyAt(800).body.equals(content.subarray(0, 40))).toBe(true);
    expect(bodyAt(600).body.equals(Buffer.alloc(30))).toBe(true);
    expect(bodyAt(0).headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': '100',
    });
    expect(most()).toBeLessThanOrEqual(2);
    expect(await receiver.publish(rootOf(content))).toBe(173);
    await receiver.close();
    expect(asked.at(-1)?.line).toContain('GET /hashes?');
  });

  test('that is another there is a mismatch', async () => {
    const { file } = await lab();
    const receiver = await file.begin(request);
    const other = Buffer.from(content);
    other[content.length - 1]! ^= 1;
    await expect(receiver.publish(rootOf(other))).rejects.toMatchObject({
      code: 'COPY_MISMATCH',
      message: 'The file on the server differs from the source.',
    });
  });

  test.each(['/resize', '/blocks'])('that is refused at %s fails', async (path) => {
    const { file } = await lab((outgoing, url) =>
      url.pathname === path ? say('no', 500)(outgoing, url) : honest(outgoing, url),
    );
    const work = async (): Promise<void> => {
      const receiver = await file.begin(request);
      await receiver.put([{ type: 'zeros', offset: 0, length: 5 }], new SharedArrayBuffer(0));
    };
    await expect(work()).rejects.toMatchObject({ code: 'REMOTE_PROTOCOL' });
  });

  test('of many pieces is sent over few connections: each answer is read to its end', async () => {
    const { asked, connection, file } = await lab((outgoing, url) => say('ok')(outgoing, url));
    const receiver = await file.begin(request);
    const pieces = Array.from({ length: 30 }, (_, offset): DraftPiece => ({
      type: 'zeros',
      offset,
      length: 1,
    }));
    await receiver.put(pieces, new SharedArrayBuffer(0));
    expect(asked).toHaveLength(31);
    const { sockets } = connection as unknown as { sockets: Set<unknown> };
    expect(sockets.size).toBeLessThanOrEqual(2);
  });
});
