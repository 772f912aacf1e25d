import { mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Change, ChangeType } from '../../../../src/repo/operations/queries/change.js';
import type { DiffLiveOptions } from '../../../../src/repo/operations/queries/diff-live.js';
import { streamOf } from '../../../support/byte-stream.js';
import { createLab } from '../../../support/lab.js';
import {
  absolute,
  backupTree,
  below,
  makeRepository,
  MTIME,
  writeTree,
  type TestRepository,
  type Tree,
  type TreeNode,
} from '../../../support/repository.js';
import { rottingFiles } from '../../../support/rotting-files.js';
import { diffLive, diffSnapshots } from '../../../support/by-path.js';
import { runs } from '../../../support/seed.js';

const at = (number: number) => ({ type: 'snapshot', number }) as const;
const LATEST = { type: 'latest' } as const;

async function diff(
  { path, platform, tree }: TestRepository,
  from: number,
  to: number,
): Promise<Record<string, ChangeType>> {
  const options = { from: at(from), to: at(to) };
  return byPath(tree, (await diffSnapshots(path, platform, options)).changes);
}

async function live(
  { path, platform, tree }: TestRepository,
  options: Partial<DiffLiveOptions> = {},
): Promise<Record<string, ChangeType>> {
  const asked = { from: LATEST, readsAll: false, ...options };
  return byPath(tree, (await diffLive(path, platform, asked)).changes);
}

function byPath(tree: string, changes: readonly Change[]): Record<string, ChangeType> {
  return Object.fromEntries(changes.map(({ path, change }) => [below(tree, path), change]));
}

const nodes: fc.Arbitrary<TreeNode> = fc.oneof(
  fc.record({
    type: fc.constant('file' as const),
    content: fc.constantFrom('', 'x', 'xx', 'y'.repeat(3000)),
    mode: fc.constantFrom(0o600, 0o644),
  }),
  fc.record({ type: fc.constant('directory' as const), mode: fc.constantFrom(0o700, 0o755) }),
  fc.record({
    type: fc.constant('symlink' as const),
    target: fc.constantFrom('here', 'there'),
  }),
);
const names = fc.constantFrom('a', 'b c', 'd\xff', 'caf\xc3\xa9', '\xef\xbf\xbd');

/** Trees of two levels: a directory's children follow it. */
const trees: fc.Arbitrary<Tree> = fc
  .dictionary(names, fc.tuple(nodes, fc.dictionary(names, nodes, { maxKeys: 3 })), { maxKeys: 4 })
  .map((top) =>
    Object.fromEntries(
      Object.entries(top).flatMap(([name, [node, children]]) => [
        [name, node] as const,
        ...(node.type === 'directory'
          ? Object.entries(children).map(([child, each]) => [`${name}/${child}`, each] as const)
          : []),
      ]),
    ),
  );

function model(before: Tree, after: Tree): Record<string, ChangeType> {
  const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return Object.fromEntries(
    paths.flatMap((path) => {
      const change = modelChange(before[path], after[path]);
      return change ? [[path, change]] : [];
    }),
  );
}

function modelChange(
  before: TreeNode | undefined,
  after: TreeNode | undefined,
): ChangeType | undefined {
  if (!before || !after) return before ? 'removed' : after && 'added';
  if (before.type !== after.type) return 'type';
  if (before.type === 'file' && after.type === 'file' && before.content !== after.content) {
    return 'modified';
  }
  if (before.type === 'symlink' || after.type === 'symlink') {
    return JSON.stringify(before) === JSON.stringify(after) ? undefined : 'modified';
  }
  return before.mode === after.mode ? undefined : 'metadata';
}

/** The only source of a test, as an answer names it. */
const originOf = (root: string): object => ({
  source: { id: 1, host: 'host', roots: [absolute(root, '')] },
  isEvident: true,
});

test('snapshots and the live tree differ as a plain model of the trees says', async () => {
  await fc.assert(
    fc.asyncProperty(trees, trees, trees, async (first, second, third) => {
      const repository = makeRepository();
      writeTree(repository.tree, first);
      await backupTree(repository);
      writeTree(repository.tree, second);
      await backupTree(repository);
      writeTree(repository.tree, third);
      expect(await live(repository)).toEqual(model(second, third));
      expect(await live(repository, { from: at(1), readsAll: true })).toEqual(model(first, third));
      await backupTree(repository);

      expect(await diff(repository, 1, 2)).toEqual(model(first, second));
      expect(await diff(repository, 1, 3)).toEqual(model(first, third));
      expect(await diff(repository, 3, 1)).toEqual(model(third, first));
      expect(await diff(repository, 2, 2)).toEqual({});
    }),
    runs(12),
  );
});

test('changes come in byte order, with the snapshots that were compared', async () => {
  const repository = makeRepository();
  const { path, platform, tree } = repository;
  writeTree(tree, {});
  await backupTree(repository);
  writeTree(tree, {
    a: { type: 'directory' },
    'a/b': { type: 'file', content: '' },
    'a-b': { type: 'file', content: '' },
  });
  await backupTree(repository);
  expect(
    await diffSnapshots(path, platform, { from: { type: 'back', count: 1 }, to: LATEST }),
  ).toEqual({
    changes: ['a', 'a-b', 'a/b'].map((name) => ({
      path: absolute(tree, name),
      change: 'added',
      ...(name !== 'a' && { sizeAfter: 0 }),
    })),
    from: 1,
    to: 2,
    ...originOf(tree),
  });
});

test('another source changes nothing here', async () => {
  const repository = makeRepository();
  const { path, platform, tree } = repository;
  const source = { type: 'number', id: 1 } as const;
  await backupTree(repository);
  writeTree(tree, { a: { type: 'file', content: 'a' } });
  await backupTree(repository, { host: 'other' });
  rmSync(`${tree}/a`);
  utimesSync(tree, MTIME, MTIME);
  await backupTree(repository, { host: 'other' });
  await backupTree(repository);
  const options = { from: at(1), to: at(4), source };
  const { changes } = await diffSnapshots(path, platform, options);
  expect(changes).toEqual([{ path: absolute(tree, ''), change: 'metadata' }]);
});

test('content that changed behind an equal size and mtime is seen, for ctime tells', async () => {
  const repository = makeRepository();
  const { tree } = repository;
  const large = Buffer.alloc(12 * 1024 * 1024 + 7);
  writeTree(tree, { a: { type: 'file', content: 'old' }, large: { type: 'file', content: large } });
  await backupTree(repository);
  large[5_000_000] = 1;
  writeTree(tree, { a: { type: 'file', content: 'new' }, large: { type: 'file', content: large } });
  expect(await live(repository)).toEqual({ a: 'modified', large: 'modified' });
  expect(await live(repository, { readsAll: true })).toEqual({ a: 'modified', large: 'modified' });
});

test('content that changed while no time did is seen only by reading, as possible bit rot', async () => {
  const lab = createLab();
  const rotting = rottingFiles();
  lab.useFiles(rotting.files);
  lab.write('a', 'good');
  lab.runAhead();
  await lab.backup();
  rotting.rot(lab.path('a'), 'rott');
  const compare = (readsAll: boolean) =>
    diffLive(lab.repository, lab.platform, { from: LATEST, readsAll });
  expect(await compare(false)).toMatchObject({ changes: [], issues: [] });
  const path = lab.bytes('a');
  expect(await compare(true)).toMatchObject({
    changes: [{ path, change: 'modified' }],
    issues: [{ path, code: 'POSSIBLE_BIT_ROT' }],
  });
});

test('what came from a stream is compared with nothing', async () => {
  const lab = createLab();
  await lab.backupStream('db.sql', streamOf('bytes'));
  expect(await diffLive(lab.repository, lab.platform, { from: LATEST, readsAll: true })).toEqual({
    changes: [],
    from: 1,
    to: undefined,
    issues: [
      {
        path: '/db.sql',
        code: 'SOURCE_MISSING',
        message: '/db.sql came from a stream, so there is nothing to compare it with.',
      },
    ],
    source: { id: 1, host: 'lab', roots: ['/db.sql'] },
    isEvident: true,
  });
});

test('a file that was only touched is modified unless it is read', async () => {
  const repository = makeRepository();
  writeTree(repository.tree, { a: { type: 'file', content: 'a' } });
  await backupTree(repository);
  utimesSync(`${repository.tree}/a`, MTIME + 1, MTIME + 1);
  expect(await live(repository)).toEqual({ a: 'modified' });
  expect(await live(repository, { readsAll: true })).toEqual({ a: 'metadata' });
});

test('what the rules leave out is on neither side', async () => {
  const repository = makeRepository();
  const { tree } = repository;
  writeTree(tree, {
    cache: { type: 'directory' },
    'cache/a': { type: 'file', content: '' },
    'x.tmp': { type: 'file', content: '' },
  });
  await backupTree(repository);
  writeTree(tree, { 'y.tmp': { type: 'file', content: '' }, z: { type: 'file', content: '' } });
  const rules = ['*.tmp', 'cache/'].map((pattern) => ({ type: 'exclude', pattern }) as const);
  expect(await live(repository, { filter: { rules } })).toEqual({ z: 'added' });
});

test('a root that is gone is removed with all below it', async () => {
  const repository = makeRepository();
  const { path, platform, tree } = repository;
  writeTree(tree, { a: { type: 'file', content: '' } });
  await backupTree(repository);
  rmSync(tree, { recursive: true });
  expect(await diffLive(path, platform, { from: LATEST, readsAll: false })).toEqual({
    changes: [
      { path: absolute(tree, ''), change: 'removed' },
      { path: absolute(tree, 'a'), change: 'removed', sizeBefore: 0 },
    ],
    from: 1,
    to: undefined,
    issues: [],
    ...originOf(tree),
  });
});

test('the repository itself is not compared', async () => {
  const repository = makeRepository();
  const parent = repository.tree.slice(0, repository.tree.lastIndexOf('/'));
  await backupTree(repository, { paths: [parent] });
  mkdirSync(`${parent}/new`);
  writeFileSync(`${repository.path}/stray`, '');
  symlinkSync('x', `${parent}/link`);
  const { changes } = await diffLive(repository.path, repository.platform, {
    from: LATEST,
    readsAll: false,
  });
  expect(changes.map(({ path, change }) => [path, change])).toEqual([
    [absolute(parent, ''), 'metadata'],
    [absolute(parent, 'link'), 'added'],
    [absolute(parent, 'new'), 'added'],
  ]);
});

test('a link that leads to the directory of a root is followed, as a backup does', async () => {
  const repository = makeRepository();
  const { path, platform, tree } = repository;
  mkdirSync(`${tree}/real/root`, { recursive: true });
  writeFileSync(`${tree}/real/root/old`, '');
  symlinkSync('real', `${tree}/link`);
  const root = `${tree}/link/root`;
  await backupTree(repository, { paths: [root] });
  writeFileSync(`${tree}/real/root/new`, '');
  const { changes, issues } = await diffLive(path, platform, { from: LATEST, readsAll: false });
  expect(issues).toEqual([]);
  expect(changes.map((each) => [each.path, each.change])).toEqual([
    [root, 'metadata'],
    [`${root}/new`, 'added'],
  ]);
});
