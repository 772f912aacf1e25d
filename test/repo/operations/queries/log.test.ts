import { randomBytes } from 'node:crypto';
import { truncateSync } from 'node:fs';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { blake3 } from '../../../../src/platform/hash.js';
import {
  backupTree,
  makeRepository,
  writeTree,
  type TreeNode,
  absolute,
} from '../../../support/repository.js';
import { createLab, SMALL_PIECES } from '../../../support/lab.js';
import { noise, runs } from '../../../support/seed.js';
import { findPaths, logPath } from '../../../support/by-path.js';

/** What else is told of a path of the only source. */
const DATED = {
  source: 1,
  firstMs: expect.any(Number) as number,
  lastMs: expect.any(Number) as number,
};

const base = randomBytes(4000).toString('hex');

test('each version says which snapshots have it, its hash and how it is stored', async () => {
  const repository = makeRepository();
  const { path, platform, tree } = repository;
  const contents = [base, `${base}2`, `${base}2`, `${base}3`];
  for (const content of contents) {
    writeTree(tree, { a: { type: 'file', content } });
    await backupTree(repository);
  }
  const log = await logPath(path, platform, { path: `${tree}/a` });
  expect(log.path).toBe(absolute(tree, 'a'));
  expect(log.versions).toMatchObject([
    { firstSnapshot: 1, lastSnapshot: 1, stored: 'delta', chainLength: 2 },
    { firstSnapshot: 2, lastSnapshot: 3, stored: 'delta', chainLength: 1 },
    { firstSnapshot: 4, lastSnapshot: 4, stored: 'full', chainLength: 0 },
  ]);
  expect(log.versions.map(({ hash }) => hash)).toEqual(
    [base, `${base}2`, `${base}3`].map((content) => blake3(Buffer.from(content))),
  );
});

test('a file of several blobs has one hash', async () => {
  const repository = makeRepository();
  const { path, platform, tree } = repository;
  writeTree(tree, { large: { type: 'file', content: randomBytes(13 * 1024 * 1024) } });
  await backupTree(repository);
  const { versions } = await logPath(path, platform, { path: 'large' });
  expect(versions).toMatchObject([{ stored: 'full', chainLength: 0 }]);
  expect(versions[0]?.hash).toHaveLength(32);
});

test('what has no bytes is stored as nothing', async () => {
  const repository = makeRepository();
  const { path, platform, tree } = repository;
  writeTree(tree, { empty: { type: 'file', content: '' } });
  await backupTree(repository);
  for (const name of [tree, `${tree}/empty`]) {
    const { versions } = await logPath(path, platform, { path: name });
    expect(versions).toMatchObject([{ stored: 'none', hash: undefined, chainLength: 0 }]);
  }
});

test('of several blobs the worst counts: a delta, the longest chain, what is lost; a hole is none', async () => {
  const lab = createLab({ lanes: 1, chunking: SMALL_PIECES });
  lab.write('a', noise(30_000, 1));
  truncateSync(lab.path('a'), 300_000);
  await lab.backup();
  const change = (sql: string): void => {
    const db = new Database(lab.indexPath);
    db.exec(sql);
    db.close();
  };
  const stored = async () => {
    const log = await logPath(lab.repository, lab.platform, { path: lab.path('a') });
    return log.versions.map(({ stored: as, chainLength }) => [as, chainLength]);
  };
  const piece = (position: number) =>
    `(SELECT blob FROM content_blob WHERE position = ${position})`;
  expect(await stored()).toEqual([['full', 0]]);
  change(`UPDATE blob SET kind = 2, basis = ${piece(0)} WHERE id = ${piece(1)}`);
  expect(await stored()).toEqual([['delta', 1]]);
  change(`UPDATE blob SET kind = 2, basis = ${piece(1)} WHERE id = ${piece(2)}`);
  change(`UPDATE blob SET kind = 2, basis = ${piece(0)} WHERE id = ${piece(3)}`);
  expect(await stored()).toEqual([['delta', 2]]);
  change(`UPDATE blob SET kind = 3, basis = NULL WHERE id = ${piece(3)}`);
  expect(await stored()).toEqual([['lost', 2]]);
  change(`UPDATE blob SET kind = 3 WHERE id = ${piece(0)}`);
  expect(await stored()).toEqual([['lost', 0]]);
  // A loop is as bad as a loss.
  change(`UPDATE blob SET kind = 2, basis = ${piece(2)} WHERE id = ${piece(0)}`);
  expect(await stored()).toEqual([['lost', 0]]);
});

test('the source that has the path newest is told, with the others that had it', async () => {
  const lab = createLab({ lanes: 1 });
  lab.write('a', 'x');
  await lab.backup({ host: 'one' });
  await lab.backup({ host: 'two' });
  await lab.backup({ host: 'three' });
  lab.write('b', 'x');
  lab.remove('a');
  await lab.backup({ host: 'one' });
  await lab.backup({ host: 'three' });
  const log = await logPath(lab.repository, lab.platform, { path: lab.path('a') });
  expect(log.others.map(({ host }) => host)).toEqual(['two', 'one']);
  expect(log).toMatchObject({ source: { host: 'three' }, latestSnapshot: 5, isEvident: false });
  expect(log.versions).toMatchObject([{ firstSnapshot: 3, lastSnapshot: 3 }]);
  const only = await logPath(lab.repository, lab.platform, { path: lab.path('b') });
  expect(only).toMatchObject({ source: { host: 'three' }, others: [{ host: 'one' }] });
});

test('a path that never was is an error', async () => {
  const repository = makeRepository();
  await backupTree(repository);
  await expect(
    logPath(repository.path, repository.platform, { path: '/no/such' }),
  ).rejects.toMatchObject({ code: 'PATH_NOT_FOUND', message: '/no/such is in no snapshot.' });
});

const states: Record<string, TreeNode | undefined> = {
  absent: undefined,
  file: { type: 'file', content: 'a' },
  other: { type: 'file', content: 'bb' },
  readable: { type: 'file', content: 'a', mode: 0o600 },
  directory: { type: 'directory' },
  link: { type: 'symlink', target: 'x' },
};

test('log and find agree with a model of a path over several snapshots', async () => {
  const state = fc.constantFrom(...Object.keys(states));
  await fc.assert(
    fc.asyncProperty(fc.array(state, { minLength: 1, maxLength: 6 }), async (history) => {
      const repository = makeRepository();
      const { path, platform, tree } = repository;
      for (const name of history) {
        const node = states[name];
        writeTree(tree, node ? { node } : {});
        await backupTree(repository);
      }
      const expected = runsOf(history).filter(({ state }) => state !== 'absent');
      const found = await findPaths(path, platform, { pattern: 'node' });
      if (expected.length === 0) {
        await expect(logPath(path, platform, { path: 'node' })).rejects.toThrow('no snapshot');
        expect(found).toEqual([]);
        return;
      }
      const { versions } = await logPath(path, platform, { path: 'node' });
      expect(versions.map((v) => [v.firstSnapshot, v.lastSnapshot])).toEqual(
        expected.map(({ first, last }) => [first, last]),
      );
      const newest = versions.at(-1)?.version.sizeBytes;
      expect(found).toEqual([
        {
          path: absolute(tree, 'node'),
          firstSnapshot: expected[0]?.first,
          lastSnapshot: expected.at(-1)?.last,
          sizeBytes: newest,
          ...DATED,
        },
      ]);
    }),
    runs(12),
  );
});

/** Runs of equal states, with the numbers of their first and last snapshots. */
function runsOf(history: readonly string[]): { state: string; first: number; last: number }[] {
  const runs: { state: string; first: number; last: number }[] = [];
  history.forEach((state, index) => {
    const run = runs.at(-1);
    if (run?.state === state) run.last = index + 1;
    else runs.push({ state, first: index + 1, last: index + 1 });
  });
  return runs;
}
