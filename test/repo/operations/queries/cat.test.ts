import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, truncateSync } from 'node:fs';
import Database from 'better-sqlite3';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import {
  backupTree,
  makeRepository,
  writeTree,
  type TestRepository,
} from '../../../support/repository.js';
import { catFile } from '../../../support/by-path.js';
import type { CatOptions } from '../../../../src/repo/operations/queries/cat.js';
import { createLab, SMALL_PIECES, type Lab } from '../../../support/lab.js';
import { noise } from '../../../support/seed.js';
import { flipByte } from '../../../support/damage.js';

async function cat(
  { path, platform }: TestRepository,
  name: string,
  number: number,
): Promise<Buffer> {
  const parts: Buffer[] = [];
  const count = await catFile(path, platform, {
    path: name,
    at: { type: 'snapshot', number },
    write: async (bytes) => {
      await nextTurn();
      parts.push(Buffer.from(bytes));
    },
  });
  const bytes = Buffer.concat(parts);
  expect(count).toBe(bytes.length);
  return bytes;
}

test('every version of a file is read back, the old ones through their deltas', async () => {
  const repository = makeRepository();
  const base = randomBytes(3000).toString('hex');
  const contents = [base, `${base}.`, `-${base}.`, ''];
  for (const content of contents) {
    writeTree(repository.tree, { a: { type: 'file', content } });
    await backupTree(repository);
  }
  for (const [index, content] of contents.entries()) {
    expect((await cat(repository, 'a', index + 1)).toString()).toBe(content);
  }
});

test('a large file is read back blob by blob', async () => {
  const repository = makeRepository();
  const content = randomBytes(13 * 1024 * 1024);
  writeTree(repository.tree, { large: { type: 'file', content } });
  await backupTree(repository);
  expect((await cat(repository, 'large', 1)).equals(content)).toBe(true);
});

test('a directory and a link are no files', async () => {
  const repository = makeRepository();
  const { tree } = repository;
  writeTree(tree, { link: { type: 'symlink', target: 'there' } });
  await backupTree(repository);
  await expect(cat(repository, tree, 1)).rejects.toMatchObject({
    code: 'NOT_A_FILE',
    message: `${tree} is a directory, not a file.`,
  });
  await expect(cat(repository, 'link', 1)).rejects.toMatchObject({
    code: 'NOT_A_FILE',
    message: `${tree}/link is a symbolic link to there, not a file.`,
  });
});

test('a path that is not there is an error', async () => {
  const repository = makeRepository();
  await backupTree(repository);
  await expect(cat(repository, '/none', 1)).rejects.toMatchObject({ code: 'PATH_NOT_FOUND' });
});

test('bytes that are not what was saved are never given out', async () => {
  const repository = makeRepository();
  const content = randomBytes(5000);
  writeTree(repository.tree, { a: { type: 'file', content } });
  await backupTree(repository);
  const packs = `${repository.path}/packs`;
  for (const name of readdirSync(packs)) {
    const bytes = readFileSync(`${packs}/${name}`);
    const found = bytes.indexOf(content.subarray(0, 16));
    if (found >= 0) flipByte(`${packs}/${name}`, found + 20);
  }
  const written: Uint8Array[] = [];
  const { path, platform } = repository;
  const write = (bytes: Uint8Array): void => void written.push(bytes);
  await expect(
    catFile(path, platform, { path: 'a', at: { type: 'latest' }, write }),
  ).rejects.toMatchObject({ code: 'BLOB_DAMAGED' });
  expect(written).toEqual([]);
});

const LATEST = { type: 'latest' } as const;

/** The parts that are written, and how many bytes that is said to be. */
async function partsOf(lab: Lab, name: string, options: Partial<CatOptions> = {}) {
  const parts: Buffer[] = [];
  const count = await catFile(lab.repository, lab.platform, {
    path: lab.path(name),
    at: LATEST,
    write: (bytes) => void parts.push(Buffer.from(bytes)),
    ...options,
  });
  return { parts, count };
}

test('holes are written as zeros, at most a MiB at once, in their place', async () => {
  const lab = createLab({ lanes: 1, chunking: SMALL_PIECES });
  const MIB = 2 ** 20;
  const head = noise(20_000, 1);
  lab.write('sparse', head);
  truncateSync(lab.path('sparse'), 3 * MIB + 12_345);
  await lab.backup();
  const { parts, count } = await partsOf(lab, 'sparse');
  const all = Buffer.concat(parts);
  expect(count).toBe(3 * MIB + 12_345);
  expect(all.length).toBe(count);
  expect(all.subarray(0, head.length).equals(head)).toBe(true);
  expect(all.subarray(head.length).every((byte) => byte === 0)).toBe(true);
  expect(Math.max(...parts.map(({ length }) => length))).toBe(MIB);
  expect(parts.length).toBeLessThan(60);
});

test('what is gone is written where it was last seen, if that is asked, and its origin is told first', async () => {
  const lab = createLab({ lanes: 1 });
  lab.write('gone', 'one');
  lab.write('kept', 'x');
  await lab.backup();
  lab.write('gone', 'two');
  await lab.backup();
  lab.remove('gone');
  await lab.backup();
  await expect(partsOf(lab, 'gone')).rejects.toMatchObject({
    code: 'PATH_NOT_FOUND',
    hint: expect.stringContaining(`\`varve cat ${lab.path('gone')} --at 2\``) as string,
  });
  const told: unknown[] = [];
  const onFound: CatOptions['onFound'] = ({ source, snapshot, isEvident }) =>
    void told.push([source.id, snapshot.number, isEvident]);
  const write = (bytes: Uint8Array): void => void told.push(Buffer.from(bytes).toString());
  await partsOf(lab, 'gone', { isLastSeen: true, onFound, write });
  await partsOf(lab, 'gone', { at: { type: 'snapshot', number: 1 }, onFound, write });
  await partsOf(lab, 'kept', { source: { type: 'number', id: 1 }, onFound, write });
  expect(told).toEqual([[1, 2, true], 'two', [1, 1, true], 'one', [1, 3, true], 'x']);
});

test.each([
  [2, 'a directory', 'List its contents with `varve ls`.'],
  [3, 'a symbolic link', 'Name the file it points to.'],
  [4, 'a fifo', undefined],
  [5, 'a socket', undefined],
  [6, 'a device', undefined],
  [7, 'a device', undefined],
])('a node of type %i is %s, not a file', async (type, noun, hint) => {
  const lab = createLab({ lanes: 1 });
  lab.write('node', 'x');
  await lab.backup();
  const db = new Database(lab.indexPath);
  db.exec(`UPDATE version SET type = ${type} WHERE type = 1`);
  db.close();
  const failure: unknown = await partsOf(lab, 'node').catch((error: unknown) => error);
  expect(failure).toMatchObject({
    code: 'NOT_A_FILE',
    message: `${lab.path('node')} is ${noun}, not a file.`,
  });
  expect((failure as { hint?: string }).hint).toBe(hint);
});

test('a blob that is lost is named by its hash, behind what comes before it', async () => {
  const lab = createLab({ lanes: 1, chunking: SMALL_PIECES });
  const content = noise(40_000, 1);
  lab.write('large', content);
  await lab.backup();
  const db = new Database(lab.indexPath);
  const lost = db
    .prepare('SELECT id, hash FROM blob JOIN content_blob ON blob = id WHERE position = 2')
    .get() as { id: number; hash: Buffer };
  db.prepare('UPDATE blob SET kind = 3 WHERE id = ?').run(lost.id);
  db.close();
  const parts: Buffer[] = [];
  await expect(
    partsOf(lab, 'large', { write: (bytes) => void parts.push(Buffer.from(bytes)) }),
  ).rejects.toMatchObject({
    code: 'BLOB_DAMAGED',
    message:
      `Blob ${lost.hash.toString('hex')} of ${lab.path('large')}, or a blob that it is rebuilt ` +
      'from, is lost.',
  });
  expect(parts).toHaveLength(2);
  const before = Buffer.concat(parts);
  expect(before.equals(content.subarray(0, before.length))).toBe(true);
});
