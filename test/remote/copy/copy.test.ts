/** Whole copies: a real client and a real server process, compared byte for byte. */
import { getEventListeners } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { createCopyLab, equalFiles, type ServerProcess } from '../../support/copy-lab.js';
import { localPlace } from '../../../src/remote/copy/file/place.js';
import { openDraft } from '../../../src/remote/copy/draft/draft.js';
import { openPlatform, type CopyOptions, type CopyResult } from '../../../src/store.js';
import { noise } from '../../support/seed.js';
import { listen } from '../../support/tampering.js';

const lab = createCopyLab();
const MEGABYTE = 1024 * 1024;
let server: ServerProcess;

beforeAll(async () => {
  server = await lab.serve('--allow-write');
});

const old = noise(3 * MEGABYTE + 123);
const insert = (bytes: Buffer, at: number, what: Buffer): Buffer =>
  Buffer.concat([bytes.subarray(0, at), what, bytes.subarray(at)]);
const zeroed = Buffer.from(old).fill(0, 0, MEGABYTE);
const scattered = Buffer.from(old);
for (let page = 1; page < 700; page += 97) scattered.fill(page, page * 4096, page * 4096 + 4096);
const exchanged = Buffer.concat([
  old.subarray(8192, 16_384),
  old.subarray(0, 8192),
  old.subarray(16_384),
]);

/** New content, and at most how much of it may be sent. */
const changes: readonly (readonly [string, Buffer, number])[] = [
  ['nothing', old, 4096],
  ['one byte inserted at the front', insert(old, 0, Buffer.from('x')), 0.02 * old.length],
  ['one byte inserted in the middle', insert(old, 1_500_001, Buffer.from('x')), 0.02 * old.length],
  [
    'some bytes removed',
    Buffer.concat([old.subarray(0, 9999), old.subarray(20_000)]),
    0.03 * old.length,
  ],
  [
    'the halves exchanged',
    Buffer.concat([old.subarray(1_500_001), old.subarray(0, 1_500_001)]),
    0.02 * old.length,
  ],
  ['two blocks exchanged', exchanged, 0.02 * old.length],
  ['scattered pages', scattered, 0.1 * old.length],
  ['the front zeroed', zeroed, 40_000],
  ['made longer', insert(old, old.length, noise(5000, 2)), 20_000],
  ['made shorter', old.subarray(0, 2 * MEGABYTE + 17), 20_000],
  ['something else', noise(MEGABYTE + 1, 7), 1.1 * MEGABYTE],
  ['emptied', Buffer.alloc(0), 4096],
];

describe.each(['beside', 'in place'])('a copy %s', (way) => {
  const options = { isInPlace: way === 'in place' };
  const allows = (sent: number, most: number): void => {
    // In place nothing is moved within the file.
    if (way === 'beside') expect(sent).toBeLessThanOrEqual(most + 4096);
  };

  test.each(changes)('to a server: %s', async (_, content, most) => {
    const source = lab.put(lab.here, 'new', content);
    const target = lab.put(lab.root, 'old', old);
    const { bytesSent, sizeBytes } = await lab.copyFile(source, server.file('old'), options);
    expect(equalFiles(source, target)).toBe(true);
    expect(sizeBytes).toBe(content.length);
    allows(bytesSent, most);
  });

  test.each(changes)('from a server: %s', async (_, content, most) => {
    const source = lab.put(lab.root, 'new', content);
    const target = lab.put(lab.here, 'old', old);
    // The list that comes with every copy from a server is 0.9 % of the file.
    const list = Math.ceil(content.length / 4096) * 36;
    const { bytesReceived } = await lab.copyFile(server.file('new'), target, options);
    expect(equalFiles(source, target)).toBe(true);
    allows(bytesReceived, most + list);
  });
});

describe.each([true, false])('over a slow link, in place: %s', (isInPlace) => {
  // 8 pages of 4 KiB, each in another block of 64 KiB.
  const options = { isInPlace, blockBytes: 65_536, mostBytesPerSecond: 100_000_000 };

  test('only the pages that differ are sent to a server', async () => {
    const source = lab.put(lab.here, 'new', scattered);
    const target = lab.put(lab.root, 'old', old);
    const { bytesSent } = await lab.copyFile(source, server.file('old'), options);
    expect(equalFiles(source, target)).toBe(true);
    expect(bytesSent).toBeLessThan(60_000);
  });

  test('only the pages that differ come from a server', async () => {
    const source = lab.put(lab.root, 'new', scattered);
    const target = lab.put(lab.here, 'old', old);
    const { bytesReceived } = await lab.copyFile(server.file('new'), target, options);
    expect(equalFiles(source, target)).toBe(true);
    expect(bytesReceived).toBeLessThan(60_000);
  });

  test('a file that is another one is sent whole', async () => {
    const source = lab.put(lab.here, 'new', noise(3 * MEGABYTE, 8));
    const target = lab.put(lab.root, 'old', old);
    await lab.copyFile(source, server.file('old'), options);
    expect(equalFiles(source, target)).toBe(true);
  });
});

test('onto nothing, from nothing, and nothing onto nothing', async () => {
  const full = lab.put(lab.here, 'full', old);
  const empty = lab.put(lab.here, 'empty', Buffer.alloc(0));
  await lab.copyFile(full, server.file('fresh/deep/full'));
  expect(equalFiles(full, join(lab.root, 'fresh/deep/full'))).toBe(true);
  await lab.copyFile(empty, server.file('none'));
  expect(statSync(join(lab.root, 'none')).size).toBe(0);
  expect((await lab.copyFile(empty, server.file('none'))).similarity).toBe(1);
  await lab.copyFile(full, server.file('none'));
  expect(equalFiles(full, join(lab.root, 'none'))).toBe(true);
});

test('on one machine', async () => {
  const source = lab.put(lab.here, 'a', insert(old, 7, Buffer.from('seven')));
  const target = lab.put(lab.here, 'b', old);
  const { similarity } = await lab.copyFile(source, target);
  expect(similarity).toBeGreaterThan(0.95);
  expect(equalFiles(source, target)).toBe(true);
});

test('a dry run says how much alike they are, and writes nothing', async () => {
  const source = lab.put(lab.here, 'new', zeroed);
  const target = lab.put(lab.root, 'old', old);
  const { similarity, bytes_written } = await lab.copy('-n', source, server.file('old'));
  expect(similarity).toBeCloseTo(2 / 3, 1);
  expect(bytes_written).toBe(0);
  expect(readFileSync(target).equals(old)).toBe(true);
});

test('-p gives mode and modification time, without it they are as of any write', async () => {
  const source = lab.put(lab.here, 'dated', old);
  utimesSync(source, 1000, 1_234_567_890.5);
  const target = lab.put(lab.root, 'dated', old);
  await lab.copy(source, server.file('dated'));
  expect(statSync(target).mtimeMs).not.toBe(1_234_567_890_500);
  const inode = statSync(target).ino;
  await lab.copy('-p', source, server.file('dated'));
  expect(statSync(target).mtimeMs).toBe(1_234_567_890_500);
  expect(statSync(target).ino).toBe(inode);
});

test('a replaced file keeps its permissions', async () => {
  const target = join(lab.root, 'private');
  writeFileSync(target, old);
  chmodSync(target, 0o640);
  await lab.copy(lab.put(lab.here, 'new', zeroed), server.file('private'));
  expect(statSync(target).mode & 0o777).toBe(0o640);
});

test('holes are neither read nor sent, and stay holes', async () => {
  const source = lab.put(lab.here, 'sparse', Buffer.from('front'));
  truncateSync(source, 64 * MEGABYTE);
  const { bytesSent } = await lab.copyFile(source, server.file('sparse'));
  expect(bytesSent).toBeLessThan(600_000);
  expect(statSync(join(lab.root, 'sparse')).blocks * 512).toBeLessThan(MEGABYTE);
  expect(equalFiles(source, join(lab.root, 'sparse'))).toBe(true);
});

test('a second run without change hashes nothing', async () => {
  const source = lab.put(lab.here, 'cached', old);
  const target = lab.put(lab.root, 'cached', old);
  // Times that lie back prove that nothing was written since.
  const machine = openPlatform();
  const later = { ...machine, clock: { nowMs: () => machine.clock.nowMs() + 60_000 } };
  const ahead = await lab.serveWithin(later, { cacheDirectory: join(lab.here, 'server-lists') });
  const copy = (): Promise<CopyResult> =>
    lab.copyFile(
      source,
      `${ahead}/cached`,
      { cacheDirectory: join(lab.here, 'client-lists') },
      later,
    );
  const first = await copy();
  const second = await copy();
  expect(first.bytesHashed).toBeGreaterThan(old.length);
  expect(second.similarity).toBe(1);
  expect(second.bytesHashed).toBe(0);
  // One request and its answer.
  expect(second.bytesReceived).toBeLessThan(600);
  // What the cache says is of that state only.
  writeFileSync(target, zeroed);
  await copy();
  expect(equalFiles(source, target)).toBe(true);
});

test('mode and time that are to be kept are set, however equal the bytes are known to be', async () => {
  const source = lab.put(lab.here, 'kept', old);
  const target = lab.put(lab.root, 'kept', old);
  const machine = openPlatform();
  const later = { ...machine, clock: { nowMs: () => machine.clock.nowMs() + 60_000 } };
  const url = await lab.serveWithin(later, { cacheDirectory: join(lab.here, 'kept-server') });
  const copy = (preserves: boolean): Promise<CopyResult> =>
    lab.copyFile(
      source,
      `${url}/kept`,
      { cacheDirectory: join(lab.here, 'kept-client'), preserves },
      later,
    );
  await copy(false);
  expect(await copy(false)).toMatchObject({ mark: 'unchanged', bytesHashed: 0 });
  chmodSync(target, 0o600);
  utimesSync(target, 1000, 1000);
  await copy(true);
  const { mode, mtimeMs } = statSync(source);
  expect(statSync(target).mode).toBe(mode);
  expect(Math.abs(statSync(target).mtimeMs - mtimeMs)).toBeLessThan(1);
});

test.each(['sha1', 'sha256', 'xxh64', 'MD5'])('blocks can be compared by %s', async (method) => {
  const source = lab.put(lab.here, 'new', scattered);
  const target = lab.put(lab.root, 'old', old);
  await lab.copyFile(source, server.file('old'), { method, blockBytes: 5120 });
  expect(equalFiles(source, target)).toBe(true);
});

test('--compress on sends less of what can be compressed, both ways', async () => {
  const text = Buffer.from('all work and no play makes jack a dull boy\n'.repeat(40_000));
  const source = lab.put(lab.here, 'text', text);
  const up = await lab.copy('--compress', 'on', source, server.file('text'));
  expect(up.bytes_sent).toBeLessThan(text.length / 20);
  const down = await lab.copy('--compress', 'on', server.file('text'), join(lab.here, 'text2'));
  expect(down.bytes_received).toBeLessThan(text.length / 20 + 20_000);
  expect(equalFiles(source, join(lab.here, 'text2'))).toBe(true);
});

describe('what an interrupted copy left', () => {
  const content = noise(5 * 65_536, 21);
  const before = noise(content.length, 22);
  const ways = {
    'on one machine': () => [lab.here, 'source', lab.here, join(lab.here, 'target')],
    'to a server': () => [lab.here, 'source', lab.root, server.file('target')],
    'from a server': () => [lab.root, 'source', lab.here, join(lab.here, 'target')],
  } satisfies Record<string, () => readonly [string, string, string, string]>;

  /** A source, a target, and what of the new file is there beside it. */
  function setUp(way: keyof typeof ways, left: Uint8Array, old: Uint8Array | undefined) {
    const [from, name, to, address] = ways[way]();
    const { files } = openPlatform();
    const source = lab.put(from, name, content);
    const target = lab.put(to, 'target', old ?? before);
    const place = localPlace(files, target);
    const draft = openDraft(files, place, 'beside', undefined);
    files.write(draft.descriptor, left, 0);
    draft.close();
    place.close();
    if (old === undefined) rmSync(target);
    const named = way === 'from a server' ? server.file(name) : source;
    const copy = (options: Partial<CopyOptions> = {}) =>
      lab.copyFile(named, address, { blockBytes: 65_536, ...options });
    return { source, target, copy };
  }
  const cut = content.subarray(0, 4 * 65_536);
  const flawed = Buffer.from(content).fill(9, 65_536, 65_537);

  describe.each(Object.keys(ways) as (keyof typeof ways)[])('%s', (way) => {
    test.each([
      ['all of the new file, beside an old one as long', content, before, 'changed', 0],
      ['all of it, beside a shorter one', content, before.subarray(1), 'changed', 0],
      ['all of it, beside an empty one', content, Buffer.alloc(0), 'changed', 0],
      ['all of it, beside none', content, undefined, 'new', 0],
      ['all but a block, beside an old one as long', cut, before, 'changed', 65_536],
      ['a block that is another, beside an old one as long', flawed, before, 'changed', 65_536],
      ['another file as long, beside the new one itself', before, content, 'changed', 5 * 65_536],
    ] as const)('is taken up where it is %s', async (_, left, old, mark, written) => {
      const { target, copy } = setUp(way, left, old);
      expect(await copy({ isDryRun: true })).toMatchObject({ mark, bytesWritten: 0 });
      if (old) expect(readFileSync(target).equals(old)).toBe(true);
      else expect(existsSync(target)).toBe(false);
      expect(await copy()).toMatchObject({ mark, bytesWritten: written });
      expect(readFileSync(target).equals(content)).toBe(true);
    });

    test('becomes the file with its mode and time where those are kept', async () => {
      const { source, target, copy } = setUp(way, content, before);
      chmodSync(source, 0o604);
      utimesSync(source, 1000, 1000);
      expect(await copy({ preserves: true })).toMatchObject({ mark: 'changed' });
      expect(readFileSync(target).equals(content)).toBe(true);
      expect(statSync(target)).toMatchObject({ mode: 0o100604, mtimeMs: 1_000_000 });
    });

    test('is no basis for a copy in place, nor for one of the whole file', async () => {
      for (const options of [{ isInPlace: true }, { isWholeFile: true }]) {
        const { target, copy } = setUp(way, content, before);
        const result = await copy(options);
        expect(result).toMatchObject({ mark: 'changed', bytesWritten: content.length });
        expect(readFileSync(target).equals(content)).toBe(true);
        for (const name of readdirSync(join(target, '..'))) {
          if (name.endsWith('.partial')) rmSync(join(target, '..', name));
        }
      }
    });
  });
});

describe('when a copy is over', () => {
  test.each(['to', 'from'])(
    'no connection is open and nobody listens to the signal: %s a server',
    async (way) => {
      const sockets = new Set<Socket>();
      const { hostname, port } = new URL(server.url);
      const between = createServer((client) => {
        const far = connect(Number(port), hostname);
        sockets.add(client);
        for (const [one, other] of [
          [client, far],
          [far, client],
        ] as const)
          one.pipe(other).on('error', () => undefined);
        client.on('close', () => {
          sockets.delete(client);
          far.destroy();
        });
      });
      const file = `${await listen(between)}/over`;
      const here = lab.put(lab.here, 'over', old);
      lab.put(lab.root, 'over', zeroed);
      const { signal } = new AbortController();
      const [from, to] = way === 'to' ? [here, file] : [file, here];
      await lab.copyFile(from, to, { signal });
      const none = way === 'to' ? [join(lab.here, 'none'), file] : [`${file}-none`, here];
      await expect(lab.copyFile(none[0]!, none[1]!, { signal })).rejects.toThrow();
      await vi.waitFor(() => expect(sockets.size).toBe(0));
      expect(getEventListeners(signal, 'abort')).toEqual([]);
    },
  );

  test('its progress is that of the attempt that succeeded', async () => {
    const source = lab.put(lab.here, 'changing', old);
    const told: number[] = [];
    const sizes: number[] = [];
    await lab.copyFile(source, join(lab.here, 'changed'), {
      isWholeFile: true,
      onStart: (size) => sizes.push(size),
      onProgress: (bytes) => {
        if (told.push(bytes) === 1) appendFileSync(source, 'more');
      },
    });
    expect(sizes).toEqual([old.length, old.length + 4]);
    expect(told.at(-1)).toBe(old.length + 4);
    expect(Math.max(...told)).toBe(old.length + 4);
  });
});

test('no draft is left beside a finished copy', () => {
  expect(readdirSync(lab.root).filter((name) => name.startsWith('.varve'))).toEqual([]);
  expect(existsSync(join(lab.here, '.varve-copy'))).toBe(false);
});
