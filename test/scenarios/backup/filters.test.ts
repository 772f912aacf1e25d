import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FilterOptions } from '../../../src/repo/tree/filter.js';
import { filesWithAt, systemError } from '../../support/faulty-files.js';
import {
  absolute,
  backupTree,
  below,
  makeRepository,
  writeTree,
  type TestRepository,
  type Tree,
  type TreeNode,
} from '../../support/repository.js';
import { createLab } from '../../support/lab.js';
import { runs } from '../../support/seed.js';
import { diffLive, listEntries } from '../../support/by-path.js';

const SIGNATURE = 'Signature: 8a477f597d28d172789f06886806bc55\n# made by a test\n';
const LATEST = { type: 'latest' } as const;

/** `a/` is a directory, `a: text` a file with these bytes, `a` a file with one. */
function treeOf(...lines: string[]): Tree {
  return Object.fromEntries(
    lines.map((line): [string, TreeNode] => {
      if (line.endsWith('/')) return [line.slice(0, -1), { type: 'directory' }];
      const [, path = line, content = 'x'] = /^([^:]*): (.*)$/s.exec(line) ?? [];
      return [path, { type: 'file', content }];
    }),
  );
}

/** Backs `tree` up and gives the paths below the root that the snapshot has. */
async function saved(
  tree: Tree,
  filter: FilterOptions = {},
  repository = makeRepository(),
): Promise<string[]> {
  writeTree(repository.tree, tree);
  await backupTree(repository, { filter });
  return savedPaths(repository);
}

async function savedPaths({ path, platform, tree }: TestRepository): Promise<string[]> {
  const options = { paths: [], at: LATEST, isRecursive: true };
  const { entries } = await listEntries(path, platform, options);
  return [...entries].map((entry) => below(tree, entry.path)).filter(Boolean);
}

describe('ignore files', () => {
  test('hold for their own directory and below, and the nearest decides', async () => {
    const paths = await saved(
      treeOf(
        ...['.varveignore: *.o\n/top\nsub/deep\n', 'a.o', 'top', 'b.c'],
        ...['sub/', 'sub/.varveignore: !keep.o\n*.c', 'sub/a.o', 'sub/keep.o', 'sub/top'],
        ...['sub/b.c', 'sub/deep/', 'sub/deep/file', 'sub/sub/', 'sub/sub/deep/'],
      ),
    );
    expect(paths).toEqual([
      ...['.varveignore', 'b.c', 'sub', 'sub/.varveignore', 'sub/keep.o', 'sub/sub'],
      ...['sub/sub/deep', 'sub/top'],
    ]);
  });

  test('have the names that are given, and the later of two in a directory decides', async () => {
    const tree = treeOf('.varveignore: a', '.one: b\n!c', '.two: c\n!b', 'a', 'b', 'c');
    expect(await saved(tree, { ignoreFiles: ['.one', '.two'] })).toEqual([
      ...['.one', '.two', '.varveignore', 'a', 'b'],
    ]);
  });

  test('give way to the options, so that --include "*" sets them aside', async () => {
    const tree = treeOf('.varveignore: *.o\n!b.c', 'a.o', 'b.c');
    const rules = [{ type: 'exclude', pattern: '*.c' }] as const;
    expect(await saved(tree, { rules })).toEqual(['.varveignore']);
    expect(await saved(tree, { rules: [{ type: 'include', pattern: '*' }] })).toEqual([
      ...['.varveignore', 'a.o', 'b.c'],
    ]);
  });

  test('above a root do not count', async () => {
    const repository = makeRepository();
    writeTree(repository.tree, treeOf('.varveignore: a', 'sub/', 'sub/a'));
    await backupTree(repository, { paths: [`${repository.tree}/sub`] });
    expect(await savedPaths(repository)).toEqual(['sub', 'sub/a']);
  });

  test('that are no files mean nothing', async () => {
    expect(await saved(treeOf('.varveignore/', '.varveignore/a', 'a'))).toHaveLength(3);
  });

  test.each([
    ['a symbolic link', 'it is a symbolic link', (path: string) => symlinkSync('other', path)],
    ['huge', 'it is larger than 1 MiB', (path: string) => writeFileSync(path, '#'.repeat(2 ** 21))],
  ])('that cannot be read (%s) leave nothing out, and are reported', async (_, why, make) => {
    const repository = makeRepository();
    writeTree(repository.tree, treeOf('other: a', 'a'));
    make(`${repository.tree}/.varveignore`);
    const { issues } = await backupTree(repository);
    expect(issues).toEqual([
      {
        path: absolute(repository.tree, '.varveignore'),
        code: 'RULES_UNREADABLE',
        message: expect.stringContaining(
          `The rules of ${repository.tree}/.varveignore were ignored: ${why}`,
        ) as string,
      },
    ]);
    expect(await savedPaths(repository)).toEqual(['.varveignore', 'a', 'other']);
  });
});

describe('names that are not UTF-8', () => {
  test('are matched by a star, and by themselves in a file of rules', async () => {
    const tree = treeOf('a\xff.o', 'b\xfe.c', 'c\xfe.c', 'd\xe9/', 'd\xe9/a\xff.c');
    const rules = [{ type: 'exclude', pattern: '*.o' }] as const;
    const lines = Buffer.from('b\xfe.c\n/d\xe9/*\xff.c\n', 'latin1');
    const ignoreFile = { '.varveignore': { type: 'file', content: lines } } as const;
    expect(await saved({ ...tree, ...ignoreFile }, { rules })).toEqual([
      ...['.varveignore', 'c\xfe.c', 'd\xe9'],
    ]);
  });
});

describe('markers', () => {
  const tree = treeOf(
    ...['keep', 'a/', 'a/.nobackup', 'a/file', 'a/sub/', 'b/', 'b/.git/', 'b/.git/config', 'b/x'],
  );

  test('keep their directory and themselves, with what is below them', async () => {
    expect(await saved(tree, { markers: ['.nobackup', '.git'] })).toEqual([
      ...['a', 'a/.nobackup', 'b', 'b/.git', 'b/.git/config', 'keep'],
    ]);
  });

  test('are not taken back by a rule', async () => {
    const rules = [{ type: 'include', pattern: '*' }] as const;
    expect(await saved(tree, { markers: ['.nobackup'], rules })).not.toContain('a/file');
  });

  test.each(['a/b', ''])('are names, and %j is none', async (name) => {
    await expect(saved({}, { markers: [name] })).rejects.toMatchObject({
      code: 'USAGE',
      message: `--exclude-if-present: "${name}" is not a file name.`,
    });
  });

  test('of caches count with their signature only', async () => {
    const repository = makeRepository();
    const tags = { good: SIGNATURE, bad: SIGNATURE.replace('8a', '8b'), short: 'Signature: 8a47' };
    const directories = Object.entries(tags).flatMap(([name, text]) => [
      ...[`${name}/`, `${name}/CACHEDIR.TAG: ${text}`, `${name}/file`],
    ]);
    writeTree(repository.tree, treeOf(...directories));
    mkdirSync(`${repository.tree}/link`);
    symlinkSync('../good/CACHEDIR.TAG', `${repository.tree}/link/CACHEDIR.TAG`);
    writeFileSync(`${repository.tree}/link/file`, 'x');
    await backupTree(repository, { filter: { excludesCaches: true } });
    const files = (await savedPaths(repository)).filter((path) => path.includes('/'));
    expect(files).toEqual([
      ...['bad/CACHEDIR.TAG', 'bad/file', 'good/CACHEDIR.TAG'],
      ...['link/CACHEDIR.TAG', 'link/file', 'short/CACHEDIR.TAG', 'short/file'],
    ]);
    await backupTree(repository);
    expect(await savedPaths(repository)).toContain('good/file');
  });
});

test('files beyond a size are left out, and nothing else', async () => {
  const repository = makeRepository();
  writeTree(repository.tree, treeOf('five: 12345', 'six: 123456', 'directory/'));
  symlinkSync('a target of some length', `${repository.tree}/link`);
  await backupTree(repository, { filter: { largestBytes: 5 } });
  expect(await savedPaths(repository)).toEqual(['directory', 'five', 'link']);
});

test('where another file system is mounted, the directory is kept empty', async () => {
  const lab = createLab();
  for (const name of ['a', 'mounted/b', 'mounted/deep/c', 'd']) lab.write(name, 'x');
  lab.useFiles(
    filesWithAt((real) => ({
      stat(directory, name) {
        const stat = real.stat(directory, name);
        return name === 'mounted' && stat ? { ...stat, device: stat.device + 1 } : stat;
      },
    })),
  );
  const { snapshot } = await lab.backup({ filter: { staysOnFileSystem: true } });
  expect([...(await lab.treeAt(snapshot!)).keys()]).toEqual(['', 'a', 'd', 'mounted']);
  const all = await lab.backup();
  expect([...(await lab.treeAt(all.snapshot!)).keys()]).toContain('mounted/deep/c');
});

test('a root is taken in whatever the rules say of it', async () => {
  const repository = makeRepository();
  writeTree(repository.tree, treeOf('a.tmp/', 'a.tmp/b.tmp', 'a.tmp/c'));
  const rules = [{ type: 'exclude', pattern: '*.tmp' }] as const;
  await backupTree(repository, { paths: [`${repository.tree}/a.tmp`], filter: { rules } });
  expect(await savedPaths(repository)).toEqual(['a.tmp', 'a.tmp/c']);
});

test('what becomes left out ends as removed, and is stored no second time when taken back', async () => {
  const lab = createLab();
  lab.write('a.tmp', 'of some length'.repeat(100));
  lab.write('b', 'x');
  lab.runAhead();
  const first = await lab.backup();
  const filter = { rules: [{ type: 'exclude', pattern: '*.tmp' }] } as const;
  const second = await lab.backup({ filter });
  expect(second).toMatchObject({ files: 1, filesRemoved: 1, issues: [] });
  expect((await lab.treeAt(first.snapshot!)).has('a.tmp')).toBe(true);
  expect((await lab.treeAt(second.snapshot!)).has('a.tmp')).toBe(false);
  const third = await lab.backup();
  expect(third).toMatchObject({ files: 2, filesNew: 1 });
  expect(await lab.treeAt(third.snapshot!)).toEqual(await lab.treeAt(first.snapshot!));
  await lab.expectSound();
});

test('nothing below a directory that is left out is opened', async () => {
  const lab = createLab();
  lab.write('cache/deep/file', 'x');
  lab.write('file', 'x');
  lab.useFiles(
    filesWithAt((real) => ({
      open(directory, name, mode) {
        if (name === 'cache' || name === 'deep') throw systemError('EACCES');
        return real.open(directory, name, mode);
      },
    })),
  );
  const rules = [{ type: 'exclude', pattern: 'cache/' }] as const;
  expect(await lab.backup({ filter: { rules } })).toMatchObject({ issues: [], files: 1 });
});

test('a file of rules that options name must be readable', async () => {
  const rules = [{ type: 'exclude-from', file: '/none' }] as const;
  await expect(saved({}, { rules })).rejects.toMatchObject({
    code: 'USAGE',
    message: expect.stringContaining(
      '--exclude-from: /none cannot be read: it does not exist.',
    ) as string,
  });
});

const filters: fc.Arbitrary<FilterOptions> = fc.record(
  {
    rules: fc.array(
      fc.record({
        type: fc.constantFrom('exclude' as const, 'include' as const),
        pattern: fc.constantFrom('*', 'a', 'b/', 'a/b', '/**/b/*', '[ab]', '!a', '?'),
      }),
    ),
    markers: fc.constantFrom([], ['a'], ['b', 'c']),
    excludesCaches: fc.boolean(),
    largestBytes: fc.constantFrom(0, 3),
  },
  { requiredKeys: [] },
);
const trees: fc.Arbitrary<Tree> = fc
  .uniqueArray(
    fc
      .constantFrom('a', 'b', 'c', '.varveignore: a\n!/b/a', 'CACHEDIR.TAG', 'a/', 'b/', 'c/')
      .chain((last) =>
        fc.constantFrom('', 'a/', 'b/', 'a/b/').map((directory) => directory + last),
      ),
    { maxLength: 12 },
  )
  .map((lines) => {
    const nodes = treeOf(...lines);
    const cache = { type: 'file', content: SIGNATURE } as const;
    const paths = Object.keys(nodes).flatMap((path) =>
      path.split('/').map((_, depth, names) => names.slice(0, depth + 1).join('/')),
    );
    const isParent = (path: string): boolean => paths.some((each) => each.startsWith(`${path}/`));
    return Object.fromEntries(
      [...new Set(paths)].map((path) => {
        if (isParent(path)) return [path, { type: 'directory' }];
        return [path, path.endsWith('CACHEDIR.TAG') ? cache : (nodes[path] ?? cache)];
      }),
    );
  });

test('a diff with the filter of the backup finds nothing, whatever the filter', async () => {
  await fc.assert(
    fc.asyncProperty(trees, trees, filters, async (first, second, filter) => {
      const repository = makeRepository();
      await saved(first, filter, repository);
      await saved(second, filter, repository);
      const { path, platform } = repository;
      const live = { from: LATEST, readsAll: true, filter };
      expect((await diffLive(path, platform, live)).changes).toEqual([]);
      rmSync(repository.tree, { recursive: true });
    }),
    runs(10),
  );
});
