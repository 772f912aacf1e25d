import { randomBytes } from 'node:crypto';
import { appendFileSync, copyFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { backupTree, makeRepository, writeTree, absolute } from '../../../support/repository.js';
import { createLab, SMALL_PIECES } from '../../../support/lab.js';
import { noise } from '../../../support/seed.js';
import { findContent } from '../../../support/by-path.js';

/** What else is told of a path of the only source. */
const DATED = {
  source: 1,
  firstMs: expect.any(Number) as number,
  lastMs: expect.any(Number) as number,
};

const MIB = 1024 * 1024;

test('content is found under every name that had it, while it had it', async () => {
  const repository = makeRepository();
  const { path, platform, tree } = repository;
  writeTree(tree, {
    a: { type: 'file', content: 'same' },
    b: { type: 'file', content: 'same' },
    c: { type: 'file', content: 'other' },
  });
  await backupTree(repository);
  writeTree(tree, {
    a: { type: 'file', content: 'changed' },
    c: { type: 'file', content: 'same' },
  });
  await backupTree(repository);

  const file = `${tree}/c`;
  expect(await findContent(path, platform, { file })).toEqual([
    { path: absolute(tree, 'a'), firstSnapshot: 1, lastSnapshot: 1, sizeBytes: 4, ...DATED },
    { path: absolute(tree, 'b'), firstSnapshot: 1, lastSnapshot: 1, sizeBytes: 4, ...DATED },
    { path: absolute(tree, 'c'), firstSnapshot: 2, lastSnapshot: 2, sizeBytes: 4, ...DATED },
  ]);
  symlinkSync('c', `${tree}/link`);
  expect(await findContent(path, platform, { file: `${tree}/link` })).toHaveLength(3);
  writeFileSync(file, 'never saved');
  expect(await findContent(path, platform, { file })).toEqual([]);
});

test.each([
  ['just whole', 12 * MIB],
  ['just cut', 12 * MIB + 1],
  ['of several segments', 65 * MIB],
])('a file %s is hashed as a backup hashes it', async (_, length) => {
  const repository = makeRepository();
  const { path, platform, tree } = repository;
  writeTree(tree, { large: { type: 'file', content: randomBytes(length) } });
  await backupTree(repository);
  const file = `${tree}/copy`;
  copyFileSync(`${tree}/large`, file);
  expect(await findContent(path, platform, { file })).toEqual([
    {
      path: absolute(tree, 'large'),
      firstSnapshot: 1,
      lastSnapshot: 1,
      sizeBytes: length,
      ...DATED,
    },
  ]);
  appendFileSync(file, 'x');
  expect(await findContent(path, platform, { file })).toEqual([]);
});

test.each([
  ['one blob', 'same'],
  ['several', noise(20_000, 1)],
  ['none', ''],
])('of all sources in byte order, or of the one that is named: %s', async (_, content) => {
  const lab = createLab({ lanes: 1, chunking: SMALL_PIECES });
  lab.write('z', content);
  lab.write('other', 'of these bytes');
  await lab.backup({ host: 'first' });
  lab.remove('z');
  lab.write('a', content);
  symlinkSync('a', lab.path('link'));
  await lab.backup({ host: 'last' });
  const found = (options: object) =>
    findContent(lab.repository, lab.platform, { file: lab.path('a'), ...options });
  const all = await found({});
  expect(all.map(({ path, source }) => [path, source])).toEqual([
    [lab.bytes('a'), 2],
    [lab.bytes('z'), 1],
  ]);
  const source = { type: 'name', host: 'last', path: lab.source } as const;
  expect(await found({ source })).toEqual([all[0]]);
});

test('a file without a byte is found as every other without one', async () => {
  const repository = makeRepository();
  const { path, platform, tree } = repository;
  writeTree(tree, { empty: { type: 'file', content: '' }, full: { type: 'file', content: 'x' } });
  await backupTree(repository);
  expect(await findContent(path, platform, { file: `${tree}/empty` })).toEqual([
    { path: absolute(tree, 'empty'), firstSnapshot: 1, lastSnapshot: 1, sizeBytes: 0, ...DATED },
  ]);
});

test('what is no file, or cannot be read, is an error', async () => {
  const { path, platform, tree } = makeRepository();
  await expect(findContent(path, platform, { file: tree })).rejects.toMatchObject({
    code: 'NOT_A_FILE',
    message: `${tree} is not a regular file, so it has no contents.`,
  });
  await expect(findContent(path, platform, { file: `${tree}/none` })).rejects.toMatchObject({
    code: 'SOURCE_UNREADABLE',
  });
});
