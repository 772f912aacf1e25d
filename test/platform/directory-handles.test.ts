import * as fs from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { bytesFromText, type ByteString } from '../../src/platform/bytes.js';
import { openFileSystem } from '../../src/platform/files.js';
import { openDirectoryHandles } from '../../src/platform/directory-handles.js';
import { scratchDirectory } from '../support/directory.js';

const path = (text: string) => text as ByteString;
const files = openFileSystem();

function open() {
  const root = scratchDirectory();
  const rootHandle = files.at.open(undefined, bytesFromText(root), 'read-directory');
  onTestFinished(() => files.close(rootHandle));
  const open: number[] = [];
  const close = (descriptor: number): void => {
    open.push(descriptor);
    files.close(descriptor);
  };
  return {
    root,
    handles: openDirectoryHandles(files.at, close, rootHandle),
    closed: open,
  };
}

test('a component that is a symbolic link is refused, wherever it points', () => {
  const { root, handles } = open();
  fs.mkdirSync(`${root}/real/inner`, { recursive: true });
  fs.symlinkSync('/etc', `${root}/outside`);
  fs.symlinkSync('real', `${root}/inside`);
  handles.open(path('real/inner'));
  for (const name of ['outside', 'inside', 'inside/inner']) {
    expect(() => handles.open(path(name)), name).toThrow(/ELOOP|ENOTDIR/);
  }
  handles.close();
});

test('a directory that is replaced after it was opened stays the one that it was', () => {
  const { root, handles } = open();
  fs.mkdirSync(`${root}/dir`);
  const handle = handles.open(path('dir'));
  fs.renameSync(`${root}/dir`, `${root}/moved`);
  fs.symlinkSync('/etc', `${root}/dir`);
  files.at.makeDirectory(handles.open(path('dir')), path('made'));
  expect(handles.open(path('dir'))).toBe(handle);
  expect(fs.readdirSync(`${root}/moved`)).toEqual(['made']);
  handles.close();
});

test('more directories than are kept open: each is opened again when it is needed', () => {
  const { root, handles } = open();
  const before = fs.readdirSync('/proc/self/fd').length;
  for (let number = 0; number < 400; number += 1) fs.mkdirSync(`${root}/${number}`);
  for (let turn = 0; turn < 2; turn += 1) {
    for (let number = 0; number < 400; number += 1) {
      files.at.makeDirectory(handles.open(path(String(number))), path(`made-${turn}`));
    }
  }
  expect(fs.readdirSync('/proc/self/fd').length - before).toBe(64);
  expect(fs.readdirSync(`${root}/399`)).toEqual(['made-0', 'made-1']);
  handles.close();
  expect(fs.readdirSync('/proc/self/fd').length - before).toBe(0);
});

test('what is forgotten, and all below it, is opened again', () => {
  const { root, handles, closed } = open();
  fs.mkdirSync(`${root}/dir/inner`, { recursive: true });
  fs.mkdirSync(`${root}/directory`);
  handles.open(path('dir/inner'));
  const neighbour = handles.open(path('directory'));
  handles.forget(path('dir'));
  expect(closed).toHaveLength(2);
  fs.renameSync(`${root}/dir`, `${root}/moved`);
  expect(() => handles.open(path('dir/inner'))).toThrow(/ENOENT/);
  expect(handles.open(path('directory'))).toBe(neighbour);
  handles.close();
});

test('so is what was used last: whatever has the name by then is meant', () => {
  const { root, handles } = open();
  fs.mkdirSync(`${root}/dir/inner`, { recursive: true });
  for (const name of ['dir', 'dir/inner']) {
    handles.open(path(name));
    handles.forget(path('dir'));
    fs.rmSync(`${root}/dir`, { recursive: true });
    fs.mkdirSync(`${root}/dir/inner`, { recursive: true });
    files.at.makeDirectory(handles.open(path(name)), path('made'));
    expect(fs.readdirSync(`${root}/${name}`), name).toContain('made');
  }
  handles.close();
});

test.each(['EMFILE', 'ENFILE', 'EACCES'])(
  'where %s is said, what is not needed is closed',
  (code) => {
    const root = scratchDirectory();
    for (let number = 0; number < 40; number += 1) fs.mkdirSync(`${root}/${number}`);
    const rootHandle = files.at.open(undefined, bytesFromText(root), 'read-directory');
    onTestFinished(() => files.close(rootHandle));
    let isRefusing = false;
    const at = {
      ...files.at,
      open: (...args: Parameters<typeof files.at.open>) => {
        if (isRefusing && code === 'EACCES') throw Object.assign(new Error(code), { code });
        if (isRefusing && opened - closed > 16) throw Object.assign(new Error(code), { code });
        opened += 1;
        return files.at.open(...args);
      },
    };
    let [opened, closed] = [0, 0];
    const close = (descriptor: number): void => {
      closed += 1;
      files.close(descriptor);
    };
    const handles = openDirectoryHandles(at, close, rootHandle);
    onTestFinished(() => handles.close());
    for (let number = 0; number < 30; number += 1) handles.open(path(String(number)));
    isRefusing = true;
    if (code === 'EACCES') {
      expect(() => handles.open(path('30'))).toThrow('EACCES');
      expect(closed).toBe(0);
      return;
    }
    handles.open(path('30'));
    expect(opened - closed).toBe(17);
  },
);

test('those that were used last are kept; what is closed is opened once more', () => {
  const { root, handles, closed } = open();
  for (let number = 0; number < 66; number += 1) fs.mkdirSync(`${root}/${number}`);
  const first = handles.open(path('0'));
  for (let number = 1; number < 64; number += 1) handles.open(path(String(number)));
  expect(handles.open(path('0'))).toBe(first);
  expect(closed).toEqual([]);
  handles.open(path('64'));
  expect(handles.open(path('0'))).toBe(first);
  expect(closed).toHaveLength(1);
  handles.close();
  expect(closed).toHaveLength(65);
  handles.close();
  expect(closed).toHaveLength(65);
});
