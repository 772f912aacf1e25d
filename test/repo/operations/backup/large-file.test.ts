import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, symlinkSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Index } from '../../../../src/repo/index/index.js';
import {
  readLargeFile,
  SourceError,
  type LargeFileReader,
} from '../../../../src/repo/operations/backup/large-file.js';
import type { FileStat } from '../../../../src/platform/at-calls.js';
import type { ByteString } from '../../../../src/platform/bytes.js';
import { blake3 } from '../../../../src/platform/hash.js';
import { createLimiter } from '../../../../src/threads/limiter.js';
import { createLab, SMALL_PIECES } from '../../../support/lab.js';
import { instant, liveFile } from '../../../support/nodes.js';

test('a file whose pieces may be longer than a window is read to its end', async () => {
  const pieces = {
    segment_bytes: 32 * 1024 * 1024,
    least_bytes: 4 * 1024 * 1024,
    average_bytes: 8 * 1024 * 1024,
    most_bytes: 16 * 1024 * 1024,
  };
  const lab = createLab({ chunking: { ...SMALL_PIECES, ...pieces } });
  const bytes = randomBytes(20 * 1024 * 1024);
  lab.write('large', bytes);
  await lab.backup();
  const to = lab.newTarget();
  await lab.restore(1, { to });
  expect(readFileSync(`${to}/large`).equals(bytes)).toBe(true);
});

test.each([
  ['a small file', 10],
  ['a large one', 100_000],
])('%s whose name goes to a symbolic link before it is read has vanished', async (_, size) => {
  const lab = createLab({ chunking: SMALL_PIECES });
  lab.write('file', randomBytes(size));
  lab.write('other', 'stays');
  const { files } = lab.platform;
  let isReplaced = false;
  const at: typeof files.at = {
    ...files.at,
    open(directory, name, mode) {
      if (mode === 'read-file' && !isReplaced) {
        isReplaced = true;
        rmSync(lab.path('file'));
        symlinkSync('other', lab.path('file'));
      }
      return files.at.open(directory, name, mode);
    },
  };
  lab.useFiles({ ...files, at });
  const { issues } = await lab.backup();
  lab.useRealFiles();
  expect(isReplaced).toBe(true);
  expect(issues.map(({ code }) => code)).toEqual(['VANISHED']);
  expect([...(await lab.treeAt(1)).keys()].toSorted()).toEqual(['', 'other']);
});

/** A hole has at least so many bytes. */
const UNIT = 64 * 1024;
/** Nothing is cut by what reads here, which makes one piece of each window. */
const CHUNKING = {
  wholeFileBytes: 6 * UNIT,
  segmentBytes: 16 * UNIT,
  leastBytes: 512,
  averageBytes: 1024,
  mostBytes: 4096,
};
const CONTENT = { type: 'content', content: 1 } as const;

interface Look {
  readonly stat?: Partial<FileStat>;
  readonly holes?: readonly number[];
}

/**
 * Reads a file of so many bytes of which each look (`survey`) and each window is as told, the last one
 * for all that follow. Pieces are `offset+length`, or `hole+length`.
 */
async function readAs({
  sizeBytes = 40 * UNIT,
  surveys = [{}],
  windows = [{}],
  cut = (length: number) => [length],
  allocatedBytes = 0,
  changesAt,
  fail,
}: {
  readonly sizeBytes?: number;
  readonly surveys?: readonly Look[];
  readonly windows?: readonly (Look & { readonly isEmpty?: boolean })[];
  readonly cut?: (length: number) => number[];
  readonly allocatedBytes?: number;
  /** The look, counted from 0, from which on the file has another modification time. */
  readonly changesAt?: number;
  readonly fail?: (where: string) => unknown;
}) {
  const asked: string[] = [];
  const inserted: { hash: string; sizeBytes: number; pieces: string[] }[] = [];
  const named = new Map<number, string>();
  const mapped: boolean[] = [];
  let surveyed = 0;
  let looks = 0;
  let readCount = 0;
  const seen = liveFile({ sizeBytes, allocatedBytes });
  const lookAt = (stat: Partial<FileStat> | undefined): FileStat => {
    const mtime = looks++ >= (changesAt ?? Infinity) ? instant(9) : seen.mtime;
    return { ...seen, mtime, ...stat };
  };
  const throwIf = (where: string): void => {
    const error = fail?.(where);
    if (error !== undefined) throw error as Error;
  };
  const index = {
    blobs: {
      findContent: () => undefined,
      insertContent: (_: number, hash: Buffer, size: number, blobs: number[]) =>
        void inserted.push({
          hash: hash.toString('hex'),
          sizeBytes: size,
          pieces: blobs.map((blob) => named.get(blob) ?? '?'),
        }),
    },
    counters: { next: () => 1 },
  };
  const reader: LargeFileReader = {
    chunking: CHUNKING,
    limiter: createLimiter(2),
    index: index as unknown as Index,
    holeBlob(lengthBytes) {
      const id = 1e9 + lengthBytes;
      named.set(id, `hole+${lengthBytes}`);
      return id;
    },
    survey(_, mapsHoles) {
      throwIf('survey');
      mapped.push(mapsHoles);
      const { stat, holes = [] } = surveys[Math.min(surveyed++, surveys.length - 1)]!;
      return Promise.resolve({
        holes: mapsHoles ? Float64Array.from(holes) : new Float64Array(0),
        attributes: { flags: surveyed, xattrs: [] },
        stat: lookAt(stat),
      });
    },
    readWindow({ offset, lengthBytes, isEnd, followsHole, precedesHole }) {
      throwIf(`window ${offset}`);
      const marks = [isEnd && 'end', followsHole && 'after hole', precedesHole && 'before hole'];
      asked.push([`${offset}+${lengthBytes}`, ...marks.filter(Boolean)].join(' '));
      const { stat, isEmpty } = windows[Math.min(readCount++, windows.length - 1)]!;
      const lengths = isEmpty ? [] : cut(lengthBytes);
      let at = offset;
      const blobs = lengths.map((length) => {
        named.set(at + 1, `${at}+${length}`);
        at += length;
        return at - length + 1;
      });
      const hashes = Buffer.concat(blobs.map((blob) => blake3(Buffer.from(`${blob}`))));
      return Promise.resolve({ lengths, hashes, blobs, stat: lookAt(stat) });
    },
  };
  const file = { path: '/f' as ByteString, stat: seen, tellsSize: true, context: undefined };
  const outcome = await readLargeFile(file, reader);
  return { outcome, asked, inserted, mapped };
}

describe('a large file', () => {
  test('is the windows of its segments, in order, whichever comes first', async () => {
    const { outcome, asked, inserted, mapped } = await readAs({});
    const windows = [`0+${16 * UNIT}`, `${16 * UNIT}+${16 * UNIT}`, `${32 * UNIT}+${8 * UNIT}`];
    expect(asked).toEqual(windows.map((one) => `${one} end`));
    expect(inserted).toMatchObject([{ sizeBytes: 40 * UNIT, pieces: windows }]);
    expect(mapped).toEqual([true]);
    expect(outcome).toMatchObject({
      type: 'read',
      stat: liveFile({ sizeBytes: 40 * UNIT, allocatedBytes: 0 }),
      attributes: { flags: 1, xattrs: [] },
      content: CONTENT,
      isUnstable: false,
    });
    const { blobs } = outcome as unknown as { blobs: Buffer[] };
    expect(inserted[0]!.hash).toBe(blake3(Buffer.concat(blobs)).toString('hex'));
    expect(blobs.length).toBe(3);
  });

  test('goes on where the pieces of a window end', async () => {
    const { asked, outcome } = await readAs({
      sizeBytes: 16 * UNIT,
      cut: (length) => (length > 6 * UNIT ? [2 * UNIT, 4 * UNIT] : [length]),
    });
    const at = [0, 6, 12].map((kib) => `${kib * UNIT}+${(16 - kib) * UNIT} end`);
    expect(asked).toEqual(at);
    expect((outcome as unknown as { blobs: unknown[] }).blobs.length).toBe(5);
  });

  test('that has ended early has what was read of it', async () => {
    const windows = [{}, { isEmpty: true }];
    const { outcome, inserted } = await readAs({ sizeBytes: 32 * UNIT, windows });
    expect(outcome).toMatchObject({
      stat: { sizeBytes: 16 * UNIT },
      content: { type: 'blob', blob: 1 },
    });
    expect(inserted).toEqual([]);
  });

  test('that ends within a segment has what was read of that, too', async () => {
    const windows = [{}, { isEmpty: true }];
    const cut = (): number[] => [4 * UNIT];
    const { outcome } = await readAs({ sizeBytes: 16 * UNIT, windows, cut });
    expect(outcome).toMatchObject({ stat: { sizeBytes: 4 * UNIT }, content: { type: 'blob' } });
  });

  test('with nothing in it has no content', async () => {
    const { outcome } = await readAs({ windows: [{ isEmpty: true }] });
    expect(outcome).toMatchObject({ stat: { sizeBytes: 0 }, content: { type: 'none' }, blobs: [] });
  });

  test('is asked for holes only where it takes less space than its length', async () => {
    const { mapped } = await readAs({ allocatedBytes: 40 * UNIT });
    expect(mapped).toEqual([false]);
  });
});

describe('the holes of a large file', () => {
  const holes = [8 * UNIT, 36 * UNIT];

  test('are not read, and are one piece across segments', async () => {
    const { asked, inserted, mapped, outcome } = await readAs({ surveys: [{ holes }] });
    const [first, last] = [`0+${8 * UNIT}`, `${36 * UNIT}+${4 * UNIT}`];
    expect(asked).toEqual([`${first} end before hole`, `${last} end after hole`]);
    expect(inserted).toMatchObject([{ pieces: [first, `hole+${28 * UNIT}`, last] }]);
    expect(mapped).toEqual([true, true]);
    expect(outcome).toMatchObject({ stat: { sizeBytes: 40 * UNIT }, isUnstable: false });
  });

  test('are the whole content of a file that is nothing else', async () => {
    const { asked, outcome } = await readAs({ surveys: [{ holes: [0, 40 * UNIT] }] });
    expect(asked).toEqual([]);
    expect(outcome).toMatchObject({ content: { type: 'blob', blob: 1e9 + 40 * UNIT } });
  });

  test('that are others after the reading make it be read again', async () => {
    const surveys = [{ holes }, { holes: [12 * UNIT, 36 * UNIT] }];
    const { outcome, inserted, mapped } = await readAs({ surveys });
    expect(mapped).toEqual([true, true, true, true]);
    expect(outcome).toMatchObject({ isUnstable: false });
    expect(inserted.at(-1)!.pieces[1]).toBe(`hole+${24 * UNIT}`);
  });

  test('that never hold still are not asked for at the third attempt, which reads all', async () => {
    const surveys = [
      { holes },
      { holes: [12 * UNIT, 36 * UNIT] },
      { holes },
      { holes: [12 * UNIT, 36 * UNIT] },
      { holes },
    ];
    const { outcome, inserted, mapped } = await readAs({ surveys });
    expect(mapped).toEqual([true, true, true, true, false]);
    expect(outcome).toMatchObject({ isUnstable: false });
    expect(inserted.at(-1)!.pieces.join()).not.toContain('hole');
  });
});

describe('a large file that changes while it is read', () => {
  const holes = [8 * UNIT, 36 * UNIT];

  test.each([
    ['before its bytes', 0, []],
    ['with its first bytes', 1, []],
    ['between its bytes', 2, []],
    ['with its last bytes', 3, []],
    ['behind its bytes', 3, holes],
  ])('%s is read once more', async (_, changesAt, there) => {
    const { outcome } = await readAs({ changesAt, surveys: [{ holes: there }] });
    expect(outcome).toMatchObject({
      stat: { mtime: instant(9) },
      attributes: { flags: there.length > 0 ? 3 : 2 },
      isUnstable: false,
    });
  });

  test('when all was looked at is not read again', async () => {
    const { outcome } = await readAs({ changesAt: 4 });
    expect(outcome).toMatchObject({ isUnstable: false, attributes: { flags: 1 } });
  });

  test('has the state of the last look', async () => {
    const stat = { mtime: instant(9), mode: 0o600 };
    const { outcome } = await readAs({ surveys: [{}, { stat }], windows: [{ stat }] });
    expect(outcome).toMatchObject({ stat, isUnstable: false, attributes: { flags: 2 } });
  });

  test('each time is kept as it was read the third time, and is called unstable', async () => {
    const surveys = [1, 2, 3, 4, 5].map((at) => ({ stat: { mtime: instant(at * 10) } }));
    const { outcome, asked, mapped } = await readAs({ surveys });
    expect(asked.length).toBe(9);
    expect(mapped).toEqual([true, true, false]);
    expect(outcome).toMatchObject({ isUnstable: true, stat: { sizeBytes: 40 * UNIT } });
  });
});

describe('a large file that cannot be read', () => {
  const refused = (code: string) => new SourceError({ code, message: 'why' });

  test.each(['survey', 'window 0', `window ${16 * UNIT}`])('(%s) is told', async (where) => {
    const { outcome } = await readAs({
      fail: (at) => (at === where && refused('EIO')) || undefined,
    });
    expect(outcome).toEqual({ type: 'failed', message: 'why' });
  });

  test.each(['ENOENT', 'ELOOP'])('since it is gone (%s) has vanished', async (code) => {
    const { outcome } = await readAs({ fail: () => refused(code) });
    expect(outcome).toEqual({ type: 'vanished' });
  });

  test('is read no further, and the first failure is told', async () => {
    const asked: string[] = [];
    const { outcome } = await readAs({
      sizeBytes: 160 * UNIT,
      fail(where) {
        asked.push(where);
        return where === 'survey' ? undefined : refused(where);
      },
    });
    expect(outcome).toEqual({ type: 'failed', message: 'why' });
    expect(asked.length).toBeLessThan(5);
  });

  test.each([new Error('no space'), new TypeError('a mistake')])(
    'for any other reason ends the run: %s',
    async (error) => {
      await expect(readAs({ fail: (at) => (at === 'survey' ? undefined : error) })).rejects.toBe(
        error,
      );
    },
  );
});
