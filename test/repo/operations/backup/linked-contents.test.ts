import { describe, expect, test } from 'vitest';
import type { Index } from '../../../../src/repo/index/index.js';
import type { ContentRef, Version } from '../../../../src/repo/model.js';
import type { Contents } from '../../../../src/repo/operations/backup/contents.js';
import type {
  FileOutcome,
  FileToRead,
} from '../../../../src/repo/operations/backup/file-outcome.js';
import type { FileContext } from '../../../../src/repo/operations/backup/found.js';
import {
  createLinkedContents,
  type ReadEvents,
} from '../../../../src/repo/operations/backup/linked-contents.js';
import { NO_ATTRIBUTES } from '../../../../src/platform/attribute-calls.js';
import type { FileStat } from '../../../../src/platform/at-calls.js';
import type { ByteString } from '../../../../src/platform/bytes.js';
import { instant, liveFile, savedFile } from '../../../support/nodes.js';

type File = FileToRead<FileContext>;

const HASHES = [Buffer.alloc(32, 5)];

function file(path: number, links = 1, stat: Partial<FileStat> = {}): File {
  return {
    path: `/${path}` as ByteString,
    stat: liveFile(stat),
    tellsSize: true,
    context: {
      path,
      directory: 9,
      known: undefined,
      links,
      seemsUnchanged: false,
      scanStartMs: 0,
    },
  };
}

/** Contents whose reading a test ends, with what is told: `read 1`, `1 = 2`. */
function prepare(versions: Record<number, Version | undefined>, hashes?: readonly Buffer[]) {
  const told: string[] = [];
  const asked: number[] = [];
  let tell: ReadEvents['onFile'] = () => undefined;
  const waiting: File[] = [];
  const index = {
    versions: { currentOf: (path: number) => versions[path] },
    blobs: { hashesOf: ({ type }: ContentRef) => (type === 'blob' ? hashes : []) },
  };
  const inner: Contents<FileContext> = {
    add(one) {
      asked.push(one.context.path);
      waiting.push(one);
      return undefined;
    },
    finish() {
      for (const one of waiting.splice(0)) tell(one, outcomes[one.context.path] ?? read);
      return Promise.resolve();
    },
    bytesRead: 42,
  };
  const outcomes: Record<number, FileOutcome> = {};
  const read: FileOutcome = {
    type: 'read',
    stat: liveFile(),
    attributes: NO_ATTRIBUTES,
    content: { type: 'blob', blob: 21 },
    blobs: HASHES,
    isUnstable: false,
  };
  const contents = createLinkedContents(
    index as unknown as Index,
    {
      onFile: ({ context }, { type }) => void told.push(`${type} ${context.path}`),
      onLinked: ({ context }, first, blobs) =>
        void told.push(
          `${context.path} = ${first.path} with ${blobs.map((hash) => hash[0]).join()}`,
        ),
    },
    (onFile) => {
      tell = onFile;
      return inner;
    },
  );
  return { contents, told, asked, outcomes };
}

test('files without other names are read each for itself', async () => {
  const { contents, told } = prepare({});
  for (const path of [1, 2]) void contents.add(file(path, 0));
  await contents.finish();
  expect(told).toEqual(['read 1', 'read 2']);
  expect(contents.bytesRead).toBe(42);
});

test('names of one file wait for the first, and take what it found', async () => {
  const { contents, told, asked } = prepare({ 1: savedFile({ path: 1 }) });
  for (const path of [1, 2, 3]) void contents.add(file(path));
  void contents.add(file(4, 2));
  await contents.finish();
  expect(asked).toEqual([1, 4]);
  expect(told).toEqual(['read 1', '2 = 1 with 5', '3 = 1 with 5', 'read 4']);
});

test('a waiting name that leads to another inode than the one that was read is read itself', async () => {
  const { contents, told } = prepare({ 1: savedFile({ path: 1, inode: 12 }) });
  for (const path of [1, 2]) void contents.add(file(path));
  await contents.finish();
  expect(told).toEqual(['read 1', 'read 2']);
});

describe.each<FileOutcome>([{ type: 'vanished' }, { type: 'failed', message: 'no' }])(
  'where the first name ends as $type',
  (outcome) => {
    test('the next that waits is read, and the others take what that found', async () => {
      const { contents, told, asked, outcomes } = prepare({ 2: savedFile({ path: 2 }) });
      outcomes[1] = outcome;
      for (const path of [1, 2, 3]) void contents.add(file(path));
      await contents.finish();
      expect(asked).toEqual([1, 2]);
      expect(told).toEqual([`${outcome.type} 1`, 'read 2', '3 = 2 with 5']);
    });

    test('one after the other is tried, until one can be read', async () => {
      const { contents, told, outcomes } = prepare({ 3: savedFile({ path: 3 }) });
      for (const path of [1, 2]) outcomes[path] = outcome;
      for (const path of [1, 2, 3, 4]) void contents.add(file(path));
      await contents.finish();
      const { type } = outcome;
      expect(told).toEqual([`${type} 1`, `${type} 2`, 'read 3', '4 = 3 with 5']);
    });

    test('a name that comes later is read', async () => {
      const { contents, told, outcomes } = prepare({});
      outcomes[1] = outcome;
      void contents.add(file(1));
      await contents.finish();
      void contents.add(file(2));
      await contents.finish();
      expect(told).toEqual([`${outcome.type} 1`, 'read 2']);
    });
  },
);

describe('a name that comes when the first was read', () => {
  const saved = savedFile({ path: 1 });

  test('takes what that found', async () => {
    const { contents, told, asked } = prepare({ 1: saved }, HASHES);
    void contents.add(file(1));
    await contents.finish();
    void contents.add(file(2));
    expect(asked).toEqual([1]);
    expect(told).toEqual(['read 1', '2 = 1 with 5']);
  });

  test.each<[string, Partial<FileStat>, readonly Buffer[] | undefined]>([
    ['has another inode', { inode: 12 }, HASHES],
    ['has another size', { sizeBytes: 11 }, HASHES],
    ['has another modification time', { mtime: instant(9) }, HASHES],
    ['has another change time', { ctime: instant(9) }, HASHES],
    ['has bytes that are not known', {}, undefined],
  ])('is read where it %s', async (_, stat, hashes) => {
    const { contents, told } = prepare({ 1: saved }, hashes);
    void contents.add(file(1));
    await contents.finish();
    void contents.add(file(2, 1, stat));
    await contents.finish();
    expect(told).toEqual(['read 1', 'read 2']);
  });

  test('is read where the first has no version any longer', async () => {
    const { contents, told } = prepare({}, HASHES);
    void contents.add(file(1));
    await contents.finish();
    void contents.add(file(2));
    await contents.finish();
    expect(told).toEqual(['read 1', 'read 2']);
  });
});
