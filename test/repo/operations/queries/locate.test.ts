import { expect, test } from 'vitest';
import {
  locate,
  locateSource,
  pathIdOf,
  rootOf,
} from '../../../../src/repo/operations/queries/locate.js';
import { asBytes, createHistory } from '../../../support/history.js';

const history = createHistory([
  {
    roots: ['/a', '/a.txt', '/'],
    snapshots: [1, 2, 3],
    paths: {
      '/a/dir': [[1, 0]],
      '/a/dir/file': [
        [1, 2],
        [3, 0],
      ],
      '/top': [[2, 0]],
    },
  },
]);
const { index, sources } = history;
const [source] = sources as [(typeof sources)[number]];

test.each([
  ['/a', '/a'],
  ['/a/dir/file', '/a'],
  ['/a.txt', '/a.txt'],
  ['/ab', '/'],
])('%s lies at or below the root %s', (path, root) => {
  expect(rootOf(source, asBytes(path))).toBe(root);
});

test('what is below no root is of no root', () => {
  expect(rootOf({ ...source, roots: [asBytes('/a')] }, asBytes('/ab'))).toBeUndefined();
  expect(pathIdOf(index, { ...source, roots: [asBytes('/a')] }, asBytes('/ab'))).toBeUndefined();
});

test('a path has one row, whether a snapshot has it or not', () => {
  const ids = ['/a', '/a/dir', '/a/dir/file', '/top'].map((path) =>
    pathIdOf(index, source, asBytes(path)),
  );
  expect(new Set(ids).size).toBe(4);
  expect(ids).not.toContain(undefined);
  for (const path of ['/a/none', '/a/none/file', '/a/dir/file/none']) {
    expect(pathIdOf(index, source, asBytes(path))).toBeUndefined();
  }
});

test('a node is located where the snapshot has it', () => {
  const path = asBytes('/a/dir/file');
  const id = pathIdOf(index, source, path);
  const found = [1, 2, 3].map((number) => locate(index, history.place(1, number), path));
  expect(found.map((one) => one?.version?.first)).toEqual([1, undefined, 3]);
  expect(found[0]).toMatchObject({ path, id, version: { path: id } });
  expect(locate(index, history.place(1, 1), asBytes('/a/none'))).toBeUndefined();
});

test('a source is located as what its roots are in', () => {
  expect(locateSource(source)).toEqual({ path: '', version: undefined, id: -1 });
});
