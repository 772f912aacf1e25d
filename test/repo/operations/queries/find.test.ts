import { expect, test } from 'vitest';
import {
  absolute,
  backupTree,
  below,
  makeRepository,
  MTIME,
  writeTree,
  type TestRepository,
  type Tree,
} from '../../../support/repository.js';
import { findPaths } from '../../../support/by-path.js';

/** What else is told of a path of the only source. */
const DATED = {
  source: 1,
  firstMs: expect.any(Number) as number,
  lastMs: expect.any(Number) as number,
};

const TREE: Tree = {
  docs: { type: 'directory' },
  'docs/report-2019.txt': { type: 'file', content: 'old' },
  'docs/report-2020.txt': { type: 'file', content: 'older' },
  'report-x': { type: 'directory' },
  'report-x/docs': { type: 'file', content: '' },
  'caf\xc3\xa9': { type: 'file', content: '' },
  'caf\xe9': { type: 'file', content: '' },
  'x\xff': { type: 'file', content: '' },
  y: { type: 'file', content: '' },
  '\xff\xff': { type: 'file', content: '' },
};

async function twoSnapshots(): Promise<TestRepository> {
  const repository = makeRepository();
  writeTree(repository.tree, TREE);
  await backupTree(repository);
  writeTree(repository.tree, {
    docs: { type: 'directory' },
    'docs/report-2020.txt': { type: 'file', content: 'changed!' },
  });
  await backupTree(repository);
  return repository;
}

async function find({ path, platform, tree }: TestRepository, pattern: string): Promise<string[]> {
  return (await findPaths(path, platform, { pattern })).map((found) => below(tree, found.path));
}

test.each([
  ['report-2019.txt', ['docs/report-2019.txt']],
  ['report-*', ['docs/report-2019.txt', 'docs/report-2020.txt', 'report-x']],
  ['*2019*', ['docs/report-2019.txt']],
  ['docs', ['docs', 'report-x/docs']],
  ['docs/', ['docs']],
  ['docs/*', ['docs/report-2019.txt', 'docs/report-2020.txt']],
  ['/**/report-x/*', ['report-x/docs']],
  ['caf?', ['caf\xc3\xa9', 'caf\xe9']],
  ['*é', ['caf\xc3\xa9']],
  ['*\udce9', ['caf\xe9']],
  ['caf\udce9', ['caf\xe9']],
  ['x\udcff*', ['x\xff']],
  ['\udcff*', ['\xff\xff']],
  ['tree', ['']],
  ['nothing', []],
])('%j finds %j in all of history', async (pattern, expected) => {
  expect(await find(await twoSnapshots(), pattern)).toEqual(expected);
});

test('a path is found once, with all of its history in one line', async () => {
  const { path, platform, tree } = await twoSnapshots();
  expect(await findPaths(path, platform, { pattern: 'report-20*' })).toEqual([
    {
      path: absolute(tree, 'docs/report-2019.txt'),
      firstSnapshot: 1,
      lastSnapshot: 1,
      sizeBytes: 3,
      ...DATED,
    },
    {
      path: absolute(tree, 'docs/report-2020.txt'),
      firstSnapshot: 1,
      lastSnapshot: 2,
      sizeBytes: 8,
      ...DATED,
    },
  ]);
});

test('what replaced a directory is no directory', async () => {
  const repository = await twoSnapshots();
  writeTree(repository.tree, { docs: { type: 'file', content: 'now a file' } });
  await backupTree(repository);
  const { path, platform, tree } = repository;
  expect(await findPaths(path, platform, { pattern: 'docs/' })).toEqual([
    { path: absolute(tree, 'docs'), firstSnapshot: 1, lastSnapshot: 2, sizeBytes: 0, ...DATED },
  ]);
});

test('all sources are searched, or the one that is named', async () => {
  const repository = await twoSnapshots();
  const { path, platform, tree } = repository;
  await backupTree(repository, { host: 'other' });
  const pattern = 'report-2020.txt';
  expect(await findPaths(path, platform, { pattern })).toHaveLength(2);
  const source = { type: 'name', host: 'other', path: tree } as const;
  expect(await findPaths(path, platform, { pattern, source })).toMatchObject([
    { firstSnapshot: 3, lastSnapshot: 3 },
  ]);
});

test.each([
  ['ort-2019', ['docs/report-2019.txt']],
  ['2020', ['docs/report-2020.txt']],
  ['t-x', ['report-x']],
  ['doc/', ['docs']],
  ['oc/', ['docs']],
  ['s/report', ['docs/report-2019.txt', 'docs/report-2020.txt']],
  ['report-x/d', ['report-x/docs']],
  ['tree/do', ['docs']],
  ['\udcff', ['x\xff', '\xff\xff']],
  ['fé', ['caf\xc3\xa9']],
])('%j, without wildcards, is a part that finds %j', async (pattern, expected) => {
  expect(await find(await twoSnapshots(), pattern)).toEqual(expected);
});

test.each([
  ['REPORT-2019', ['docs/report-2019.txt']],
  ['DOCS/rep', ['docs/report-2019.txt', 'docs/report-2020.txt']],
  ['Report-*.TXT', ['docs/report-2019.txt', 'docs/report-2020.txt']],
  ['CAFÉ', ['caf\xc3\xa9']],
  ['[X-Z]*', ['x\xff', 'y']],
  ['DOCS/', ['docs']],
])('%j finds %j in either case', async (pattern, expected) => {
  const { path, platform, tree } = await twoSnapshots();
  expect(await findPaths(path, platform, { pattern })).toEqual([]);
  const found = await findPaths(path, platform, { pattern, ignoresCase: true });
  expect(found.map((one) => below(tree, one.path))).toEqual(expected);
});

test.each([
  [{ largerThan: 3 }, ['docs/report-2020.txt']],
  [{ largerThan: 2, smallerThan: 6 }, ['docs/report-2019.txt', 'docs/report-2020.txt']],
  [{ smallerThan: 1, pattern: 'caf' }, ['caf\xc3\xa9', 'caf\xe9']],
  [{ modifiedBefore: MTIME + 1, largerThan: 7 }, ['docs/report-2020.txt']],
  [{ modifiedBefore: MTIME }, []],
  [{ modifiedFrom: MTIME + 1 }, []],
  [{ modifiedFrom: MTIME, largerThan: 7 }, ['docs/report-2020.txt']],
  [{ largerThan: 5, pattern: 'report-' }, ['docs/report-2020.txt']],
  [{ largerThan: 8 }, []],
  [{ largerThan: 8, pattern: 'report-2020' }, []],
  [{ smallerThan: 5, pattern: 'report-2020' }, []],
  [{ smallerThan: 5, largerThan: 0 }, ['docs/report-2019.txt']],
  [{ smallerThan: 3, pattern: 'docs' }, ['report-x/docs']],
  [{ smallerThan: 1 }, ['caf\xc3\xa9', 'caf\xe9', 'report-x/docs', 'x\xff', 'y', '\xff\xff']],
  [{ modifiedFrom: MTIME, pattern: 'report-x/docs' }, ['report-x/docs']],
  [{ modifiedBefore: MTIME, pattern: 'docs' }, []],
  [{ isGone: true, pattern: 'report' }, ['docs/report-2019.txt', 'report-x']],
  [{ isGone: true, largerThan: 0 }, ['docs/report-2019.txt']],
])('versions that pass %j are of %j', async (test, expected) => {
  const { path, platform, tree } = await twoSnapshots();
  const found = await findPaths(path, platform, test);
  expect(found.map((one) => below(tree, one.path))).toEqual(expected);
});

test('the span and the size are those of the versions that pass', async () => {
  const { path, platform } = await twoSnapshots();
  const pattern = 'report-2020';
  expect(await findPaths(path, platform, { pattern, smallerThan: 6 })).toMatchObject([
    { firstSnapshot: 1, lastSnapshot: 1, sizeBytes: 5 },
  ]);
  expect(await findPaths(path, platform, { pattern, largerThan: 6 })).toMatchObject([
    { firstSnapshot: 2, lastSnapshot: 2, sizeBytes: 8 },
  ]);
});

test('what is gone from one source and current in another is gone there', async () => {
  const repository = await twoSnapshots();
  const { path, platform, tree } = repository;
  writeTree(tree, TREE);
  await backupTree(repository, { host: 'other' });
  const found = await findPaths(path, platform, { pattern: 'report-2019', isGone: true });
  expect(found).toMatchObject([{ source: 1, lastSnapshot: 1 }]);
});
