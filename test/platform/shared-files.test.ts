import * as fs from 'node:fs';
import { expect, test } from 'vitest';
import { openFileSystem, type FileSystem } from '../../src/platform/files.js';
import { createLike, ensureLike } from '../../src/platform/shared-files.js';
import { scratchDirectory } from '../support/directory.js';
import { canChangeUser, skip } from '../support/machine.js';

const files = openFileSystem();
const modeOf = (path: string): number => fs.statSync(path).mode & 0o777;

test.each([0o600, 0o640, 0o644, 0o660, 0o664, 0o444])(
  'a new file has mode %o of its model from its first moment',
  (mode) => {
    const directory = scratchDirectory();
    fs.writeFileSync(`${directory}/model`, '');
    fs.chmodSync(`${directory}/model`, mode);
    const seen: number[] = [];
    const watched: FileSystem = {
      ...files,
      open(path, ...rest) {
        const umask = process.umask(0);
        const descriptor = files.open(path, ...rest);
        process.umask(umask);
        seen.push(modeOf(path));
        return descriptor;
      },
    };
    files.close(createLike(watched, `${directory}/new`, `${directory}/model`));
    expect([...seen, modeOf(`${directory}/new`)]).toEqual([mode | 0o600, mode | 0o600]);
  },
);

test.each([
  [0, 0],
  [0, 1234],
  [1234, 0],
  [1234, 5678],
])('for root, a new file is of the owner %i and the group %i of its model', (uid, gid) => {
  if (!canChangeUser) skip('only root gives files away');
  const directory = scratchDirectory();
  fs.writeFileSync(`${directory}/model`, '');
  fs.chownSync(`${directory}/model`, uid, gid);
  fs.chmodSync(`${directory}/model`, 0o660);
  files.close(createLike(files, `${directory}/new`, `${directory}/model`));
  expect(fs.statSync(`${directory}/new`)).toMatchObject({ uid, gid });
  expect(modeOf(`${directory}/new`)).toBe(0o660);
});

test('without a model a new file is for its user', () => {
  const directory = scratchDirectory();
  files.close(createLike(files, `${directory}/new`, `${directory}/none`));
  expect(modeOf(`${directory}/new`)).toBe(0o600);
});

test('what is there stays as it is', () => {
  const directory = scratchDirectory();
  fs.writeFileSync(`${directory}/model`, '', { mode: 0o600 });
  fs.writeFileSync(`${directory}/there`, 'x');
  fs.chmodSync(`${directory}/there`, 0o644);
  ensureLike(files, `${directory}/there`, `${directory}/model`);
  expect(fs.readFileSync(`${directory}/there`, 'utf8')).toBe('x');
  expect(modeOf(`${directory}/there`)).toBe(0o644);
});
