import * as fs from 'node:fs';
import { expect, test } from 'vitest';
import { openFileSystem, type FileSystem } from '../../src/platform/files.js';
import { createLike, ensureLike } from '../../src/platform/shared-files.js';
import { scratchDirectory } from '../support/directory.js';
import { canChangeUser, skip } from '../support/machine.js';
import { openFilesBelow } from '../support/open-files.js';

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

/** Files of which it is recorded what is done to new ones; a call fails where `fails` says so. */
function recording(fails: (call: string) => string | undefined = () => undefined) {
  const directory = scratchDirectory();
  const model = `${directory}/model`;
  fs.writeFileSync(model, '');
  fs.chmodSync(model, 0o640);
  const calls: string[] = [];
  const record = (call: string): void => {
    calls.push(call);
    const code = fails(call);
    if (code !== undefined) throw Object.assign(new Error(`${code}: injected`), { code });
  };
  const watched: FileSystem = {
    ...files,
    stat: (path) => {
      const found = files.stat(path);
      return path === model && found ? { ...found, uid: 12, gid: 34 } : found;
    },
    setOwner: (_, uid, gid) => record(`owner ${uid} ${gid}`),
    setMode: (_, mode) => record(`mode ${mode.toString(8)}`),
  };
  return { directory, model, watched, calls };
}

const ALL = ['owner -1 34', 'owner 12 34', 'mode 640'];

test.each([
  ['nothing', undefined],
  ['the owner', 'owner 12 34'],
  ['the group', 'owner -1 34'],
  ['the mode', 'mode 640'],
])('group, owner and mode are given in that order, though %s is refused', (_, refused) => {
  const { directory, model, watched, calls } = recording((call) =>
    call === refused ? 'EPERM' : undefined,
  );
  files.close(createLike(watched, `${directory}/new`, model));
  expect(calls).toEqual(ALL);
});

test('a bug on the way is told', () => {
  const { directory, model, watched } = recording();
  const setMode = (): never => {
    throw new TypeError('a bug');
  };
  expect(() => createLike({ ...watched, setMode }, `${directory}/new`, model)).toThrow('a bug');
});

test('an empty file that is ensured is made once, and closed', () => {
  const { directory, model, watched } = recording();
  ensureLike(watched, `${directory}/new`, model);
  fs.writeFileSync(`${directory}/new`, 'kept');
  ensureLike(watched, `${directory}/new`, model);
  expect(fs.readFileSync(`${directory}/new`, 'utf8')).toBe('kept');
  expect(openFilesBelow(directory)).toEqual([]);
});

test.each([
  ['EEXIST', false],
  ['EACCES', true],
  ['ENOSPC', true],
])('one that cannot be made by %s is a failure: %s', (code, isFailure) => {
  const { directory, model, watched } = recording();
  const open = (): never => {
    throw Object.assign(new Error(code), { code });
  };
  const ensure = (): void => ensureLike({ ...watched, open }, `${directory}/new`, model);
  if (isFailure) expect(ensure).toThrow(code);
  else expect(ensure).not.toThrow();
});

test.each([
  [0o755, 0o644],
  [0o777, 0o666],
  [0o4710, 0o600],
])('of a model of mode %o only reading and writing is taken over: %o', (mode, expected) => {
  const directory = scratchDirectory();
  fs.writeFileSync(`${directory}/model`, '');
  fs.chmodSync(`${directory}/model`, mode);
  files.close(createLike(files, `${directory}/new`, `${directory}/model`));
  expect(fs.statSync(`${directory}/new`).mode & 0o7777).toBe(expected);
});
