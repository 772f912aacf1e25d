/**
 * What a request costs the server is bounded by what was sent and by the bytes that there are: no size,
 * count, offset or length that it merely names becomes memory, a loop, or a hash over unwritten zeros.
 */
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { blake3 } from '../../../src/platform/hash.js';
import { Proof } from '../../../src/remote/copy/draft/proof.js';
import { createCopyLab, type ServerProcess } from '../../support/copy-lab.js';
import { ask, type Answer } from '../../support/requests.js';
import { noise } from '../../support/seed.js';

const lab = createCopyLab();
let server: ServerProcess;
const TIB = 2 ** 40;
const MIB = 1024 * 1024;
/** Far above what a short request needs, far below what it could name. */
const MAX_CPU_MS = 15_000;
/** Of the kernel's clock for processes, the same on every Linux. */
const TICK_MS = 10;
const MAX_GROWTH_BYTES = 250 * MIB;

const sparse = (name: string, sizeBytes: number, at: readonly number[] = []): void => {
  const descriptor = openSync(join(lab.root, name), 'w');
  ftruncateSync(descriptor, sizeBytes);
  at.forEach((position) => writeSync(descriptor, 'x', position));
  closeSync(descriptor);
};
/** The most memory that the server ever had, bytes. */
const peakBytes = (): number => {
  const status = readFileSync(`/proc/${server.process.pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
};
/** What the server has computed so far; a busy machine takes longer, but computes no more. */
const cpuMs = (): number => {
  const fields = readFileSync(`/proc/${server.process.pid}/stat`, 'utf8').split(') ')[1] ?? '';
  const [user, system] = fields.split(' ').slice(11, 13).map(Number);
  return ((user ?? NaN) + (system ?? NaN)) * TICK_MS;
};

beforeAll(async () => {
  lab.put(lab.root, 'file', noise(MIB / 4));
  sparse('hole', TIB, [TIB / 2]);
  sparse('large', 256 * MIB);
  server = await lab.serve('--allow-write', '--compat', 'pdiffcopy', '--no-cache', '--jobs', '2');
  // What every server needs once.
  await ask(server, '/hashes?filename=file&block_size=1024&method=sha1');
});

async function cheaply<T>(work: () => Promise<T>): Promise<T> {
  const [cpu, before] = [cpuMs(), peakBytes()];
  const result = await work();
  expect(cpuMs() - cpu).toBeLessThan(MAX_CPU_MS);
  expect(peakBytes() - before).toBeLessThan(MAX_GROWTH_BYTES);
  return result;
}

type Piece = readonly [type: number, offset: number, length: number, from?: number];
const encode = (pieces: readonly Piece[]): Buffer => {
  const bytes = Buffer.alloc(4 + pieces.length * 25);
  bytes.writeUInt32BE(pieces.length);
  pieces.forEach(([type, offset, length, from = 0], index) => {
    bytes[4 + index * 25] = type;
    [offset, length, from].forEach((value, field) =>
      bytes.writeBigUInt64BE(BigInt(value), 5 + index * 25 + field * 8),
    );
  });
  return bytes;
};

interface Begin {
  readonly size: number;
  readonly block_size: number;
  readonly method?: string;
  readonly of?: string;
}

async function begin(name: string, { of, method = 'blake3', ...sizes }: Begin): Promise<Answer> {
  const info = of === undefined ? undefined : await ask(server, `/info?filename=${of}`);
  const { varve } = JSON.parse(info?.body ?? '{}') as { varve?: { identity: string } };
  const basis = varve && { name: 'old', identity: varve.identity };
  const body = JSON.stringify({ method, ...sizes, basis });
  return ask(server, `/v1/drafts?filename=${of ?? name}`, { method: 'POST', body });
}

const idOf = (answer: Answer): string => {
  expect(answer.status).toBe(201);
  return (JSON.parse(answer.body) as { id: string }).id;
};
const put = (id: string, pieces: readonly Piece[]): Promise<Answer> =>
  ask(server, `/v1/drafts/${id}/pieces`, { method: 'POST', body: encode(pieces) });
const drop = (id: string): Promise<Answer> => ask(server, `/v1/drafts/${id}`, { method: 'DELETE' });

describe('a new file', () => {
  test('of more blocks than a list may have is not begun', async () => {
    for (const [size, block_size] of [
      [TIB, 4096],
      [2 ** 53 - 1, 16 * MIB],
      [2 ** 30, 16],
    ] as const) {
      const answer = await cheaply(() => begin('many', { size, block_size }));
      expect(answer.status).toBe(400);
      expect(answer.body).toContain('has too many blocks');
    }
  });

  test('takes no memory and no hashing for zeros that nobody wrote', async () => {
    const id = idOf(await begin('zeros', { size: TIB, block_size: 16 * MIB }));
    const all = await cheaply(() => put(id, [[3, 0, TIB]]));
    expect(all.status).toBe(400);
    const some = await cheaply(() => put(id, [[3, 0, 256 * MIB]]));
    expect(some.status).toBe(200);
    await drop(id);
  });

  test('does not hash its block of zeros when it is begun', async () => {
    await cheaply(async () => {
      for (let count = 0; count < 100; count++) {
        const request = { size: TIB, block_size: 16 * MIB, method: 'sha3-512' };
        await drop(idOf(await begin(`begun-${count}`, request)));
      }
    });
  });

  test('of the shortest blocks takes as little for a long range as for a short one', async () => {
    const size = 64 * MIB;
    const id = idOf(await begin('short', { size, block_size: 16 }));
    const half = size / 4;
    for (let offset = 0; offset < size; offset += half) {
      expect((await cheaply(() => put(id, [[3, offset, half]]))).status).toBe(200);
    }
    const proof = new Proof(32);
    const bytes = blake3(Buffer.alloc(16));
    proof.addRange(0, size, 16, { bytes, start: 0, strideBytes: 0 });
    const body = JSON.stringify({ root: proof.root(size) });
    const path = `/v1/drafts/${id}/publish`;
    const published = await cheaply(() => ask(server, path, { method: 'POST', body }));
    expect(published).toMatchObject({ status: 200, body: '{"bytes_written":0}' });
  });

  test('is not written to without an end: what is longer than it, or than a request, is refused', async () => {
    const id = idOf(await begin('end', { size: 300 * MIB, block_size: 4096, of: 'large' }));
    expect((await cheaply(() => put(id, [[0, 0, 256 * MIB]]))).status).toBe(200);
    for (const pieces of [
      [[0, 0, 256 * MIB]],
      [[1, 0, 256 * MIB, 0]],
      Array.from({ length: 4096 }, (): Piece => [3, 0, 300 * MIB]),
    ] as Piece[][]) {
      expect((await cheaply(() => put(id, pieces))).status).toBe(400);
    }
    await drop(id);
  });

  test('keeps parts of blocks without a list of them, however short blocks are', async () => {
    const id = idOf(await begin('parts', { size: 64 * MIB, block_size: 64, of: 'large' }));
    const pieces: Piece[] = [[0, 1, 32 * MIB - 1]];
    expect((await cheaply(() => put(id, pieces))).status).toBe(200);
    await drop(id);
  });
});

describe('a list', () => {
  test.each([
    '/v1/list?filename=hole&method=sha512&block_size=',
    '/hashes?filename=hole&method=sha3-512&block_size=',
  ])('of a hole of 1 TiB is made without hashing it: %s', async (path) => {
    const answer = await cheaply(() => ask(server, `${path}${16 * MIB}`));
    expect(answer.status).toBe(200);
    expect(answer.body.length).toBeGreaterThan(65_536 * 64);
  });

  test.each([1, 7, 100_000, 32 * MIB, 1024 * MIB])(
    'of blocks of %i bytes has the lines that pdiffcopy would send',
    async (blockBytes) => {
      const { body } = await cheaply(() =>
        ask(server, `/hashes?filename=file&method=md5&block_size=${blockBytes}`),
      );
      const bytes = readFileSync(join(lab.root, 'file'));
      const lines = [];
      for (let at = 0; at < bytes.length; at += blockBytes) {
        const hash = createHash('md5').update(bytes.subarray(at, at + blockBytes));
        lines.push(`${at}\t${hash.digest('hex')}\n`);
      }
      expect(body === lines.join('')).toBe(true);
    },
  );

  test('of longer blocks than any is refused, and so is one of none', async () => {
    for (const blockBytes of [0, 2 ** 31, 2 ** 53]) {
      const path = `/hashes?filename=hole&method=md5&block_size=${blockBytes}`;
      expect((await cheaply(() => ask(server, path))).status).toBe(400);
    }
  });
});

describe('bytes and names', () => {
  test('a block of any length passes through the memory of a batch, both ways', async () => {
    const bytes = noise(48 * MIB, 3);
    await ask(server, `/resize?filename=big&size=${bytes.length}`, { method: 'POST' });
    const path = '/blocks?filename=big&offset=0';
    const headers = { 'content-length': bytes.length };
    await cheaply(async () => {
      expect((await ask(server, path, { method: 'POST', body: bytes, headers })).status).toBe(200);
    });
    expect(readFileSync(join(lab.root, 'big')).equals(bytes)).toBe(true);
    const { body } = await cheaply(() => ask(server, `${path}&size=${2 ** 53 - 1}`));
    expect(Buffer.from(body, 'latin1').equals(bytes)).toBe(true);
  });

  test('hashes of pages wait for memory like all that is sent', async () => {
    const info = await ask(server, '/info?filename=large');
    const { varve } = JSON.parse(info.body) as { varve: { identity: string } };
    const ranges = Buffer.alloc(16);
    ranges.writeBigUInt64BE(BigInt(33 * MIB), 8);
    const path = `/v1/pages?filename=large&method=sha512&page_size=512&identity=${varve.identity}`;
    await cheaply(async () => {
      const asked = Array.from({ length: 40 }, () =>
        ask(server, path, { method: 'POST', body: ranges }),
      );
      for (const answer of await Promise.all(asked)) expect(answer.status).toBe(200);
    });
  });

  test('a name is no longer than a path may be', async () => {
    const name = 'a/'.repeat(7000);
    for (const [path, method] of [
      [`/info?filename=${name}`, 'GET'],
      [`/resize?size=1&filename=${name}x`, 'POST'],
    ] as const) {
      expect((await cheaply(() => ask(server, path, { method }))).status).toBe(400);
    }
  });

  test('a length that no file has is the refusal of a full disk', async () => {
    const answer = await ask(server, `/resize?filename=endless&size=${2 ** 53 - 1}`, {
      method: 'POST',
    });
    // Some file systems have such files.
    expect([200, 507]).toContain(answer.status);
  });
});
