/** The requests that read a file: what they give, to whom, and that nothing of them stays open. */
import { appendFileSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { decompress } from '../../../../src/platform/zstd.js';
import type { FileSystem } from '../../../../src/platform/files.js';
import { openDraft } from '../../../../src/remote/copy/draft/draft.js';
import { localPlace } from '../../../../src/remote/copy/file/place.js';
import { createHashList } from '../../../../src/remote/copy/hashing/hash-list.js';
import { loadHashMethod } from '../../../../src/remote/copy/hashing/methods.js';
import { encodeRanges } from '../../../../src/remote/copy/wire/binary.js';
import { openPlatform } from '../../../../src/store.js';
import { createCopyLab } from '../../../support/copy-lab.js';
import { filesWithAt } from '../../../support/faulty-files.js';
import { startWorkers } from '../../../support/in-thread-workers.js';
import { openFilesBelow } from '../../../support/open-files.js';
import { ask, type Answer } from '../../../support/requests.js';
import { noise } from '../../../support/seed.js';

const lab = createCopyLab();
const platform = openPlatform();
const method = await loadHashMethod('sha1');
const MIB = 1024 * 1024;
const BLOCK = 4096;
const SIZE = 100_000;
const content = noise(SIZE, 1);
const LAST = SIZE - 1;
let url: string;

beforeAll(async () => {
  lab.put(lab.root, 'file', content);
  mkdirSync(join(lab.root, 'directory'));
  url = await lab.serveWithin(platform);
});

type Range = readonly [offset: number, length: number];
const rangesOf = (ranges: readonly Range[]): Buffer =>
  encodeRanges(ranges.map(([offset, length]) => ({ offset, length })));
const bytesOf = ({ body }: Answer): Buffer => Buffer.from(body, 'latin1');

async function identityOf(name: string, of = url): Promise<string> {
  const { body } = await ask({ url: of }, `/info?filename=${name}`);
  return (JSON.parse(body) as { varve: { identity: string } }).varve.identity;
}

/** What a request with ranges is answered. */
async function post(path: string, ranges: readonly Range[], of = url): Promise<Answer> {
  const body = rangesOf(ranges);
  return ask({ url: of }, path.replace('{identity}', await identityOf('file', of)), {
    method: 'POST',
    body,
  });
}

describe('a request that is refused is answered so, and its file is closed', () => {
  const read = '/v1/read?filename=file&identity={identity}';
  const pages = '/v1/pages?filename=file&identity={identity}&method=sha1&page_size=4096';
  const whole: readonly Range[] = [[0, SIZE]];

  test.each<readonly [string, string, readonly Range[], number, string]>([
    ...[read, pages].flatMap((path) => {
      const name = path.slice(4, 8);
      return [
        [`${name} in another state`, path.replace('{', '1{'), whole, 409, 'COPY_SOURCE_CHANGED'],
        [`${name} in no state`, path.replace('&identity={identity}', ''), whole, 409, ''],
        [`${name} one byte beyond the end`, path, [[0, SIZE + 1]], 400, 'REMOTE_REQUEST'],
        [`${name} behind the end`, path, [[SIZE, 1]], 400, 'REMOTE_REQUEST'],
        [`${name} of no bytes`, path, [[5, 0]], 400, 'REMOTE_REQUEST'],
        [`${name} of no ranges`, path, [], 400, 'REMOTE_REQUEST'],
        [
          `${name} of which only the last does not fit`,
          path,
          [
            [0, 1],
            [LAST, 1],
            [LAST, 2],
          ],
          400,
          'REMOTE_REQUEST',
        ],
        [`${name} of more than a body`, path, Array<Range>(400).fill([0, SIZE]), 400, ''],
        [`${name} of nothing`, path.replace('=file', '=none'), whole, 404, 'PATH_NOT_FOUND'],
        [`${name} of a directory`, path.replace('=file', '=directory'), whole, 403, 'NOT_A_FILE'],
        [`${name} of no name`, path.replace('filename=file&', ''), whole, 400, 'REMOTE_REQUEST'],
      ] as const;
    }),
    ['pages too short', pages.replace('4096', '511'), whole, 400, 'REMOTE_REQUEST'],
    ['pages too long', pages.replace('4096', `${16 * MIB + 1}`), whole, 400, 'REMOTE_REQUEST'],
    ['pages by no hash', pages.replace('sha1', 'none'), whole, 400, 'USAGE_HASH_METHOD'],
  ])('%s', async (_, path, ranges, status, code) => {
    for (let tries = 0; tries < 3; tries += 1) {
      const answer = await post(path, ranges);
      expect(answer.status).toBe(status);
      const { error } = JSON.parse(answer.body) as { error: { code: string } };
      expect(error.code).toContain(code);
    }
    expect(openFilesBelow(lab.root)).toEqual([]);
  });

  test.each([
    ['of blocks too short', 'filename=file&method=sha1&block_size=15', 400],
    ['of blocks too long', `filename=file&method=sha1&block_size=${16 * MIB + 1}`, 400],
    ['by no hash', 'filename=file&method=none&block_size=4096', 400],
    ['of nothing', 'filename=none&method=sha1&block_size=4096', 404],
    ['of a directory', 'filename=directory&method=sha1&block_size=4096', 403],
    ['of a file with too many blocks', 'filename=huge&method=sha1&block_size=16', 400],
  ])('a list %s', async (_, query, status) => {
    lab.put(lab.root, 'huge', Buffer.alloc(0));
    truncateSync(join(lab.root, 'huge'), 2 ** 40);
    expect((await ask({ url }, `/v1/list?${query}`)).status).toBe(status);
    expect(openFilesBelow(lab.root)).toEqual([]);
  });
});

describe('bytes', () => {
  test.each<readonly [string, readonly Range[]]>([
    ['the first one', [[0, 1]]],
    ['the last one', [[LAST, 1]]],
    ['all', [[0, SIZE]]],
    [
      'ranges in any order, also twice',
      [
        [70_000, 5],
        [3, 40_000],
        [3, 40_000],
        [SIZE - 7, 7],
      ],
    ],
  ])('come as they are asked for: %s', async (_, ranges) => {
    const expected = Buffer.concat(ranges.map(([at, length]) => content.subarray(at, at + length)));
    const answer = await post('/v1/read?filename=file&identity={identity}', ranges);
    expect(answer).toMatchObject({
      status: 200,
      headers: { 'content-length': String(expected.length), 'varve-copy': '1' },
    });
    expect(bytesOf(answer).equals(expected)).toBe(true);
    await vi.waitFor(() => expect(openFilesBelow(lab.root)).toEqual([]));
  });

  test.each([1, 3, 11])('of several batches come whole, in ranges of %i MiB', async (each) => {
    const large = noise(11 * MIB + 17, 2);
    lab.put(lab.root, 'large', large);
    const ranges: Range[] = [];
    for (let at = 0; at < large.length; at += each * MIB) {
      ranges.push([at, Math.min(each * MIB, large.length - at)]);
    }
    const path = `/v1/read?filename=large&identity=${await identityOf('large')}`;
    expect(bytesOf(await post(path, ranges)).equals(large)).toBe(true);
  });

  test.each([
    ['that get shorter by it', true, Buffer.alloc(SIZE, 'all work and no play ')],
    ['that do not', false, content],
  ] as const)('%s are compressed where that is asked for: %j', async (_, isCompressed, bytes) => {
    lab.put(lab.root, 'text', bytes);
    const path = `/v1/read?filename=text&identity=${await identityOf('text')}`;
    const ranges: Range[] = [
      [50_010, 40_000],
      [0, 20_000],
    ];
    const expected = Buffer.concat([bytes.subarray(50_010, 90_010), bytes.subarray(0, 20_000)]);
    const answer = await post(`${path}&compress=zstd`, ranges);
    expect(answer.headers['varve-encoding']).toBe(isCompressed ? 'zstd' : undefined);
    expect(answer.headers['content-length']).toBe(String(bytesOf(answer).length));
    const plain = Buffer.alloc(expected.length);
    if (isCompressed) decompress(bytesOf(answer), plain);
    else bytesOf(answer).copy(plain);
    expect(plain.equals(expected)).toBe(true);
    for (const other of ['', '&compress=gzip', '&compress=']) {
      const uncompressed = await post(path + other, ranges);
      expect(uncompressed.headers['varve-encoding']).toBeUndefined();
      expect(bytesOf(uncompressed).equals(expected)).toBe(true);
    }
    await vi.waitFor(() => expect(openFilesBelow(lab.root)).toEqual([]));
  });
});

describe('hashes of pages', () => {
  test.each([512, 1000, 4096, SIZE])('of %i bytes, each range from its beginning', async (page) => {
    const ranges: Range[] = [
      [100, 10_000],
      [0, 512],
      [SIZE - 5000, 5000],
    ];
    const path = `/v1/pages?filename=file&identity={identity}&method=sha1&page_size=${page}`;
    const expected = ranges.flatMap(([offset, length]) => {
      const range = content.subarray(offset, offset + length);
      return Array.from({ length: Math.ceil(length / page) }, (_, index) =>
        method.digest(range.subarray(index * page, (index + 1) * page)),
      );
    });
    expect(bytesOf(await post(path, ranges)).equals(Buffer.concat(expected))).toBe(true);
    await vi.waitFor(() => expect(openFilesBelow(lab.root)).toEqual([]));
  });
});

describe('a list', () => {
  const list = (query: string, of = url): Promise<Answer> =>
    ask({ url: of }, `/v1/list?method=sha1&block_size=${BLOCK}&${query}`);
  const entriesOf = async (bytes: Uint8Array): Promise<Buffer> => {
    const made = createHashList(bytes.length, BLOCK, method);
    const path = lab.put(lab.here, 'listed', bytes);
    const { files } = platform;
    const descriptor = files.open(path, 'read');
    const file = { descriptor, sizeBytes: bytes.length, isSparse: false };
    const count = Math.ceil(bytes.length / BLOCK);
    await startWorkers(1).run({ type: 'hash', file, list: made, firstBlock: 0, count });
    files.close(descriptor);
    return Buffer.from(made.entries);
  };

  test.each([0, 1, BLOCK, BLOCK + 1, SIZE])('of %i bytes, and of which state', async (size) => {
    lab.put(lab.root, 'listed', content.subarray(0, size));
    const answer = await list('filename=listed');
    const entries = await entriesOf(content.subarray(0, size));
    expect(answer.status).toBe(200);
    expect(answer.headers['content-length']).toBe(String(entries.length));
    expect(answer.headers['varve-identity']).toBe(await identityOf('listed'));
    expect(bytesOf(answer).equals(entries)).toBe(true);
    await vi.waitFor(() => expect(openFilesBelow(lab.root)).toEqual([]));
  });

  test('of what an interrupted copy left is told only where that may be taken up', async () => {
    const path = lab.put(lab.root, 'target', content.subarray(0, 5000));
    const left = noise(9000, 3);
    const leave = (): void => {
      const place = localPlace(platform.files, path);
      const draft = openDraft(platform.files, place, 'beside', undefined);
      platform.files.write(draft.descriptor, left, 0);
      draft.close();
      place.close();
    };
    const [ofOld, ofLeft] = [await entriesOf(readFileSync(path)), await entriesOf(left)];
    const before = await list('filename=target&of=left');
    expect(bytesOf(before).equals(ofOld)).toBe(true);
    leave();
    const readOnly = await lab.serveWithin(platform, { allowsWriting: false });
    for (const [query, of, entries] of [
      ['filename=target&of=left', url, ofLeft],
      ['filename=target&of=old', url, ofOld],
      ['filename=target', url, ofOld],
      ['filename=target&of=left', readOnly, ofOld],
    ] as const) {
      expect(bytesOf(await list(query, of)).equals(entries)).toBe(true);
    }
  });

  test.each<readonly [string, (path: string) => void]>([
    ['grows', (path) => appendFileSync(path, 'x')],
    ['shrinks', (path) => truncateSync(path, SIZE - 1)],
    ['is emptied', (path) => truncateSync(path, 0)],
    ['is written anew', (path) => writeFileSync(path, noise(SIZE + 1, 9))],
  ])('of a file that %s meanwhile is never sent to its end', async (_, change) => {
    const path = lab.put(lab.root, 'changing', content);
    let looks = 0;
    const files: FileSystem = filesWithAt((at) => ({
      statOpen(descriptor) {
        const { inode } = at.statOpen(descriptor);
        // First it is opened; then its list is made, and it is looked at again.
        if (inode === inodeOf(path) && ++looks === 2) change(path);
        return at.statOpen(descriptor);
      },
    }));
    const other = await lab.serveWithin({ ...platform, files });
    await expect(list('filename=changing', other)).rejects.toMatchObject({ code: 'ECONNRESET' });
    await vi.waitFor(() => expect(openFilesBelow(path)).toEqual([]));
  });
});

function inodeOf(path: string): number | undefined {
  const { files } = platform;
  return files.stat(path)?.inode;
}
