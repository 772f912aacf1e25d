import { describe, expect, test } from 'vitest';
import {
  closedBy,
  createFilter,
  differ,
  type DirectoryFilter,
  type FilterOptions,
} from '../../../src/repo/tree/filter.js';
import type { FileType } from '../../../src/platform/at-calls.js';
import type { ByteString } from '../../../src/platform/bytes.js';
import type { FileSystem } from '../../../src/platform/files.js';

/** Directories by their paths: the text of each file in them. */
type Disk = Readonly<Record<string, Readonly<Record<string, string>>>>;

interface Place {
  readonly device?: number;
  readonly mount?: number | undefined;
}

/** Filters of the directories of a disk, each entered from the root at `/r` downwards. */
function prepare(options: FilterOptions, disk: Disk = {}, places: Record<string, Place> = {}) {
  const paths = Object.keys(disk);
  const opened: string[] = [];
  const files = {
    at: {
      open(directory: number, name: string) {
        opened.push(disk[paths[directory]!]![name]!);
        return opened.length - 1;
      },
      statOpen: (descriptor: number) => ({ type: 'file', sizeBytes: opened[descriptor]!.length }),
    },
    read: (descriptor: number, into: Buffer) => into.write(opened[descriptor]!, 'latin1'),
    close: () => undefined,
  } as unknown as FileSystem;
  const filter = createFilter(options, files, []);
  const within = (path: string): DirectoryFilter | undefined => {
    const handle = paths.indexOf(path);
    const { device = 1, mount } = places[path] ?? {};
    const names = Object.keys(disk[path] ?? {}).sort() as ByteString[];
    const listing = handle < 0 ? undefined : { handle, names, device, mount };
    const entered = { path: path as ByteString, listing };
    if (path === '/r') return filter.enter(entered);
    return (within(path.slice(0, path.lastIndexOf('/'))) ?? filter).enter(entered);
  };
  /** `+`: taken in by a rule, `-`: left out, ` `: nothing speaks of it; then why. */
  const judge = (path: string, type: FileType = 'file', sizeBytes = 10): string => {
    const at = path.lastIndexOf('/');
    const verdict = within(path.slice(0, at))?.judge(path.slice(at + 1) as ByteString, {
      type,
      sizeBytes,
    });
    if (!verdict) return ' ';
    const { reason } = verdict;
    const why = reason.type === 'rule' ? reason.rule.pattern : reason.type;
    return `${verdict.excludes ? '-' : '+'} ${why}`;
  };
  return { judge, within, filter };
}

const exclude = (...patterns: string[]) =>
  patterns.map((pattern) => ({ type: 'exclude', pattern }) as const);

describe('where nothing holds', () => {
  test('a directory is not asked about its entries', () => {
    const { within } = prepare({}, { '/r': { file: '' }, '/r/sub': {} });
    expect(within('/r')).toBeUndefined();
    expect(within('/r/sub')).toBeUndefined();
  });

  test.each<[string, FilterOptions]>([
    ['a rule', { rules: exclude('x') }],
    ['a size', { largestBytes: 10 }],
    ['a file system', { staysOnFileSystem: true }],
  ])('it is, by %s', (_, options) => {
    const { within, filter } = prepare(options, { '/r': {}, '/r/sub': {} });
    expect([within('/r'), within('/r/sub')].includes(undefined)).toBe(false);
    expect(filter.staysOnFileSystem).toBe(options.staysOnFileSystem ?? false);
  });
});

describe('the lists of rules', () => {
  const disk: Disk = {
    '/r': { '.varveignore': 'a\nb\n!c\n/top\nd\n' },
    '/r/sub': { '.varveignore': '!b\n/here\n' },
    '/r/sub/deep': {},
  };
  const { judge } = prepare({ rules: exclude('c', '!a', '/r/sub/deep/x') }, disk);

  test.each([
    ['/r/a', '+ !a'],
    ['/r/c', '- c'],
    ['/r/b', '- b'],
    ['/r/d', '- d'],
    ['/r/other', ' '],
    ['/r/top', '- /top'],
    ['/r/sub/top', ' '],
    ['/r/sub/b', '+ !b'],
    ['/r/sub/d', '- d'],
    ['/r/sub/here', '- /here'],
    ['/r/sub/deep/b', '+ !b'],
    ['/r/sub/deep/here', ' '],
    ['/r/sub/deep/x', '- /r/sub/deep/x'],
    ['/r/sub/x', ' '],
  ])('are asked from the options to the nearest file and up: %s is "%s"', (path, expected) => {
    expect(judge(path)).toBe(expected);
  });

  test('hold in one directory after the other, whichever was asked before', () => {
    const all = { '/r': { '.varveignore': 'one/x' }, '/r/one': {}, '/r/two': {} };
    const { judge: ask, within } = prepare({}, all);
    const [one, two] = [within('/r/one'), within('/r/two')];
    const of = (filter: typeof one) =>
      filter?.judge('x' as ByteString, { type: 'file', sizeBytes: 1 })?.excludes ?? false;
    expect([of(one), of(two), of(one)]).toEqual([true, false, true]);
    expect([ask('/r/one/x'), ask('/r/two/x')]).toEqual(['- one/x', ' ']);
  });

  test('hold in a directory that is gone, but for its own', () => {
    const { judge: ask } = prepare({}, { '/r': { '.varveignore': 'x\nsub/y\n' } });
    expect([ask('/r/sub/x'), ask('/r/sub/y'), ask('/r/sub/z')]).toEqual(['- x', '- sub/y', ' ']);
  });

  test('of files of other names count, the later before the earlier', () => {
    const there = { '/r': { '.one': 'a\nb', '.two': '!b', '.varveignore': 'c' } };
    const { judge: ask } = prepare({ ignoreFiles: ['.one', '.two'] }, there);
    expect([ask('/r/a'), ask('/r/b'), ask('/r/c')]).toEqual(['- a', '+ !b', ' ']);
    const none = prepare({ ignoreFiles: [] }, there);
    expect(none.judge('/r/c')).toBe(' ');
  });

  test('tell directories from files', () => {
    const { judge: ask } = prepare({ rules: exclude('x/') });
    expect([ask('/r/x'), ask('/r/x', 'directory'), ask('/r/x', 'symlink')]).toEqual([
      ...[' ', '- x/', ' '],
    ]);
  });
});

describe('a size', () => {
  const { judge } = prepare({ largestBytes: 10, rules: exclude('!keep', 'out') });

  test.each<[string, FileType, number, string]>([
    ['file', 'file', 10, ' '],
    ['file', 'file', 11, '- size'],
    ['file', 'directory', 11, ' '],
    ['file', 'symlink', 11, ' '],
    ['keep', 'file', 11, '- size'],
    ['keep', 'file', 10, '+ !keep'],
    ['out', 'file', 11, '- out'],
  ])('of %s, a %s of %i bytes, is "%s"', (name, type, size, expected) => {
    expect(judge(`/r/${name}`, type, size)).toBe(expected);
  });
});

test('a marker leaves out all but itself, whatever the rules', () => {
  const disk: Disk = { '/r': { '.skip': '', a: '' }, '/r/sub': {} };
  const { judge } = prepare({ markers: ['.skip'], rules: exclude('!a') }, disk);
  expect([judge('/r/.skip'), judge('/r/a'), judge('/r/b', 'directory')]).toEqual([
    ...[' ', '- marker', '- marker'],
  ]);
  expect(judge('/r/sub/a')).toBe('+ !a');
});

test('a cache is left out where that is asked for, but for its tag', () => {
  const tag = 'Signature: 8a477f597d28d172789f06886806bc55';
  const disk: Disk = { '/r': { 'CACHEDIR.TAG': tag, a: '' } };
  const { judge } = prepare({ excludesCaches: true }, disk);
  expect([judge('/r/a'), judge('/r/CACHEDIR.TAG')]).toEqual(['- cache', ' ']);
  expect(prepare({}, disk).judge('/r/a')).toBe(' ');
});

describe('another file system', () => {
  const staysOnFileSystem = true;
  const disk: Disk = { '/r': {}, '/r/sub': {}, '/r/sub/deep': {} };

  test.each<[string, Record<string, Place>, string]>([
    ['of the same device is none', {}, ' '],
    ['of another device is one', { '/r/sub': { device: 2 } }, '- file-system'],
    ['is one below, too', { '/r/sub/deep': { device: 2 } }, ' '],
    ['of another mount is one', { '/r': { mount: 5 }, '/r/sub': { mount: 6 } }, '- file-system'],
    ['of the same mount is none', { '/r': { mount: 5 }, '/r/sub': { mount: 5 } }, ' '],
    ['of a mount that nobody tells is none', { '/r': { mount: 5 } }, ' '],
  ])('%s', (_, places, expected) => {
    expect(prepare({ staysOnFileSystem }, disk, places).judge('/r/sub/x')).toBe(expected);
    expect(prepare({}, disk, places).judge('/r/sub/x')).toBe(' ');
  });

  test('is another than that of the root, however deep', () => {
    const places = { '/r/sub/deep': { device: 2 } };
    const { judge } = prepare({ staysOnFileSystem }, disk, places);
    expect(judge('/r/sub/deep/x')).toBe('- file-system');
    const back = { '/r/sub': { device: 2 }, '/r/sub/deep': { device: 1 } };
    expect(prepare({ staysOnFileSystem }, disk, back).judge('/r/sub/deep/x')).toBe(' ');
  });
});

test.each([
  [1, 2, true],
  [1, 1, false],
  [undefined, 1, false],
  [1, undefined, false],
  [undefined, undefined, false],
])('the mounts %s and %s are known to be two: %s', (left, right, expected) => {
  expect(differ(left, right)).toBe(expected);
});

test('a closed directory leaves out all below it', () => {
  const closed = closedBy({ type: 'file-system' });
  const entry = { type: 'file', sizeBytes: 1 } as const;
  const below = closed.enter({ path: '/x' as ByteString, listing: undefined });
  for (const filter of [closed, below]) {
    const verdict = filter?.judge('a' as ByteString, entry);
    expect(verdict).toEqual({ excludes: true, reason: { type: 'file-system' } });
  }
});

test.each([
  [{ ignoreFiles: ['ok', 'a/b'] }, '--ignore-file: "a/b" is not a file name.'],
  [{ ignoreFiles: [''] }, '--ignore-file: "" is not a file name.'],
  [{ markers: ['/x'] }, '--exclude-if-present: "/x" is not a file name.'],
])('%j are refused', (options, message) => {
  expect(() => createFilter(options, {} as FileSystem, [])).toThrow(
    expect.objectContaining({ code: 'USAGE', message }),
  );
});
