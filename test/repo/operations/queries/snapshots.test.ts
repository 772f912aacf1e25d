import { expect, test } from 'vitest';
import { backupTree, makeRepository, writeTree, absolute } from '../../../support/repository.js';
import { listSnapshots } from '../../../support/by-path.js';

test('an empty repository has no snapshots', async () => {
  const { path, platform } = makeRepository();
  expect(await listSnapshots(path, platform, {})).toEqual([]);
});

test('snapshots come in order of arrival, each with its source', async () => {
  const repository = makeRepository();
  const { path, platform, tree } = repository;
  writeTree(tree, { a: { type: 'file', content: 'hello' } });
  await backupTree(repository, { tags: ['first'] });
  await backupTree(repository, { host: 'other' });
  await backupTree(repository);

  const listed = await listSnapshots(path, platform, {});
  expect(listed.map(({ source, snapshot }) => [snapshot.number, source.host])).toEqual([
    [1, 'host'],
    [2, 'other'],
    [3, 'host'],
  ]);
  expect(listed[0]).toMatchObject({
    source: { id: 1, roots: [absolute(tree, '')] },
    snapshot: { tags: ['first'], files: 1, directories: 1, bytes: 5, filesNew: 1 },
  });
});

test('a source that is named is the only one listed', async () => {
  const repository = makeRepository();
  await backupTree(repository);
  await backupTree(repository, { host: 'other' });
  const source = { type: 'name', host: 'other', path: repository.tree } as const;
  const listed = await listSnapshots(repository.path, repository.platform, { source });
  expect(listed.map(({ snapshot }) => snapshot.number)).toEqual([2]);
});

test('a source that does not exist is an error that lists those that do', async () => {
  const repository = makeRepository();
  await backupTree(repository);
  const source = { type: 'number', id: 7 } as const;
  const listed = listSnapshots(repository.path, repository.platform, { source });
  await expect(listed).rejects.toMatchObject({
    message: 'There is no source 7.',
    hint: `Name one of them with --source NUMBER or --source HOST:PATH. The sources are:\n  1  host:${repository.tree}`,
  });
});
