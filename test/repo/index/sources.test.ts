import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { openIndex } from '../../../src/repo/index/index.js';
import type { ByteString } from '../../../src/platform/bytes.js';
import { openFileSystem } from '../../../src/platform/files.js';
import { scratchDirectory } from '../../support/directory.js';

const roots = (...paths: string[]): ByteString[] => paths as ByteString[];

function newIndex() {
  const path = `${scratchDirectory()}/index.sqlite`;
  const open = (mode: 'create' | 'write') => {
    const opened = openIndex(path, mode, openFileSystem());
    let isOpen = true;
    const close = (): void => {
      if (isOpen) opened.close();
      isOpen = false;
    };
    onTestFinished(close);
    return { ...opened, removal: opened.removal, close };
  };
  return { path, index: open('create'), again: () => open('write') };
}

test('a source is its host and all of its roots, byte for byte', () => {
  const { sources } = newIndex().index;
  const both = sources.add('host', roots('/a', '/b\xff c'));
  const one = sources.add('host', roots('/a'));
  const elsewhere = sources.add('other', roots('/a'));
  expect(sources.all()).toEqual([
    { id: 1, host: 'host', roots: ['/a', '/b\xff c'] },
    { id: 2, host: 'host', roots: ['/a'] },
    { id: 3, host: 'other', roots: ['/a'] },
  ]);
  expect(sources.find('host', roots('/a', '/b\xff c'))).toEqual(both);
  expect(sources.find('host', roots('/a'))).toEqual(one);
  expect(sources.find('other', roots('/a'))).toEqual(elsewhere);
  expect(sources.find('other', roots('/b\xff c'))).toBeUndefined();
  expect(sources.find('host', roots('/a/b'))).toBeUndefined();
});

test('the number of a source is given out once, whatever became of it', () => {
  const { index } = newIndex();
  index.begin();
  index.sources.put({ id: 5, host: 'rebuilt', roots: roots('/a') });
  index.removal.removeSource(5);
  expect(index.sources.add('new', roots('/a')).id).toBe(6);
  index.removal.removeSource(6);
  expect(index.sources.add('newer', roots('/a')).id).toBe(7);
  index.commit();
});

test('an index from before sources could go counts from the greatest that it has', () => {
  const { path, index, again } = newIndex();
  index.begin();
  for (const host of ['one', 'two', 'three']) index.sources.add(host, roots('/'));
  index.commit();
  index.close();
  const db = new Database(path);
  db.exec("DELETE FROM counter WHERE name = 'source'");
  db.close();
  expect(again().sources.add('four', roots('/')).id).toBe(4);
});

test('the latest snapshot of a source is the one with its greatest number', () => {
  const { snapshots, sources } = newIndex().index;
  for (const host of ['one', 'other']) sources.add(host, roots('/'));
  const sums = { files: 1, directories: 1, symlinks: 0, specials: 0, bytes: 1, bytesRead: 1 };
  const changes = { filesNew: 0, filesChanged: 0, filesRemoved: 0, bytesStored: 1, issues: 0 };
  for (const [number, source, startedMs] of [
    [1, 1, 900],
    [2, 2, 100],
    [4, 1, 50],
    [3, 1, 700],
  ] as const) {
    const run = { number, source, generation: number, startedMs, finishedMs: startedMs };
    snapshots.insert({ ...run, tags: ['a"b', 'c'], ...sums, ...changes });
  }
  expect(snapshots.latest(1)).toMatchObject({ number: 4, startedMs: 50, tags: ['a"b', 'c'] });
  expect(snapshots.latest(2)?.number).toBe(2);
  expect(snapshots.latest(3)).toBeUndefined();
  expect(snapshots.ofSource(1).map(({ number }) => number)).toEqual([1, 3, 4]);
  expect(snapshots.all().map(({ number }) => number)).toEqual([1, 2, 3, 4]);
  snapshots.setStored(3, 99);
  expect([2, 3, 4].map((number) => snapshots.get(number)?.bytesStored)).toEqual([1, 99, 1]);
  snapshots.remove(4);
  expect(snapshots.latest(1)?.number).toBe(3);
});
