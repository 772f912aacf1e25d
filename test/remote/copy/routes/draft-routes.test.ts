/** The requests that make a new file: what is refused, what is taken, and that nothing stays open. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
} from 'node:fs';
import { once } from 'node:events';
import * as http from 'node:http';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { bytesFromText } from '../../../../src/platform/bytes.js';
import { compress, compressBound } from '../../../../src/platform/zstd.js';
import { openDraft } from '../../../../src/remote/copy/draft/draft.js';
import { Proof } from '../../../../src/remote/copy/draft/proof.js';
import type { DraftPiece } from '../../../../src/remote/copy/draft/pieces.js';
import { localPlace } from '../../../../src/remote/copy/file/place.js';
import { openListCache } from '../../../../src/remote/copy/hashing/list-cache.js';
import { loadHashMethod } from '../../../../src/remote/copy/hashing/methods.js';
import { encodePieces, encodeRanges } from '../../../../src/remote/copy/wire/binary.js';
import { DraftMemory } from '../../../../src/remote/copy/routes/drafts.js';
import { createCopyRoutes } from '../../../../src/remote/copy/routes/routes.js';
import type { Workers } from '../../../../src/remote/copy/worker/pool.js';
import { createApplication } from '../../../../src/remote/transport/server/application.js';
import { MemoryBudget } from '../../../../src/remote/transport/server/memory-budget.js';
import { openPlatform } from '../../../../src/store.js';
import { createCopyLab } from '../../../support/copy-lab.js';
import { scratchDirectory } from '../../../support/directory.js';
import { startWorkers } from '../../../support/in-thread-workers.js';
import { openFilesBelow } from '../../../support/open-files.js';
import { ask, type Answer } from '../../../support/requests.js';
import { noise } from '../../../support/seed.js';
import { listen } from '../../../support/tampering.js';
import { makeFifo } from '../../../support/special-files.js';

const lab = createCopyLab();
const method = await loadHashMethod('blake3');
const MIB = 1024 * 1024;
const BLOCK = 4096;
const old = noise(3 * BLOCK + 100, 1);
const SIZE = 2 * BLOCK + 50;
const content = noise(SIZE, 2);
const target = join(lab.root, 'target');
let url: string;

beforeAll(async () => {
  mkdirSync(join(lab.root, 'directory'));
  symlinkSync('target', join(lab.root, 'link'));
  makeFifo(join(lab.root, 'fifo'));
  mkdirSync(draftOf('blocked'));
  url = await lab.serveWithin(openPlatform(), { bounds: { mostMemoryBytes: 70 * MIB } });
});
beforeEach(() => {
  lab.put(lab.root, 'target', old);
});

/** A client with one connection: when that ends, what it began is given up. */
function client() {
  const agent = new http.Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  const post = (path: string, body: string | Buffer, headers = {}): Promise<Answer> =>
    ask({ url }, path, { method: 'POST', body, agent, headers });
  const begin = (document: object, name = 'target'): Promise<Answer> => {
    const whole = { size: SIZE, block_size: BLOCK, method: 'blake3', ...document };
    return post(`/v1/drafts?filename=${name}`, JSON.stringify(whole));
  };
  return {
    post,
    begin,
    begun: async (document: object = {}, name = 'target'): Promise<string> => {
      const { status, body } = await begin(document, name);
      expect(status).toBe(201);
      return (JSON.parse(body) as { id: string }).id;
    },
    put: (id: string, pieces: readonly DraftPiece[], data: Uint8Array = Buffer.alloc(0)) =>
      post(`/v1/drafts/${id}/pieces`, Buffer.concat([encodePieces(pieces), data])),
    publish: (id: string, root: string) =>
      post(`/v1/drafts/${id}/publish`, JSON.stringify({ root })),
    drop: (id: string) => ask({ url }, `/v1/drafts/${id}`, { method: 'DELETE', agent }),
  };
}

const codeOf = ({ body }: Answer): string =>
  (JSON.parse(body) as { error: { code: string } }).error.code;

async function identityOf(name: string): Promise<string> {
  const { body } = await ask({ url }, `/info?filename=${name}`);
  return (JSON.parse(body) as { varve: { identity: string } }).varve.identity;
}

/** A file as data, and its whole-file hash. */
const PIECES = Array.from({ length: 3 }, (_, index): DraftPiece => {
  const offset = index * BLOCK;
  return { type: 'data', offset, length: Math.min(BLOCK, SIZE - offset), at: offset };
});
function rootOf(bytes: Buffer): string {
  const proof = new Proof(method.digestBytes);
  for (let offset = 0; offset < bytes.length; offset += BLOCK) {
    const block = bytes.subarray(offset, offset + BLOCK);
    proof.add(offset, block.length, method.digest(block));
  }
  return proof.root(bytes.length);
}
/** Where what a copy to `name` left would be. */
function draftOf(name: string): string {
  const { files } = openPlatform();
  const path = lab.put(lab.root, name, old);
  const before = new Set(readdirSync(lab.root));
  const place = localPlace(files, path);
  openDraft(files, place, 'beside', undefined).close();
  place.close();
  const [draft = ''] = readdirSync(lab.root).filter((one) => !before.has(one));
  rmSync(join(lab.root, draft));
  return join(lab.root, draft);
}
const nothingIsOpen = (): void => expect(openFilesBelow(lab.root)).toEqual([]);

describe('a new file that is refused leaves nothing open, and the next one is begun', () => {
  test.each<readonly [string, object, string, number, string]>([
    ['of blocks too short', { block_size: 15 }, 'target', 400, 'REMOTE_REQUEST'],
    ['of blocks too long', { block_size: 16 * MIB + 1 }, 'target', 400, 'REMOTE_REQUEST'],
    ['by no hash', { method: 'none' }, 'target', 400, 'USAGE_HASH_METHOD'],
    ['of no size', { size: undefined }, 'target', 400, 'REMOTE_PROTOCOL'],
    ['of a size below none', { size: -1 }, 'target', 400, 'REMOTE_PROTOCOL'],
    ['of too many blocks', { size: 2 ** 40 }, 'target', 400, 'REMOTE_REQUEST'],
    [
      'from an old one in another state',
      { basis: { name: 'old', identity: '1' } },
      'target',
      409,
      'COPY_TARGET_CHANGED',
    ],
    [
      'from what nobody left',
      { basis: { name: 'left', identity: '1' } },
      'target',
      409,
      'COPY_TARGET_CHANGED',
    ],
    [
      'from an old one that is not there',
      { basis: { name: 'old', identity: '1' } },
      'none',
      409,
      'COPY_TARGET_CHANGED',
    ],
    [
      'from what is no file',
      { basis: { name: 'new', identity: '1' } },
      'target',
      400,
      'REMOTE_PROTOCOL',
    ],
    ['in the place of a directory', {}, 'directory', 403, 'NOT_A_FILE'],
    ['in the place of a symbolic link', {}, 'link', 403, 'NOT_A_FILE'],
    ['in the place of a fifo', {}, 'fifo', 403, 'NOT_A_FILE'],
    ['whose draft would be a directory', {}, 'blocked', 403, 'NOT_A_FILE'],
    ['below a file', {}, 'target/below', 404, 'PATH_NOT_FOUND'],
    ['outside', {}, '../target', 404, 'PATH_NOT_FOUND'],
  ])('%s', async (_, document, name, status, code) => {
    const { begin, begun, drop } = client();
    for (let tries = 0; tries < 3; tries += 1) {
      const answer = await begin(document, name);
      expect([answer.status, codeOf(answer)]).toEqual([status, code]);
      nothingIsOpen();
    }
    expect(readFileSync(target).equals(old)).toBe(true);
    await drop(await begun());
    nothingIsOpen();
  });

  test('for want of memory, which is had again once another is done', async () => {
    // Lists of 40 MiB: only one fits into what there is.
    lab.put(lab.root, 'listed', Buffer.alloc(17 * MIB));
    lab.put(lab.root, 'other', Buffer.alloc(17 * MIB));
    const document = async (name: string) => ({
      block_size: 16,
      basis: { name: 'old', identity: await identityOf(name) },
    });
    const { begin, begun, drop } = client();
    for (let tries = 0; tries < 2; tries += 1) {
      const id = await begun(await document('listed'), 'listed');
      const refused = await begin(await document('other'), 'other');
      expect([refused.status, codeOf(refused)]).toEqual([409, 'COPY_BUSY']);
      await drop(id);
      nothingIsOpen();
    }
    for (const name of ['listed', 'other']) rmSync(join(lab.root, name));
  });

  test('because there are 256 already, which go on', async () => {
    const { begin, begun, drop } = client();
    const name = (copy: number): string => `among-many-${copy}`;
    const ids: string[] = [];
    for (let copy = 0; copy < 256; copy += 1) ids.push(await begun({ size: 1 }, name(copy)));
    const open = openFilesBelow(lab.root).length;
    for (let tries = 0; tries < 3; tries += 1) {
      const refused = await begin({});
      expect([refused.status, codeOf(refused)]).toEqual([409, 'COPY_BUSY']);
      expect(openFilesBelow(lab.root)).toHaveLength(open);
    }
    await drop(ids[0] as string);
    // What was refused is not in its own way.
    ids.push(await begun());
    for (const id of ids) await drop(id);
    nothingIsOpen();
  });

  test('while another copy makes it: busy, and that one goes on', async () => {
    const [first, second] = [client(), client()];
    const id = await first.begun();
    for (let tries = 0; tries < 3; tries += 1) {
      const answer = await second.begin({});
      expect([answer.status, codeOf(answer)]).toEqual([409, 'COPY_BUSY']);
    }
    expect((await first.put(id, PIECES, content)).status).toBe(200);
    expect((await first.publish(id, rootOf(content))).status).toBe(200);
    expect(readFileSync(target).equals(content)).toBe(true);
    nothingIsOpen();
  });
});

describe('pieces', () => {
  const zeros = (length: number): DraftPiece => ({ type: 'zeros', offset: 0, length });
  const data = PIECES.slice(0, 1);
  const block = content.subarray(0, BLOCK);

  test.each<readonly [string, readonly DraftPiece[], Uint8Array]>([
    ['with less data than they say', data, block.subarray(1)],
    ['with more data than they say', data, Buffer.concat([block, Buffer.alloc(1)])],
    ['with data that none of them has', [zeros(SIZE)], Buffer.alloc(1)],
    ['that are longer than the file', [zeros(SIZE + 1)], Buffer.alloc(0)],
    ['that are longer than a request', [zeros(256 * MIB + 1)], Buffer.alloc(0)],
    ['of what there is no basis for', [{ ...zeros(BLOCK), type: 'keep' }], Buffer.alloc(0)],
  ])('%s are refused, and the others are taken all the same', async (_, pieces, bytes) => {
    const { begun, put, publish } = client();
    const id = await begun();
    const answer = await put(id, pieces, bytes);
    expect([answer.status, codeOf(answer)]).toEqual([400, 'REMOTE_REQUEST']);
    expect((await put(id, PIECES, content)).status).toBe(200);
    expect((await publish(id, rootOf(content))).status).toBe(200);
    expect(readFileSync(target).equals(content)).toBe(true);
  });

  test('have 256 MiB a request, all of them together', async () => {
    const half = 128 * MIB;
    const { begun, put, drop } = client();
    const id = await begun({ size: 4 * half, block_size: MIB });
    const two = (length: number): DraftPiece[] => [
      zeros(half),
      { type: 'zeros', offset: half, length },
    ];
    const long = await put(id, two(half + 1));
    expect([long.status, codeOf(long)]).toEqual([400, 'REMOTE_REQUEST']);
    expect((await put(id, two(half))).status).toBe(200);
    await drop(id);
  });

  test('come compressed where their header says so, and must be as long as they say', async () => {
    const text = Buffer.alloc(SIZE, 'all work and no play ');
    const into = Buffer.alloc(compressBound(SIZE));
    const packed = (bytes: Buffer): Buffer =>
      Buffer.from(into.subarray(0, compress(bytes, into, 1)));
    const { begun, post, publish } = client();
    const id = await begun();
    const put = (bytes: Buffer) =>
      post(`/v1/drafts/${id}/pieces`, Buffer.concat([encodePieces(PIECES), bytes]), {
        'varve-encoding': 'zstd',
      });
    for (const bytes of [
      packed(text.subarray(1)),
      Buffer.concat([packed(text), Buffer.from('x')]),
      packed(text).subarray(1),
      packed(text).subarray(0, -1),
      Buffer.alloc(0),
      text,
    ]) {
      const answer = await put(bytes);
      expect([answer.status, codeOf(answer)]).toEqual([400, 'REMOTE_PROTOCOL']);
    }
    expect((await put(packed(text))).status).toBe(200);
    expect((await publish(id, rootOf(text))).status).toBe(200);
    expect(readFileSync(target).equals(text)).toBe(true);
  });
});

describe('a new file', () => {
  test('is made of the old one, of zeros and of data, and says what was written', async () => {
    const { begun, put, post, publish } = client();
    const basis = { name: 'old', identity: await identityOf('target') };
    const id = await begun({ size: 4 * BLOCK, basis, in_place: true });
    const ranges = encodeRanges([{ offset: 10, length: 2000 }]);
    const pages = await post(`/v1/drafts/${id}/pages?page_size=1000`, ranges);
    const digests = [10, 1010].map((at) => method.digest(old.subarray(at, at + 1000)));
    expect(Buffer.from(pages.body, 'latin1').equals(Buffer.concat(digests))).toBe(true);
    const block = content.subarray(0, BLOCK);
    const pieces: DraftPiece[] = [
      { type: 'keep', offset: 0, length: 2 * BLOCK },
      { type: 'data', offset: 2 * BLOCK, length: BLOCK, at: 0 },
      { type: 'zeros', offset: 3 * BLOCK, length: BLOCK },
    ];
    expect((await put(id, pieces, block)).status).toBe(200);
    const made = Buffer.concat([old.subarray(0, 2 * BLOCK), block, Buffer.alloc(BLOCK)]);
    const published = await publish(id, rootOf(made));
    expect(published).toMatchObject({ status: 200, body: `{"bytes_written":${2 * BLOCK}}` });
    expect(readFileSync(target).equals(made)).toBe(true);
    nothingIsOpen();
  });

  test.each([
    ['none', { mode: undefined, mtime: undefined }, 0o640, undefined],
    ['a mode', { mode: 0o4604 }, 0o604, undefined],
    ['a time', { mtime: [1000, 5] }, 0o640, 1_000_000],
    ['both', { mode: 0o600, mtime: [2000, 0] }, 0o600, 2_000_000],
  ])('has the mode and the time that it is begun with: %s', async (_, document, mode, mtimeMs) => {
    const { begun, put, publish } = client();
    const { files } = openPlatform();
    const descriptor = files.open(target, 'read');
    files.setMode(descriptor, 0o640);
    files.close(descriptor);
    utimesSync(target, 500, 500);
    const id = await begun(document);
    await put(id, PIECES, content);
    expect((await publish(id, rootOf(content))).status).toBe(200);
    const stat = statSync(target);
    expect(stat.mode & 0o7777).toBe(mode);
    if (mtimeMs !== undefined) expect(Math.floor(stat.mtimeMs)).toBe(mtimeMs);
    else expect(stat.mtimeMs).toBeGreaterThan(500_000);
  });

  test('of another hash is not published: it goes on until the right one, or is given up', async () => {
    const { begun, put, publish, drop } = client();
    for (const isPublished of [true, false]) {
      lab.put(lab.root, 'target', old);
      const id = await begun();
      await put(id, PIECES.slice(1), content.subarray(BLOCK));
      for (const root of [rootOf(content), rootOf(old), '', 'x']) {
        const answer = await publish(id, root);
        expect([answer.status, codeOf(answer)]).toEqual([409, 'COPY_MISMATCH']);
      }
      expect(readFileSync(target).equals(old)).toBe(true);
      await put(id, PIECES.slice(0, 1), content.subarray(0, BLOCK));
      expect((await publish(id, rootOf(old))).status).toBe(409);
      expect(readFileSync(target).equals(old)).toBe(true);
      if (isPublished) expect((await publish(id, rootOf(content))).status).toBe(200);
      else expect((await drop(id)).status).toBe(200);
      expect(readFileSync(target).equals(isPublished ? content : old)).toBe(true);
      nothingIsOpen();
    }
  });

  test.each(['pieces', 'pages?page_size=4096', 'publish'])(
    "that is published, given up or nobody's takes no %s",
    async (what) => {
      const { begun, put, publish, drop, post } = client();
      const published = await begun();
      await put(published, PIECES, content);
      await publish(published, rootOf(content));
      const dropped = await begun();
      await drop(dropped);
      for (const id of [published, dropped, '0'.repeat(32), 'x', '%00', published.slice(1)]) {
        const answer = await post(`/v1/drafts/${id}/${what}`, JSON.stringify({ root: '' }));
        expect([answer.status, codeOf(answer)]).toEqual([400, 'REMOTE_REQUEST']);
        expect((await drop(id)).status).toBe(200);
      }
      expect(readFileSync(target).equals(content)).toBe(true);
    },
  );

  test('is counted no longer once it is published: there may be more than 256, one after the other', async () => {
    const { begun, put, publish } = client();
    const root = rootOf(Buffer.alloc(1));
    for (let copies = 0; copies < 260; copies += 1) {
      const id = await begun({ size: 1 }, 'one-of-many');
      await put(id, [{ type: 'zeros', offset: 0, length: 1 }]);
      expect((await publish(id, root)).status).toBe(200);
    }
    nothingIsOpen();
  });

  test('has its directories made for it', async () => {
    const { begun, put, publish } = client();
    const id = await begun({}, 'new/deep/file');
    await put(id, PIECES, content);
    expect(existsSync(join(lab.root, 'new/deep/file'))).toBe(false);
    await publish(id, rootOf(content));
    expect(readFileSync(join(lab.root, 'new/deep/file')).equals(content)).toBe(true);
  });
});

test.each([1, 256])(
  'a client that goes while an old file of %i MiB is listed has no more read for it, and nothing begun',
  async (sizeMib) => {
    const platform = openPlatform();
    const root = scratchDirectory();
    const real = startWorkers(1);
    const jobs: string[] = [];
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const workers: Workers = {
      ...real,
      run: async (job) => {
        jobs.push(job.type);
        await gate;
        return real.run(job);
      },
    };
    const routes = createCopyRoutes({
      platform,
      workers,
      lists: openListCache(platform, undefined),
      memory: new MemoryBudget(MIB),
      draftMemory: new DraftMemory(MIB),
      root: bytesFromText(root),
      allowsWriting: true,
      isPdiffcopy: false,
    });
    const guarded = { platform, token: undefined, hosts: [] };
    const application = createApplication(guarded, [routes]);
    const answer = getRequestListener(application.fetch, { overrideGlobalObjects: false });
    const server = http.createServer((incoming, outgoing) => void answer(incoming, outgoing));
    const sockets: Socket[] = [];
    server.on('connection', (socket) => sockets.push(socket));
    const address = { url: await listen(server) };
    // The longer one has more parts than are hashed at once.
    lab.put(root, 'old', Buffer.alloc(0));
    truncateSync(join(root, 'old'), sizeMib * MIB);
    const info = JSON.parse((await ask(address, '/info?filename=old')).body) as {
      varve: { identity: string };
    };
    const basis = { name: 'old', identity: info.varve.identity };
    const agent = new http.Agent({ keepAlive: true });
    const body = JSON.stringify({ size: 1, block_size: 65_536, method: 'blake3', basis });
    const begun = ask(address, '/v1/drafts?filename=old', { method: 'POST', body, agent });
    const gone = expect(begun).rejects.toMatchObject({ code: 'ECONNRESET' });
    await vi.waitFor(() => expect(jobs).not.toEqual([]));
    const atOnce = jobs.length;
    agent.destroy();
    await gone;
    const socket = sockets.at(-1);
    if (socket && !socket.closed) await once(socket, 'close');
    open();
    await vi.waitFor(() => expect(openFilesBelow(root)).toEqual([]));
    // Whoever is at the gate may still begin the part behind it.
    expect(jobs.length).toBeLessThanOrEqual(2 * atOnce);
    expect(readdirSync(root)).toEqual(['old']);
    await routes.close();
  },
);
