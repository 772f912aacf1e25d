/** pdiffcopy's wire, spoken from its description: its client against our server, ours against its server. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCopyLab, equalFiles, type ServerProcess } from '../../support/copy-lab.js';
import { noise } from '../../support/seed.js';

const lab = createCopyLab();
const BLOCK = 64 * 1024;
const old = noise(7 * BLOCK + 100, 5);
const changed = Buffer.from(old).fill(0, BLOCK + 5, 3 * BLOCK);

/** What pdiffcopy's client does: hash both sides, resize, send the blocks that differ. */
async function pdiffcopyPush(bytes: Buffer, base: string, name: string): Promise<number> {
  const file = `filename=${encodeURIComponent(name)}`;
  const info = await fetch(`${base}/info?${file}`);
  const remote = new Map<number, string>();
  if (info.status === 200) {
    const hashes = await fetch(
      `${base}/hashes?${file}&block_size=${BLOCK}&concurrency=2&method=sha1`,
    );
    for (const line of (await hashes.text()).trimEnd().split('\n')) {
      const [offset, digest = ''] = line.split('\t');
      remote.set(Number(offset), digest);
    }
  }
  await fetch(`${base}/resize?${file}&size=${bytes.length}`, { method: 'POST' });
  let sent = 0;
  for (let offset = 0; offset < bytes.length; offset += BLOCK) {
    const block = bytes.subarray(offset, offset + BLOCK);
    if (remote.get(offset) === createHash('sha1').update(block).digest('hex')) continue;
    await fetch(`${base}/blocks?${file}&offset=${offset}`, {
      method: 'POST',
      body: new Uint8Array(block),
    });
    sent += 1;
  }
  return sent;
}

describe("pdiffcopy's client with `serve --compat pdiffcopy`", () => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await lab.serve('--allow-write', '--compat', 'pdiffcopy');
  });

  test('makes a file, in a directory that is not there yet', async () => {
    await pdiffcopyPush(old, server.url, '/deep/er/file');
    expect(readFileSync(join(lab.root, 'deep/er/file')).equals(old)).toBe(true);
  });

  test('sends what differs, and cuts what is too long', async () => {
    const path = lab.put(lab.root, 'file', Buffer.concat([old, old]));
    expect(await pdiffcopyPush(changed, server.url, '/file')).toBe(3);
    expect(readFileSync(path).equals(changed)).toBe(true);
  });

  test('fetches blocks, also beyond the end', async () => {
    lab.put(lab.root, 'file', old);
    const blocks = `${server.url}/blocks?filename=/file`;
    const last = await fetch(`${blocks}&offset=${7 * BLOCK}&size=${BLOCK}`);
    expect(Buffer.from(await last.arrayBuffer()).equals(old.subarray(7 * BLOCK))).toBe(true);
    expect(
      (await (await fetch(`${blocks}&offset=${9 * BLOCK}&size=5`)).arrayBuffer()).byteLength,
    ).toBe(0);
    const info = await fetch(`${server.url}/info?filename=/file`);
    expect(await info.json()).toMatchObject({ size: old.length });
  });
});

/** What Python calls some hashes; other names are errors to it. */
const HASHLIB: Readonly<Record<string, string>> = {
  sha1: 'sha1',
  sha3_256: 'sha3-256',
  blake2b: 'blake2b512',
  sha512_256: 'sha512-256',
};

/** What pdiffcopy's server does: any absolute path, hash lines in any order. */
interface Faults {
  /** Its list of hashes lacks a line. */
  readonly forgets?: boolean;
  /** What it stores of what it was sent. */
  readonly stores?: (sent: Buffer) => Buffer;
}

function pdiffcopyServer(options: Faults = {}): http.Server {
  return http.createServer((incoming, outgoing) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
      const url = new URL(incoming.url ?? '', 'http://x');
      const get = (name: string): string => url.searchParams.get(name) ?? '';
      const path = get('filename');
      const [offset, size] = [Number(get('offset')), Number(get('size'))];
      const bytes = existsSync(path) ? readFileSync(path) : undefined;
      switch (`${incoming.method} ${url.pathname}`) {
        case 'GET /info':
          outgoing
            .writeHead(bytes ? 200 : 404)
            .end(bytes && JSON.stringify({ size: bytes.length }));
          return;
        case 'GET /hashes': {
          const step = Number(get('block_size'));
          const lines = [];
          for (let at = 0; bytes && at < bytes.length; at += step) {
            const hash = createHash(HASHLIB[get('method')] ?? 'none').update(
              bytes.subarray(at, at + step),
            );
            lines.push(`${at}\t${hash.digest('hex')}\n`);
          }
          outgoing.end(
            lines
              .reverse()
              .slice(options.forgets === true ? 1 : 0)
              .join(''),
          );
          return;
        }
        case 'GET /blocks':
          outgoing.end(bytes?.subarray(offset, offset + size));
          return;
        case 'POST /blocks':
          bytes?.set((options.stores ?? ((sent) => sent))(Buffer.concat(chunks)), offset);
          writeFileSync(path, bytes ?? '');
          outgoing.end();
          return;
        case 'POST /resize':
          mkdirSync(dirname(path), { recursive: true });
          if (!bytes) writeFileSync(path, '');
          truncateSync(path, size);
          outgoing.end();
          return;
        default:
          outgoing.writeHead(404).end();
      }
    })();
  });
}

describe('`varve copy` with a pdiffcopy server', () => {
  const servers: http.Server[] = [];
  const listen = async (server: http.Server): Promise<string> => {
    servers.push(server.listen(0, '127.0.0.1'));
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  afterAll(() => servers.forEach((server) => server.close()));

  test.each([
    ['the same', old, 0],
    ['changed', changed, 4 * BLOCK],
    ['longer', Buffer.concat([old, noise(100_000)]), 3 * BLOCK],
    ['shorter', old.subarray(0, 2 * BLOCK + 3), 2 * BLOCK],
    ['empty', Buffer.alloc(0), 0],
  ])('both ways: %s', async (_, content, most) => {
    const url = await listen(pdiffcopyServer());
    const source = lab.put(lab.here, 'new', content);
    const target = lab.put(lab.root, 'old', old);
    const options = { blockBytes: BLOCK };
    const { bytesSent } = await lab.copyFile(source, `${url}${target}`, options);
    expect(equalFiles(source, target)).toBe(true);
    expect(bytesSent).toBeLessThan(most + 10_000);
    lab.put(lab.root, 'old', old);
    await lab.copyFile(`${url}${source}`, target, options);
    expect(equalFiles(source, target)).toBe(true);
  });

  test('a file that is not there yet is made', async () => {
    const url = await listen(pdiffcopyServer());
    const source = lab.put(lab.here, 'new', old);
    const target = join(lab.root, 'made/here');
    await lab.copyFile(source, `${url}${target}`);
    expect(equalFiles(source, target)).toBe(true);
  });

  test.each([
    ['one bit', (sent: Buffer) => sent.map((byte, at) => (at === 7 ? byte ^ 1 : byte))],
    [
      'the last byte',
      (sent: Buffer) => sent.map((byte, at) => (at < sent.length - 1 ? byte : ~byte)),
    ],
    ['nothing at all', () => Buffer.alloc(0)],
  ] as const)(
    'a server that stores other bytes than were sent is noticed: %s',
    async (_, stores) => {
      const url = await listen(pdiffcopyServer({ stores: (sent) => Buffer.from(stores(sent)) }));
      const source = lab.put(lab.here, 'new', changed);
      for (const before of [old, Buffer.from(changed).fill(9, 0, 2 * BLOCK), Buffer.alloc(0)]) {
        const target = lab.put(lab.root, 'old', before);
        for (const isWholeFile of [false, true]) {
          const copy = lab.copyFile(source, `${url}${target}`, { blockBytes: BLOCK, isWholeFile });
          await expect(copy).rejects.toMatchObject({ code: 'COPY_MISMATCH' });
        }
      }
    },
  );

  test('hash lines that are missing are noticed', async () => {
    const url = await listen(pdiffcopyServer({ forgets: true }));
    const source = lab.put(lab.here, 'new', changed);
    const target = lab.put(lab.root, 'old', old);
    await expect(lab.copyFile(`${url}${source}`, target)).rejects.toMatchObject({
      code: 'REMOTE_PROTOCOL',
    });
    expect(readFileSync(target).equals(old)).toBe(true);
  });

  test.each([1, 8, 15, 17 * 1024 * 1024, 2 ** 40])(
    'blocks of %i bytes are taken, as pdiffcopy takes them',
    async (blockBytes) => {
      const url = await listen(pdiffcopyServer());
      const source = lab.put(lab.here, 'new', changed.subarray(0, 70_000));
      const target = lab.put(lab.root, 'old', old.subarray(0, 71_000));
      await lab.copyFile(source, `${url}${target}`, { blockBytes });
      expect(equalFiles(source, target)).toBe(true);
      lab.put(lab.root, 'old', old.subarray(0, 60_000));
      await lab.copyFile(`${url}${source}`, target, { blockBytes });
      expect(equalFiles(source, target)).toBe(true);
    },
  );

  test('blocks of none are refused, and by Varve all but its own', async () => {
    const url = await listen(pdiffcopyServer());
    const source = lab.put(lab.here, 'new', old);
    const usage = { code: 'USAGE_SIZE' };
    const copied = lab.copyFile(`${url}${source}`, join(lab.root, 'old'), { blockBytes: 0 });
    await expect(copied).rejects.toMatchObject(usage);
    const server = await lab.serve('--allow-write');
    for (const blockBytes of [8, 17 * 1024 * 1024]) {
      const sent = lab.copyFile(source, server.file('other'), { blockBytes });
      await expect(sent).rejects.toMatchObject(usage);
    }
  });

  test.each(['sha3_256', 'blake2b', 'sha512-256', 'SHA3-256'])(
    'the hash %s is asked for by the name that it has there',
    async (method) => {
      const url = await listen(pdiffcopyServer());
      const source = lab.put(lab.here, 'new', changed);
      const target = lab.put(lab.root, 'old', old);
      const { similarity } = await lab.copyFile(source, `${url}${target}`, { method });
      expect(similarity).toBe(0);
      expect(equalFiles(source, target)).toBe(true);
    },
  );

  test.each(['blake3', 'xxh64', 'shake_128'])('the hash %s is none of its', async (method) => {
    const url = await listen(pdiffcopyServer());
    const source = lab.put(lab.here, 'new', changed);
    const target = lab.put(lab.root, 'old', old);
    await expect(lab.copyFile(source, `${url}${target}`, { method })).rejects.toMatchObject({
      code: 'USAGE_HASH_METHOD',
      message: expect.stringContaining('pdiffcopy does not know the hash method') as string,
    });
    expect(readFileSync(target).equals(old)).toBe(true);
  });
});
