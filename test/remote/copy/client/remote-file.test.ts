/** What a client asks of a Varve server about one file, and what it believes of the answers. */
import * as http from 'node:http';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { ByteString } from '../../../../src/platform/bytes.js';
import { compress, compressBound } from '../../../../src/platform/zstd.js';
import { decodeInfo, RemoteFile } from '../../../../src/remote/copy/client/remote-file.js';
import { loadHashMethod } from '../../../../src/remote/copy/hashing/methods.js';
import { decodePieces, decodeRanges } from '../../../../src/remote/copy/wire/binary.js';
import type { DraftPiece } from '../../../../src/remote/copy/draft/pieces.js';
import { Connection } from '../../../../src/remote/transport/client/connection.js';
import { Link, type Compression } from '../../../../src/remote/transport/client/link.js';
import { listen } from '../../../support/tampering.js';
import { noise } from '../../../support/seed.js';

const method = await loadHashMethod('sha1');
const BLOCK = 4096;
const SIZE = 2 * BLOCK + 10;
/** Three blocks of a weak sum and a hash each. */
const ENTRIES = noise(3 * 24, 1);
const FACTS = { sizeBytes: SIZE, identity: 'a&b', mode: undefined, mtime: undefined };

interface Asked {
  readonly line: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A file of a server that answers as it is told to. */
async function lab(
  answer: (outgoing: http.ServerResponse, asked: Asked) => void,
  compression: Compression = 'off',
) {
  const asked: Asked[] = [];
  const server = http.createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const { method: verb, url, headers } = incoming;
      const one = { line: `${verb} ${url}`, headers, body: Buffer.concat(chunks) };
      asked.push(one);
      answer(outgoing, one);
    });
  });
  const connection = new Connection({
    url: new URL(await listen(server)),
    token: undefined,
    concurrency: 2,
    signal: undefined,
    link: new Link({ compression, mostBytesPerSecond: undefined, nowMs: () => 0 }),
    reportedCodes: ['COPY_MISMATCH'],
  });
  onTestFinished(() => connection.close());
  const left = { ...FACTS, identity: 'left', dataBytes: 7 };
  const facts = { old: FACTS, left, isEqual: false };
  return { asked, connection, file: new RemoteFile(connection, '/f' as ByteString, facts) };
}

const say =
  (body: Uint8Array | string, headers: http.OutgoingHttpHeaders = {}, status = 200) =>
  (outgoing: http.ServerResponse): void =>
    void outgoing.writeHead(status, { 'content-length': body.length, ...headers }).end(body);
const wrongLength = {
  code: 'REMOTE_PROTOCOL',
  message: expect.stringContaining('sent too many or too few bytes') as string,
};

describe('a list', () => {
  const identified = { 'varve-identity': FACTS.identity };
  const request = { blockBytes: BLOCK, method, onHashed: () => undefined };

  test('is that of the file, or of what was left, and tells how far it is', async () => {
    for (const name of ['old', 'left'] as const) {
      const identity = name === 'old' ? FACTS.identity : 'left';
      const { asked, file } = await lab(say(ENTRIES, { 'varve-identity': identity }));
      let hashed = 0;
      const counted = { ...request, onHashed: (bytes: number) => void (hashed += bytes) };
      const listing = await file.list(name, counted);
      await listing.ready(3);
      await listing.settled;
      expect(Buffer.from(listing.list.entries).equals(ENTRIES)).toBe(true);
      expect(hashed).toBe(SIZE);
      const { line } = asked[0] as Asked;
      expect(line).toBe(`GET /v1/list?filename=/f&of=${name}&block_size=4096&method=sha1`);
    }
  });

  test.each<readonly [string, Uint8Array, http.OutgoingHttpHeaders, object]>([
    ['of another state', ENTRIES, { 'varve-identity': 'b' }, { code: 'COPY_SOURCE_CHANGED' }],
    ['of no state', ENTRIES, { 'varve-identity': '' }, { code: 'COPY_SOURCE_CHANGED' }],
    [
      'of the state of what was left',
      ENTRIES,
      { 'varve-identity': 'left' },
      { code: 'COPY_SOURCE_CHANGED' },
    ],
    ['that is an entry short', ENTRIES.subarray(24), identified, wrongLength],
    ['that is a byte short', ENTRIES.subarray(1), identified, wrongLength],
    ['that is a byte long', Buffer.concat([ENTRIES, Buffer.alloc(1)]), identified, wrongLength],
    ['of nothing', Buffer.alloc(0), identified, wrongLength],
  ])('%s is refused', async (_, body, headers, failure) => {
    const { file } = await lab(say(body, headers));
    await expect(file.list('old', request)).rejects.toMatchObject(failure);
  });

  test('that does not say how long it is is refused, however long it is', async () => {
    const { file } = await lab((outgoing) => {
      outgoing.writeHead(200, identified);
      outgoing.write(ENTRIES.subarray(0, 10));
      outgoing.end(ENTRIES.subarray(10));
    });
    await expect(file.list('old', request)).rejects.toMatchObject(wrongLength);
  });

  test('that is stopped is not received to its end', async () => {
    let closed = false;
    const { file } = await lab((outgoing) => {
      outgoing.on('close', () => (closed = true));
      outgoing.writeHead(200, { ...identified, 'content-length': ENTRIES.length });
      outgoing.write(ENTRIES.subarray(0, 30));
    });
    const listing = await file.list('old', request);
    expect(await listing.ready(1)).toBe(1);
    listing.stop();
    await listing.settled;
    await expect(listing.ready(2)).rejects.toMatchObject({ code: 'REMOTE_UNREACHABLE' });
    await vi.waitFor(() => expect(closed).toBe(true));
  });

  test('is of use as far as it has come, and fails where it ends early', async () => {
    const { file } = await lab((outgoing) => {
      outgoing.writeHead(200, { ...identified, 'content-length': ENTRIES.length });
      outgoing.write(ENTRIES.subarray(0, 47));
      connected = outgoing;
    });
    let connected: http.ServerResponse | undefined;
    const listing = await file.list('old', request);
    expect(await listing.ready(1)).toBe(1);
    connected?.destroy();
    await expect(listing.ready(2)).rejects.toMatchObject({ code: 'REMOTE_UNREACHABLE' });
    await listing.settled;
  });
});

describe('bytes', () => {
  const bytes = noise(5000, 2);
  const text = Buffer.alloc(5000, 'all work and no play ');
  const packed = (raw: Buffer): Buffer => {
    const into = Buffer.alloc(compressBound(raw.length));
    return into.subarray(0, compress(raw, into, 1));
  };
  const RANGES = [
    { offset: 7, length: 4000, at: 0 },
    { offset: 5000, length: 1000, at: 4000 },
  ];
  const zstd = { 'varve-encoding': 'zstd' };

  test.each<readonly [string, Buffer, http.OutgoingHttpHeaders, Buffer]>([
    ['as they are', bytes, {}, bytes],
    ['compressed', packed(text), zstd, text],
    ['as they are, whatever is said of as many', bytes, zstd, bytes],
  ])('are read %s', async (_, sent, headers, expected) => {
    const { asked, file } = await lab(say(sent, headers), 'on');
    const into = new SharedArrayBuffer(6000);
    await file.read(RANGES, into);
    expect(Buffer.from(into, 0, 5000).equals(expected)).toBe(true);
    expect(Buffer.from(into, 5000).equals(Buffer.alloc(1000))).toBe(true);
    const { line, body } = asked[0] as Asked;
    expect(line).toBe('POST /v1/read?filename=/f&identity=a%26b&compress=zstd');
    expect(decodeRanges(body)).toEqual(RANGES);
  });

  test.each<readonly [string, Buffer, http.OutgoingHttpHeaders]>([
    ['a byte short', bytes.subarray(1), {}],
    ['a byte long', Buffer.concat([bytes, Buffer.alloc(1)]), {}],
    ['none', Buffer.alloc(0), {}],
    ['short, in another encoding', bytes.subarray(1), { 'varve-encoding': 'gzip' }],
    ['compressed and longer by it', Buffer.concat([bytes, Buffer.alloc(1)]), zstd],
    ['compressed and beyond all memory', Buffer.alloc(0), { ...zstd, 'content-length': 1e14 }],
  ])('are refused that are %s', async (_, sent, headers) => {
    const { asked, file } = await lab(say(sent, headers));
    const reading = file.read(RANGES, new SharedArrayBuffer(5000));
    await expect(reading).rejects.toMatchObject(wrongLength);
    expect(asked[0]?.line).toBe('POST /v1/read?filename=/f&identity=a%26b');
  });

  test('that decompress to fewer or more are refused', async () => {
    for (const raw of [text.subarray(1), Buffer.concat([text, text])]) {
      const { file } = await lab(say(packed(raw), zstd));
      await expect(file.read(RANGES, new SharedArrayBuffer(5000))).rejects.toMatchObject({
        code: 'REMOTE_PROTOCOL',
        message: expect.stringContaining('damaged') as string,
      });
    }
  });

  test('have as many hashes as they have pages, each range from its beginning', async () => {
    // Of 4000 bytes four pages, of 1001 two.
    const ranges = [RANGES[0]!, { offset: 5000, length: 1001 }];
    for (const [pages, failure] of [
      [5, wrongLength],
      [6, undefined],
      [7, wrongLength],
    ] as const) {
      const digests = noise(pages * 20, 3);
      const { asked, file } = await lab(say(digests));
      const hashing = file.hashPages(method)(ranges, 1000);
      if (failure) await expect(hashing).rejects.toMatchObject(failure);
      else expect(Buffer.from(await hashing).equals(digests)).toBe(true);
      expect(asked[0]?.line).toBe(
        'POST /v1/pages?filename=/f&identity=a%26b&method=sha1&page_size=1000',
      );
    }
  });
});

describe('a new file', () => {
  const request = {
    sizeBytes: 30,
    blockBytes: 16,
    method,
    isInPlace: true,
    attributes: { mode: 0o600, mtime: undefined },
  };
  /** A server that takes all. */
  const takeAll = (outgoing: http.ServerResponse, { line }: Asked): void => {
    if (line.includes('/publish')) say('{"bytes_written":12}')(outgoing);
    else say(line.endsWith('filename=/f') ? '{"id":"a/b"}' : '{}')(outgoing);
  };

  test.each([
    [undefined, undefined],
    ['old', { name: 'old', identity: 'a&b' }],
    ['left', { name: 'left', identity: 'left' }],
  ] as const)('is begun, gets its pieces, and is published; from %s', async (name, basis) => {
    const { asked, file } = await lab(takeAll);
    const list = { entries: Buffer.alloc(0) } as never;
    const receiver = await file.begin({ ...request, basis: name && { name, list } });
    const bytes = new SharedArrayBuffer(100);
    const data = noise(100, 4);
    Buffer.from(bytes).set(data);
    // In memory they lie in any order, with gaps; they are sent one after the other.
    const pieces: DraftPiece[] = [
      { type: 'data', offset: 0, length: 10, at: 50 },
      { type: 'keep', offset: 10, length: 5 },
      { type: 'data', offset: 15, length: 5, at: 60 },
      { type: 'data', offset: 20, length: 10, at: 3 },
    ];
    await receiver.put(pieces, bytes);
    await receiver.put([{ type: 'zeros', offset: 0, length: 30 }], bytes);
    expect(await receiver.publish('root')).toBe(12);
    await receiver.close();
    expect(asked.map(({ line }) => line)).toEqual([
      'POST /v1/drafts?filename=/f',
      'POST /v1/drafts/a%2Fb/pieces',
      'POST /v1/drafts/a%2Fb/pieces',
      'POST /v1/drafts/a%2Fb/publish',
      'DELETE /v1/drafts/a%2Fb',
    ]);
    const none = Buffer.alloc(0);
    const bodies = asked.map(({ body }) => body);
    const [begin = none, first = none, second = none, publish = none] = bodies;
    expect(JSON.parse(begin.toString())).toEqual({
      size: 30,
      block_size: 16,
      method: 'sha1',
      in_place: true,
      mode: 0o600,
      ...(basis && { basis }),
    });
    const { headBytes, dataBytes } = decodePieces(first);
    expect(dataBytes).toBe(25);
    const sent = Buffer.concat([data.subarray(50, 65), data.subarray(3, 13)]);
    expect(first.subarray(headBytes).equals(sent)).toBe(true);
    expect(second).toHaveLength(29);
    expect(JSON.parse(publish.toString())).toEqual({ root: 'root' });
  });

  test.each([
    ['on', 'text', true],
    ['on', 'noise', false],
    ['off', 'text', false],
  ] as const)('with --compress %s is sent %s: compressed %j', async (compression, what, packs) => {
    const { asked, file } = await lab(takeAll, compression);
    const receiver = await file.begin({ ...request, basis: undefined });
    const raw = what === 'text' ? Buffer.alloc(1000, 'all work ') : noise(1000, 5);
    const bytes = new SharedArrayBuffer(1000);
    Buffer.from(bytes).set(raw);
    await receiver.put([{ type: 'data', offset: 0, length: 1000, at: 0 }], bytes);
    const { headers, body } = asked[1] as Asked;
    expect(headers['varve-encoding']).toBe(packs ? 'zstd' : undefined);
    if (packs) expect(body.length).toBeLessThan(200);
    else expect(body.subarray(29).equals(raw)).toBe(true);
  });

  test('that is given up leaves its connection free for the next request', async () => {
    const { connection, file } = await lab(takeAll);
    for (let files = 0; files < 10; files += 1) {
      await (await file.begin({ ...request, basis: undefined })).close();
    }
    const { sockets } = connection as unknown as { sockets: Set<unknown> };
    expect(sockets.size).toBe(1);
  });

  test.each([
    ['keeps only', { type: 'keep', offset: 0, length: 30 }, 0],
    ['has data', { type: 'data', offset: 0, length: 30, at: 0 }, 1],
  ] as const)(
    'of which a request %s tells of the speed of the link only by data',
    async (_, piece, times) => {
      const { connection, file } = await lab(takeAll);
      const measured: number[] = [];
      const { link } = connection;
      const measure = link.measure.bind(link);
      link.measure = (bytes, transfer) => {
        measured.push(bytes);
        return measure(bytes, transfer);
      };
      const receiver = await file.begin({ ...request, basis: undefined });
      await receiver.put([piece], new SharedArrayBuffer(30));
      expect(measured).toEqual(Array<number>(times).fill(30));
    },
  );

  test('that is given up fails nothing, and asks no server that is gone', async () => {
    const { asked, connection, file } = await lab((outgoing, one) => {
      if (one.line.startsWith('DELETE')) say('{}', {}, 400)(outgoing);
      else if (one.line.includes('/pieces')) outgoing.destroy();
      else takeAll(outgoing, one);
    });
    const receiver = await file.begin({ ...request, basis: undefined });
    await receiver.close();
    expect(asked.at(-1)?.line).toBe('DELETE /v1/drafts/a%2Fb');
    const zeros: DraftPiece[] = [{ type: 'zeros', offset: 0, length: 30 }];
    await expect(receiver.put(zeros, new SharedArrayBuffer(0))).rejects.toMatchObject({
      code: 'REMOTE_UNREACHABLE',
    });
    expect(connection.isLost).toBe(true);
    const { length } = asked;
    await receiver.close();
    expect(asked).toHaveLength(length);
  });
});

describe('what is known of it', () => {
  const info = (more: object): string =>
    JSON.stringify({ varve: { identity: 'x', ...more }, size: 5 });

  test.each([
    [true, true],
    [false, false],
    [undefined, false],
    [1, false],
    ['true', false],
  ])('is equal only if the server says just that: %j', (equal, isEqual) => {
    expect(decodeInfo(JSON.parse(info({ equal })))).toMatchObject({ isEqual });
  });

  test('is its state now, or none where it is gone', async () => {
    const { asked, file } = await lab(say(info({})));
    expect(await file.identity()).toBe('x');
    expect(asked[0]?.line).toBe('GET /info?filename=/f');
    const { file: gone } = await lab(say('{"varve":{}}'));
    expect(await gone.identity()).toBe('');
  });

  test('is what the file has and what was left each by itself', () => {
    const left = { identity: 'left', size: 7, data_bytes: 3 };
    expect(decodeInfo(JSON.parse(info({ left, mode: 0o600, mtime: [5, 6] })))).toEqual({
      isEqual: false,
      old: { sizeBytes: 5, identity: 'x', mode: 0o600, mtime: { seconds: 5, nanoseconds: 6 } },
      left: { sizeBytes: 7, identity: 'left', mode: undefined, mtime: undefined, dataBytes: 3 },
    });
    expect(decodeInfo({ varve: { left } })).toMatchObject({
      old: undefined,
      left: { dataBytes: 3 },
    });
  });

  test('is nothing where there is none', async () => {
    const { connection } = await lab(say('{}'));
    const none = { old: undefined, left: undefined, isEqual: false };
    const file = new RemoteFile(connection, '/f' as ByteString, none);
    expect(() => file.facts).toThrow(expect.objectContaining({ code: 'PATH_NOT_FOUND' }));
  });
});
