import * as fs from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { AtCalls } from '../../../../src/platform/at-calls.js';
import { bytesFromText, type ByteString } from '../../../../src/platform/bytes.js';
import { openDirectoryHandles } from '../../../../src/platform/directory-handles.js';
import { openFileSystem } from '../../../../src/platform/files.js';
import { createRemover } from '../../../../src/repo/operations/restore/extraneous.js';
import { scratchDirectory } from '../../../support/directory.js';
import { systemError } from '../../../support/faulty-files.js';
import { createLab, type Lab } from '../../../support/lab.js';
import { needPrograms, runProgram } from '../../../support/machine.js';
import { makeFifo } from '../../../support/special-files.js';
import { readTree } from '../../../support/tree.js';

const MIRROR = { deletes: 'if-certain' } as const;

async function prepare(): Promise<Lab> {
  const lab = createLab();
  lab.write('kept', 'x');
  lab.write('dir/kept', 'y');
  await lab.backup();
  lab.write('extra', '1');
  lab.write('dir/extra/deep/file', '2');
  fs.symlinkSync('/etc', lab.path('dir/link'));
  return lab;
}

describe('--delete', () => {
  test('removes what the snapshot does not have, and follows no link', async () => {
    const lab = await prepare();
    const { removed, issues } = await lab.restoreInPlace(1, MIRROR);
    expect(issues).toEqual([]);
    expect([...removed].sort()).toEqual(['source/dir/extra', 'source/dir/link', 'source/extra']);
    expect([...readTree(lab.source).keys()]).toEqual(['', 'dir', 'dir/kept', 'kept']);
    expect(fs.existsSync('/etc/passwd')).toBe(true);
  });

  test('works only inside what is restored', async () => {
    const lab = await prepare();
    const paths = [lab.path('dir')];
    const { removed } = await lab.restoreInPlace(1, MIRROR, { paths });
    expect([...removed].sort()).toEqual(['source/dir/extra', 'source/dir/link']);
    expect(fs.readFileSync(lab.path('extra'), 'utf8')).toBe('1');
  });

  test('leaves what the patterns leave out, and the directories that hold it', async () => {
    const lab = await prepare();
    lab.write('dir/extra/deep/note.txt', 'mine');
    const { removed } = await lab.restoreInPlace(1, MIRROR, {
      rules: [
        { type: 'exclude', pattern: '*.txt' },
        { type: 'exclude', pattern: lab.path('extra') },
      ],
    });
    expect([...removed].sort()).toEqual(['source/dir/extra/deep/file', 'source/dir/link']);
    expect(fs.readFileSync(lab.path('dir/extra/deep/note.txt'), 'utf8')).toBe('mine');
    expect(fs.existsSync(lab.path('extra'))).toBe(true);
  });

  test('leaves the repository, wherever it lies', async () => {
    const lab = await prepare();
    const to = `${lab.directory}/all`;
    fs.mkdirSync(`${to}/backups`, { recursive: true });
    const moved = `${to}/backups/repository`;
    fs.renameSync(lab.repository, moved);
    fs.symlinkSync(moved, lab.repository);
    const { removed, issues } = await lab.restoreInPlace(1, MIRROR, { to });
    expect({ removed, issues }).toEqual({ removed: [], issues: [] });
    expect(fs.existsSync(`${moved}/varve.json`)).toBe(true);
    await lab.expectSound();
  });

  test('removes special files like any other, without opening them', async () => {
    const lab = await prepare();
    makeFifo(lab.path('pipe'));
    const { removed, issues } = await lab.restoreInPlace(1, MIRROR);
    expect(issues).toEqual([]);
    expect(removed).toContain('source/pipe');
  });

  test('leaves what cannot be removed, and says why', async () => {
    const lab = await prepare();
    const real = lab.platform.files;
    const at = {
      ...real.at,
      remove(directory: number, name: Parameters<typeof real.at.remove>[1]) {
        if (name === 'file') throw Object.assign(new Error('EPERM: injected'), { code: 'EPERM' });
        real.at.remove(directory, name);
      },
    };
    lab.useFiles({ ...real, at });
    const { issues, removed } = await lab.restoreInPlace(1, MIRROR);
    expect(issues).toEqual([
      {
        path: 'source/dir/extra/deep/file',
        code: 'NOT_DELETED',
        message: 'source/dir/extra/deep/file was not deleted: the operation is not permitted.',
      },
    ]);
    expect([...removed].sort()).toEqual(['source/dir/link', 'source/extra']);
  });

  test('leaves what another file system holds', async () => {
    const lab = await prepare();
    const real = lab.platform.files;
    const at = {
      ...real.at,
      stat(...of: Parameters<typeof real.at.stat>) {
        const found = real.at.stat(...of);
        return found && of[1] === 'deep' ? { ...found, device: found.device + 1 } : found;
      },
    };
    lab.useFiles({ ...real, at });
    const { issues } = await lab.restoreInPlace(1, MIRROR);
    expect(issues).toMatchObject([{ path: 'source/dir/extra/deep', code: 'NOT_DELETED' }]);
    expect(fs.readFileSync(lab.path('dir/extra/deep/file'), 'utf8')).toBe('2');
  });
});

describe('--delete, as it is told', () => {
  /** The order in which a file system lists names is any. */
  function backwards(lab: Lab, more: Partial<AtCalls> = {}): void {
    const real = openFileSystem();
    const list: AtCalls['list'] = (handle) => real.at.list(handle).sort().reverse();
    lab.useFiles({ ...real, at: { ...real.at, list, ...more } });
  }

  test('comes in the order of the names, and a dry run tells as much and removes nothing', async () => {
    const lab = await prepare();
    for (const name of ['b', 'c', 'a']) lab.write(name, 'x');
    backwards(lab);
    const before = readTree(lab.source);
    const dry = await lab.restoreInPlace(1, MIRROR, { isDryRun: true });
    expect(readTree(lab.source)).toEqual(before);
    const { removed } = await lab.restoreInPlace(1, MIRROR);
    expect(dry.removed).toEqual(removed);
    const names = (parent: string) =>
      removed.filter((path) => path.slice(0, path.lastIndexOf('/')) === parent);
    expect(names('source')).toEqual(['source/a', 'source/b', 'source/c', 'source/extra']);
    expect(names('source/dir')).toEqual(['source/dir/extra', 'source/dir/link']);
    expect([...readTree(lab.source).keys()]).toEqual(['', 'dir', 'dir/kept', 'kept']);
  });

  test('a file is removed whatever device it says it is on: layers have several', async () => {
    const lab = await prepare();
    const real = openFileSystem();
    backwards(lab, {
      stat(directory, name) {
        const found = real.at.stat(directory, name);
        const isElsewhere = found?.type === 'file';
        return isElsewhere ? { ...found, device: found.device + 1, mount: 99_999 } : found;
      },
    });
    const { removed, issues } = await lab.restoreInPlace(1, MIRROR);
    expect(issues).toEqual([]);
    expect([...removed].sort()).toEqual(['source/dir/extra', 'source/dir/link', 'source/extra']);
  });

  test('a root that is a file is no empty directory', async () => {
    const lab = createLab();
    lab.write('file', 'saved');
    await lab.backup({ paths: [lab.path('file')] });
    lab.write('file', 'changed');
    expect(await lab.restoreInPlace(1, MIRROR)).toMatchObject({ removed: [], issues: [] });
    expect(fs.readFileSync(lab.path('file'), 'utf8')).toBe('saved');
  });
});

describe('a snapshot that may have missed something', () => {
  test('because its backup reported a problem is refused, unless it is trusted', async () => {
    const lab = await prepare();
    const real = lab.platform.files;
    const at = {
      ...real.at,
      list(directory: number) {
        const names = real.at.list(directory);
        if (names.includes('deep' as never)) throw systemError('EACCES');
        return names;
      },
    };
    lab.useFiles({ ...real, at });
    await lab.backup();
    lab.useRealFiles();
    lab.write('later', 'x');
    const before = readTree(lab.source);
    await expect(lab.restoreInPlace(2, MIRROR)).rejects.toMatchObject({
      code: 'DELETE_DOUBTFUL',
      message:
        'The backup of snapshot 2 reported problems (1), so it may lack files that existed; ' +
        'nothing was restored or deleted.',
    });
    expect(readTree(lab.source)).toEqual(before);
    const { removed } = await lab.restoreInPlace(2, { deletes: 'always' });
    expect([...removed].sort()).toEqual(['source/dir/extra/deep', 'source/later']);
  });

  test('because a root is empty in it is refused, unless it is trusted', async () => {
    const lab = createLab();
    await lab.backup();
    lab.write('file', 'x');
    await expect(lab.restoreInPlace(1, MIRROR)).rejects.toMatchObject({
      code: 'DELETE_DOUBTFUL',
      message: `${lab.source} is empty in snapshot 1; nothing was restored or deleted.`,
    });
    await lab.restoreInPlace(1, { deletes: 'always' });
    expect(fs.readdirSync(lab.source)).toEqual([]);
  });
});

test('what is left is what rsync leaves with --delete', async () => {
  needPrograms('rsync');
  const lab = await prepare();
  const wanted = lab.newTarget();
  await lab.restore(1, { to: wanted });
  const copy = lab.newTarget();
  runProgram('cp', ['-a', lab.source, copy]);
  runProgram('rsync', ['-ac', '--delete', `${wanted}/`, `${copy}/`]);
  await lab.restoreInPlace(1, MIRROR);
  expect([...readTree(lab.source).keys()]).toEqual([...readTree(copy).keys()]);
});

test('what has the name of a removed directory afterwards is another one', () => {
  const root = scratchDirectory();
  const files = openFileSystem();
  const rootHandle = files.at.open(undefined, bytesFromText(root), 'read-directory');
  onTestFinished(() => files.close(rootHandle));
  const handles = openDirectoryHandles(files.at, (opened) => files.close(opened), rootHandle);
  onTestFinished(() => handles.close());
  const remover = createRemover({
    files,
    handles,
    isDryRun: false,
    own: { keys: new Set(), has: () => false, holds: () => false },
    isLeftOut: () => false,
    nameOf: (path) => path,
    explainLock: () => undefined,
    onRemoved: () => undefined,
    onIssue: (path, code, message) => expect.unreachable(`${path} ${code} ${message}`),
  });
  for (const path of ['dir', 'dir/inner', 'dir/inner/deep'] as ByteString[]) {
    fs.mkdirSync(`${root}/dir/inner/deep`, { recursive: true });
    handles.open('dir/inner/deep' as ByteString);
    expect(remover.clear(path)).toBe(true);
    fs.mkdirSync(`${root}/dir/inner/deep`, { recursive: true });
    const { ino } = fs.statSync(`${root}/${path}`);
    expect(files.at.statOpen(handles.open(path)).inode, path).toBe(ino);
  }
});
