import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createFilter, type FilterOptions } from '../../../src/repo/tree/filter.js';
import {
  belowOf,
  handleOf,
  LiveTree,
  type ListedDirectory,
} from '../../../src/repo/tree/live-tree.js';
import type { OwnDirectories } from '../../../src/repo/tree/own.js';
import type { AtCalls, FileStat } from '../../../src/platform/at-calls.js';
import { bytesFromText, type ByteString } from '../../../src/platform/bytes.js';
import { openFileSystem } from '../../../src/platform/files.js';
import { scratchDirectory } from '../../support/directory.js';
import { systemError } from '../../support/faulty-files.js';
import { openFilesBelow } from '../../support/open-files.js';
import { makeFifo } from '../../support/special-files.js';

const real = openFileSystem();
const PROC = 0x9fa0;
const FUSE = 0x65735546;
const EXT4 = 0xef53;

interface Case {
  readonly options?: FilterOptions;
  readonly at?: (at: AtCalls) => Partial<AtCalls>;
  /** What each name is seen as having. */
  readonly seen?: Readonly<Record<string, Partial<FileStat>>>;
  /** The type of the file system of each device. */
  readonly types?: Readonly<Record<number, number>>;
  /** The directory that is the repository's, below the scratch directory. */
  readonly own?: string;
}

/** A tree of `root/dir/sub/deep`, `root/dir/file` and `root/link`, whose root is entered. */
function prepare({ options = {}, at, seen = {}, types = {}, own }: Case = {}) {
  const directory = scratchDirectory();
  const path = (name: string): ByteString => bytesFromText(join(directory, name));
  fs.mkdirSync(join(directory, 'root/dir/sub/deep'), { recursive: true });
  fs.writeFileSync(join(directory, 'root/dir/file'), 'text');
  fs.symlinkSync('dir', join(directory, 'root/link'));
  let asked = 0;
  const files = {
    ...real,
    at: {
      ...real.at,
      stat(handle: number, name: ByteString) {
        const stat = real.at.stat(handle, name);
        return stat && { ...stat, device: 1, ...seen[name] };
      },
      fileSystemType(handle: number) {
        asked += 1;
        const name = fs.readlinkSync(`/proc/self/fd/${handle}`).split('/').at(-1)!;
        return types[seen[name]?.device ?? 1] ?? EXT4;
      },
      ...at?.(real.at),
    },
  };
  const owned: OwnDirectories = {
    keys: new Set(),
    has: ({ inode }) => own !== undefined && inode === fs.statSync(path(own)).ino,
    holds: (place) => own !== undefined && `${place}/`.startsWith(`${path(own)}/`),
  };
  const tree = new LiveTree(files, createFilter(options, files, []), owned);
  const open = () => tree.openRoot(path('root'));
  /** Looks at an entry below the root, and enters it. */
  const enter = (names: string, root = open()): ListedDirectory => {
    let above = root.above;
    let entered: ListedDirectory | undefined;
    for (const name of [root.name, ...names.split('/').filter(Boolean)] as ByteString[]) {
      const entry = {
        name,
        path: path(`${entered ? `${above.path.slice(directory.length + 1)}/` : ''}${name}`),
      };
      entered = tree.enter(above, entry, tree.stat(above, name)!);
      above = entered;
    }
    return entered!;
  };
  const look = (directoryOf: ListedDirectory, name: string) =>
    tree.look(directoryOf, {
      name: name as ByteString,
      path: `${directoryOf.path}/${name}` as ByteString,
    });
  return { directory, path, tree, open, enter, look, asked: () => asked };
}

describe('a root', () => {
  test('is opened in the directory that holds it, and closed', () => {
    const { directory, path, open, tree } = prepare();
    const root = open();
    expect(root).toMatchObject({
      name: 'root',
      place: path('root'),
      above: { path: directory, below: '', filter: undefined, device: undefined },
    });
    expect(tree.stat(root.above, root.name)?.type).toBe('directory');
    expect(openFilesBelow(directory)).toEqual([directory]);
    root.close();
    expect(openFilesBelow(directory)).toEqual([]);
  });

  test('may be the root of all', () => {
    const { tree } = prepare();
    const root = tree.openRoot('/' as ByteString);
    expect([root.above.path, root.name, root.place]).toEqual(['/', '.', '/']);
    root.close();
  });

  test.each([
    ['a directory', 'dir'],
    ['a file', 'dir/file'],
  ])('that is a link to %s is that', (_, target) => {
    const { directory, path, tree } = prepare();
    fs.symlinkSync(`root/${target}`, join(directory, 'to'));
    const root = tree.openRoot(path('to'));
    expect(root.place).toBe(path(`root/${target}`));
    expect(root.name).toBe(target.split('/').at(-1));
    expect(openFilesBelow(directory).length).toBe(1);
    root.close();
    expect(openFilesBelow(directory)).toEqual([]);
  });

  test.each([
    ['nothing', 'nowhere'],
    ['a fifo', 'fifo'],
    ['itself', 'to'],
  ])('that is a link to %s is the link', (_, target) => {
    const { directory, path, tree } = prepare();
    makeFifo(join(directory, 'fifo'));
    fs.symlinkSync(target, join(directory, 'to'));
    const root = tree.openRoot(path('to'));
    expect([root.place, root.name]).toEqual([path('to'), 'to']);
    expect(openFilesBelow(directory)).toEqual([directory]);
    root.close();
  });

  test.each([
    ['root', undefined, false],
    ['root', 'root', true],
    ['root/dir', 'root', true],
    ['root', 'root/dir', false],
  ])('%s, with the repository at %s, is its own: %s', (name, own, expected) => {
    const { path, tree } = prepare(own === undefined ? {} : { own });
    const root = tree.openRoot(path(name));
    expect(tree.isOwn(root)).toBe(expected);
    root.close();
  });

  test('that is gone by now is not its own', () => {
    const { path, tree } = prepare({ own: 'root' });
    const root = tree.openRoot(path('gone'));
    expect(tree.isOwn(root)).toBe(false);
    root.close();
  });
});

describe('an entry', () => {
  test('that is not there is absent, and any other is taken in', () => {
    const { enter, look } = prepare();
    const dir = enter('dir');
    expect(look(dir, 'none')).toEqual({ type: 'absent' });
    const file = { type: 'taken-in', stat: { type: 'file', sizeBytes: 4 }, reason: undefined };
    expect(look(dir, 'file')).toMatchObject(file);
  });

  test('is judged by the rules, which say why', () => {
    const rules = ['fi*', '!file', 'sub'].map((pattern) => ({ type: 'exclude', pattern }) as const);
    const { enter, look, tree } = prepare({ options: { rules } });
    const dir = enter('dir');
    expect(look(dir, 'file')).toMatchObject({ type: 'taken-in', reason: { rule: rules[1] } });
    expect(look(dir, 'sub')).toEqual({
      type: 'left-out',
      reason: { type: 'rule', rule: rules[2] },
    });
    const gone = (name: string) =>
      tree.leavesOut(
        dir,
        { name: name as ByteString, path: '/x' as ByteString },
        { type: 'file', sizeBytes: 1 },
      );
    expect([gone('file'), gone('sub'), gone('fig'), gone('x')]).toEqual([false, true, true, false]);
  });

  test('that is the repository is left out, whatever the rules say', () => {
    const rules = [{ type: 'include', pattern: 'sub' }] as const;
    const { enter, look } = prepare({ own: 'root/dir/sub', options: { rules } });
    const dir = enter('dir');
    expect(look(dir, 'sub')).toEqual({ type: 'left-out', reason: { type: 'repository' } });
  });
});

describe('a directory', () => {
  test('has its names in byte order, and what it is', () => {
    const { directory, enter, path } = prepare();
    for (const name of ['b', 'a', 'é', 'B'])
      fs.writeFileSync(join(directory, 'root/dir/sub', name), '');
    const { handles, ...listed } = enter('dir/sub');
    expect(listed).toEqual({
      path: path('root/dir/sub'),
      below: 'root/dir/sub',
      filter: undefined,
      device: 1,
      mount: listed.mount,
      names: ['B', 'a', 'b', 'deep', '\xc3\xa9'],
    });
    expect(handleOf({ ...listed, handles })).toBeGreaterThan(2);
    handles.close();
  });

  test('that was left is closed', () => {
    const { directory, enter, tree, open } = prepare();
    const root = open();
    const sub = enter('dir/sub', root);
    const place = join(directory, 'root/dir/sub');
    expect(openFilesBelow(place)).toEqual([place]);
    tree.leave(sub);
    expect(openFilesBelow(place)).toEqual([]);
    root.close();
    expect(openFilesBelow(directory)).toEqual([]);
  });

  test('is opened by its name, without being listed', () => {
    const { enter, tree, directory } = prepare();
    const dir = enter('dir');
    const handle = tree.open(dir, 'sub' as ByteString);
    expect(fs.readlinkSync(`/proc/self/fd/${handle}`)).toBe(join(directory, 'root/dir/sub'));
  });

  test('that is gone has what holds above it', () => {
    const rules = [{ type: 'exclude', pattern: 'gone/x' }] as const;
    const { enter, tree, path } = prepare({ options: { rules } });
    const filter = tree.filterOfGone(enter('dir'), path('root/dir/gone'));
    expect(filter?.judge('x' as ByteString, { type: 'file', sizeBytes: 1 })?.excludes).toBe(true);
    expect(tree.filterOfGone({ filter: undefined }, path('gone'))).toBeDefined();
  });
});

describe('what is mounted', () => {
  const seen = { sub: { device: 2 } };
  const types = { 2: PROC };

  test('and pseudo is empty, its entries are left out, and it is told', () => {
    const { enter, path, tree } = prepare({ seen, types });
    const sub = enter('dir/sub');
    expect(sub.names).toEqual([]);
    expect(sub.device).toBe(2);
    const verdict = sub.filter?.judge('x' as ByteString, { type: 'file', sizeBytes: 1 });
    const reason = { type: 'pseudo-file-system', name: 'proc' };
    expect(verdict).toEqual({ excludes: true, reason });
    expect(tree.pseudoMounts).toEqual([{ path: path('root/dir/sub'), name: 'proc' }]);
  });

  test('and not pseudo is as any other', () => {
    const { enter, tree } = prepare({ seen });
    expect(enter('dir/sub').names).toEqual(['deep']);
    expect(tree.pseudoMounts).toEqual([]);
  });

  test('and pseudo is not, where it was named', () => {
    const { enter, tree } = prepare({ seen: { root: { device: 2 } }, types });
    expect(enter('').names).toEqual(['dir', 'link']);
    expect(tree.pseudoMounts).toEqual([]);
  });

  test('is left to the filter, where that stays on a file system', () => {
    const { enter, tree } = prepare({ seen, types, options: { staysOnFileSystem: true } });
    const sub = enter('dir/sub');
    const verdict = sub.filter?.judge('x' as ByteString, { type: 'file', sizeBytes: 1 });
    expect(verdict).toEqual({ excludes: true, reason: { type: 'file-system' } });
    expect(tree.pseudoMounts).toEqual([]);
  });

  test('and a file is left out where it is pseudo, and told', () => {
    const { enter, look, path, tree } = prepare({ seen: { file: { device: 2 } }, types });
    const dir = enter('dir');
    const reason = { type: 'pseudo-file-system', name: 'proc' };
    expect(look(dir, 'file')).toEqual({ type: 'left-out', reason });
    expect(tree.pseudoMounts).toEqual([{ path: path('root/dir/file'), name: 'proc' }]);
  });

  test('and a file is taken in where it was named itself', () => {
    const { path, tree, look } = prepare({ seen: { file: { device: 2 } }, types });
    const root = tree.openRoot(path('root/dir/file'));
    expect(look(root.above as ListedDirectory, 'file').type).toBe('taken-in');
    expect(tree.pseudoMounts).toEqual([]);
    root.close();
  });

  test.each([
    [5, 6, 'left-out'],
    [5, 5, 'taken-in'],
    [5, undefined, 'taken-in'],
  ])('and a file, of mount %s and %s, by a filter that stays is %s', (dir, file, type) => {
    const mounts = { root: { mount: dir }, dir: { mount: dir }, file: { mount: file, device: 2 } };
    const { enter, look } = prepare({ seen: mounts, options: { staysOnFileSystem: true } });
    expect(look(enter('dir'), 'file').type).toBe(type);
  });

  test('is asked for by the handle, where stat does not tell and the filter stays', () => {
    const mountOf = () => 77;
    const unknown = { sub: { mount: undefined } };
    const stays = prepare({
      seen: unknown,
      at: () => ({ mountOf }),
      options: { staysOnFileSystem: true },
    });
    expect(stays.enter('dir/sub').mount).toBe(77);
    expect(
      prepare({ seen: unknown, at: () => ({ mountOf }) }).enter('dir/sub').mount,
    ).toBeUndefined();
    expect(
      prepare({ seen: { sub: { mount: 3 } }, at: () => ({ mountOf }) }).enter('dir/sub').mount,
    ).toBe(3);
  });
});

describe('whether the size of a file says how many bytes it has', () => {
  const tells = (type: number, sizeBytes: number, at?: Case['at']) => {
    const file = { device: 2, sizeBytes };
    const { enter, tree, asked, directory } = prepare({
      seen: { file },
      types: { 2: type },
      ...(at && { at }),
    });
    const dir = enter('dir');
    const stat = tree.stat(dir, 'file' as ByteString)!;
    const before = asked();
    const answers = [1, 2].map(() => tree.tellsSize(dir, 'file' as ByteString, stat));
    expect(openFilesBelow(join(directory, 'root/dir/file'))).toEqual([]);
    return { answers, asked: asked() - before };
  };

  test.each([
    [EXT4, 0, true],
    [FUSE, 0, false],
    [FUSE, 1, true],
    [PROC, 0, false],
    [PROC, 1, false],
  ])('is asked once for each device: of type %i, with %i bytes: %s', (type, size, expected) => {
    expect(tells(type, size)).toEqual({ answers: [expected, expected], asked: 1 });
  });

  test('is taken for granted, for now, where nobody says', () => {
    const fail = (error: Error) => () => ({
      fileSystemType(): never {
        throw error;
      },
    });
    expect(tells(PROC, 0, fail(systemError('EACCES'))).answers).toEqual([true, true]);
    let failures = 1;
    const once = (at: AtCalls) => ({
      fileSystemType(handle: number): number {
        const isFile = fs.readlinkSync(`/proc/self/fd/${handle}`).endsWith('/file');
        if (isFile && failures-- > 0) throw systemError('EACCES');
        return isFile ? PROC : at.fileSystemType(handle);
      },
    });
    expect(tells(PROC, 0, once).answers).toEqual([true, false]);
    const mistake = new TypeError('a mistake');
    expect(() => tells(PROC, 0, fail(mistake))).toThrow(mistake);
  });
});

test.each([
  ['', 'a', 'a'],
  ['a', 'b', 'a/b'],
])('below %j, %j is %j', (below, name, expected) => {
  expect(belowOf({ below: below as ByteString }, name as ByteString)).toBe(expected);
});
