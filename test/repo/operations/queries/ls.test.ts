import { expect, test } from 'vitest';
import { tryLockExclusively } from '../../../../src/repo/index/lock.js';
import type { ListOptions } from '../../../../src/repo/operations/queries/ls.js';
import { VersionType } from '../../../../src/repo/model.js';
import {
  absolute,
  backupTree,
  below,
  makeRepository,
  writeTree,
  type TestRepository,
  type Tree,
} from '../../../support/repository.js';
import { listEntries } from '../../../support/by-path.js';

const LATEST = { type: 'latest' } as const;
const FIRST = { type: 'snapshot', number: 1 } as const;
const TREE: Tree = {
  'a b': { type: 'directory' },
  'a b/z': { type: 'file', content: 'zz', mode: 0o600 },
  'a b/\xff\xfe': { type: 'file', content: '' },
  a: { type: 'directory' },
  'a/link': { type: 'symlink', target: 'nowhere' },
  '\xc3\xa9': { type: 'file', content: 'e' },
};

async function backedUp(tree: Tree = TREE): Promise<TestRepository> {
  const repository = makeRepository();
  writeTree(repository.tree, tree);
  await backupTree(repository);
  return repository;
}

/** Paths below the root of what is listed. */
async function list(
  { path, platform, tree }: TestRepository,
  options: Partial<ListOptions>,
): Promise<string[]> {
  const { entries } = await listEntries(path, platform, {
    at: LATEST,
    isRecursive: false,
    ...options,
  });
  return [...entries].map((entry) => below(tree, entry.path));
}

test('without a path the roots are listed', async () => {
  const repository = await backedUp();
  expect(await list(repository, {})).toEqual(['']);
});

test('a directory lists its children in byte order', async () => {
  const repository = await backedUp();
  expect(await list(repository, { path: repository.tree })).toEqual(['a', 'a b', '\xc3\xa9']);
});

test('a path may be relative to the root', async () => {
  const repository = await backedUp();
  expect(await list(repository, { path: 'a b' })).toEqual(['a b/z', 'a b/\xff\xfe']);
});

test('a file lists itself, with what is known of it', async () => {
  const { path, platform, tree } = await backedUp();
  const options = { path: `${tree}/a b/z`, at: LATEST, isRecursive: true };
  const { entries, snapshot } = await listEntries(path, platform, options);
  expect(snapshot).toBe(1);
  expect([...entries]).toMatchObject([
    {
      path: absolute(tree, 'a b/z'),
      version: { type: VersionType.file, mode: 0o600, sizeBytes: 2, first: 1, last: 0 },
    },
  ]);
});

test('everything below comes with a directory before what it holds', async () => {
  const repository = await backedUp();
  expect(await list(repository, { isRecursive: true })).toEqual([
    '',
    'a',
    'a/link',
    'a b',
    'a b/z',
    'a b/\xff\xfe',
    '\xc3\xa9',
  ]);
});

test('an older snapshot is listed as it was', async () => {
  const repository = await backedUp();
  writeTree(repository.tree, { new: { type: 'file', content: '' } });
  await backupTree(repository);
  expect(await list(repository, { path: repository.tree })).toEqual(['new']);
  expect(await list(repository, { path: `${repository.tree}/a`, at: FIRST })).toEqual(['a/link']);
});

test('a path that is not there is an error', async () => {
  const repository = await backedUp();
  await expect(list(repository, { path: '/no/such' })).rejects.toMatchObject({
    code: 'PATH_NOT_FOUND',
    message: '/no/such is not in snapshot 1.',
  });
});

test('a repository without a snapshot is an error', async () => {
  await expect(list(makeRepository(), {})).rejects.toMatchObject({ code: 'NO_SNAPSHOTS' });
});

test('the repository is held while entries are read, and closed at the end', async () => {
  const { path, platform } = await backedUp();
  const { entries } = await listEntries(path, platform, { at: LATEST, isRecursive: true });
  expect(isFree(path)).toBe(false);
  expect([...entries]).toHaveLength(7);
  expect(isFree(path)).toBe(true);
});

test('leaving the loop closes the repository', async () => {
  const { path, platform } = await backedUp();
  const { entries } = await listEntries(path, platform, { at: LATEST, isRecursive: true });
  for (const entry of entries) if (entry.version.type === VersionType.symlink) break;
  expect(isFree(path)).toBe(true);
});

test('a listing that is not read can be closed', async () => {
  const { path, platform } = await backedUp();
  (await listEntries(path, platform, { at: LATEST, isRecursive: true })).close();
  expect(isFree(path)).toBe(true);
});

/** Whether nobody holds the repository. */
function isFree(path: string): boolean {
  const lock = tryLockExclusively(`${path}/lock.sqlite`);
  lock?.release();
  return lock !== undefined;
}
