/** What a diff knows the bytes of files by: saved ones by their rows, live ones by inode or by hash. */
import { describe, expect, test } from 'vitest';
import { blake3 } from '../../../../src/platform/hash.js';
import {
  foundChange,
  toChange,
  type FileSide,
  type FoundChange,
} from '../../../../src/repo/operations/queries/change.js';
import { createLiveKeys, savedKey } from '../../../../src/repo/operations/queries/side-keys.js';
import type { HeldRepository } from '../../../../src/repo/repository/held.js';
import { systemError } from '../../../support/faulty-files.js';

const bytes = (text: string): Buffer => Buffer.from(text);
const mtime = { seconds: 100, nanoseconds: 5 };
const blob = (id: number, sizeBytes: number, more: Partial<FileSide> = {}): FileSide => ({
  ...{ sizeBytes, content: { type: 'blob', blob: id }, inode: 3, mtime },
  ...more,
});
const live = (sizeBytes: number, more: Partial<FileSide> = {}): FileSide => ({
  ...{ sizeBytes, content: { type: 'live' }, inode: 9, mtime },
  ...more,
});
const change = (
  path: string,
  what: FoundChange['change'],
  before: FileSide | undefined,
  after?: FileSide,
): FoundChange => foundChange(path as never, what, before, after);

/** Keys of live files; what was opened is written down. */
function keysOver(
  changes: readonly FoundChange[],
  contents: Readonly<Record<string, string | Error>>,
  saved: Readonly<Record<string, number>> = {},
) {
  const opened: string[] = [];
  const open = new Set<number>();
  const files = {
    at: {
      open(directory: unknown, path: string, mode: string): number {
        expect([directory, mode]).toEqual([undefined, 'read-file']);
        const content = contents[path];
        if (content instanceof Error && content.message.includes('open')) throw content;
        open.add(opened.push(path));
        return opened.length;
      },
    },
    read(descriptor: number, into: Uint8Array): number {
      const content = contents[opened[descriptor - 1] ?? ''] ?? '';
      if (content instanceof Error) throw content;
      into.set(bytes(content).subarray(0, into.length));
      return Math.min(into.length, content.length);
    },
    close: (descriptor: number) => expect(open.delete(descriptor)).toBe(true),
  };
  const ids = Object.entries(saved).map(
    ([text, id]) => [blake3(bytes(text)).toString('hex'), id] as const,
  );
  const find = (hash: Buffer): { id: number } | undefined => {
    const id = new Map(ids).get(hash.toString('hex'));
    return id === undefined ? undefined : { id };
  };
  const held = {
    platform: { files },
    config: { chunking: { wholeFileBytes: 1e6 } },
    index: { blobs: { find, findContent: () => undefined } },
  } as unknown as HeldRepository;
  return { keyOf: createLiveKeys(held, changes), opened, open };
}

test('a change tells the sizes of files that were there, and nothing of what it was found by', () => {
  const found = change('/x', 'modified', blob(1, 0), live(5));
  expect(found).toMatchObject({ sizeBefore: 0, sizeAfter: 5 });
  expect(toChange(found)).toEqual({
    ...{ path: '/x', change: 'modified', sizeBefore: 0, sizeAfter: 5 },
  });
  expect(toChange(change('/x', 'added', undefined, live(5)))).toEqual({
    ...{ path: '/x', change: 'added', sizeAfter: 5 },
  });
  expect(toChange(change('/x', 'removed', blob(1, 7)))).toEqual({
    ...{ path: '/x', change: 'removed', sizeBefore: 7 },
  });
  expect(toChange(change('/x', 'metadata', undefined))).toEqual({ path: '/x', change: 'metadata' });
});

test('saved bytes are known by their row, and rows of both kinds are apart', () => {
  const contents = { ...blob(1, 5), content: { type: 'content', content: 1 } } as const;
  const empty = { ...blob(1, 0), content: { type: 'none' } } as const;
  const keys = [blob(1, 5), blob(2, 5), contents].map((side) =>
    savedKey(change('/x', 'removed', side)),
  );
  expect(keys).not.toContain(undefined);
  expect(new Set(keys).size).toBe(3);
  expect(savedKey(change('/y', 'added', undefined, blob(1, 5)))).toBe(keys[0]);
  expect(savedKey(change('/y', 'removed', empty))).toBeUndefined();
  expect(savedKey(change('/y', 'added', undefined, live(5)))).toBeUndefined();
  expect(savedKey(change('/y', 'added', undefined))).toBeUndefined();
});

describe('a live file', () => {
  const gone = change('/gone', 'removed', blob(1, 5));
  const added = (side: FileSide): FoundChange => change('/new', 'added', undefined, side);

  test('of the inode, time and size of a removed one is that, and is not read', () => {
    const { keyOf, opened } = keysOver([gone], {});
    const moved = added(live(5, { inode: 3 }));
    expect(keyOf(moved)).toBe(keyOf(gone));
    expect(keyOf(gone)).toBe('b1');
    expect(opened).toEqual([]);
  });

  test.each<[string, Partial<FileSide>]>([
    ['inode', {}],
    ['second', { inode: 3, mtime: { seconds: 101, nanoseconds: 5 } }],
    ['nanosecond', { inode: 3, mtime: { seconds: 100, nanoseconds: 6 } }],
  ])('of another %s is read, once', (_, side) => {
    const one = added(live(5, side));
    for (const [content, key] of [
      ['saved', 'b1'],
      ['other', undefined],
    ] as const) {
      const { keyOf, opened, open } = keysOver([gone, one], { '/new': content }, { saved: 1 });
      expect([keyOf(one), keyOf(one)]).toEqual([key, key]);
      expect(opened).toEqual(['/new']);
      expect([...open]).toEqual([]);
    }
  });

  test('of another size than every removed one is not read, even of the same inode', () => {
    const { keyOf, opened } = keysOver([gone], { '/new': 'longer' }, { longer: 1 });
    expect(keyOf(added(live(6, { inode: 3 })))).toBeUndefined();
    expect(opened).toEqual([]);
  });

  test('of the size of one removed file and the inode of another is neither by its inode', () => {
    const other = change('/other', 'removed', blob(2, 6, { inode: 4 }));
    const { keyOf } = keysOver([gone, other], { '/new': 'saved!' }, { 'saved!': 2 });
    expect(keyOf(added(live(6, { inode: 3 })))).toBe('b2');
  });

  test('without bytes is no other', () => {
    const empty = change('/gone', 'removed', blob(1, 0));
    const { keyOf, opened } = keysOver([empty], { '/new': '' }, { '': 1 });
    expect(keyOf(added(live(0, { inode: 3 })))).toBeUndefined();
    expect(keyOf(added(live(0)))).toBeUndefined();
    expect(opened).toEqual([]);
  });

  test('is compared with what was removed, and with nothing that was changed', () => {
    const changed = change('/gone', 'modified', blob(1, 5), live(5));
    const { keyOf, opened } = keysOver([changed], { '/new': 'saved' }, { saved: 1 });
    expect(keyOf(added(live(5, { inode: 3 })))).toBeUndefined();
    expect(opened).toEqual([]);
  });

  test('that has no bytes any more, or cannot be read, is none; it is closed again', () => {
    for (const content of ['', systemError('EIO'), systemError('EACCES')]) {
      const { keyOf, opened, open } = keysOver([gone], { '/new': content }, { saved: 1 });
      expect(keyOf(added(live(5)))).toBeUndefined();
      expect(opened).toEqual(['/new']);
      expect([...open]).toEqual([]);
    }
  });

  test('a bug is no file that cannot be read', () => {
    const { keyOf, open } = keysOver([gone], { '/new': new TypeError('bug') });
    expect(() => keyOf(added(live(5)))).toThrow('bug');
    expect([...open]).toEqual([]);
  });
});
