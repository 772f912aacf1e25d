import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import {
  backupTree,
  makeRepository,
  writeTree,
  type TestRepository,
} from '../../../support/repository.js';
import { catFile } from '../../../support/by-path.js';
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
