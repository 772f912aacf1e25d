/** Which bytes from before possible bit rot nobody must lose in silence. */
import { expect, onTestFinished, test } from 'vitest';
import { openIndex, type Index } from '../../../src/repo/index/index.js';
import type { ContentRef, VersionType } from '../../../src/repo/model.js';
import { openFileSystem } from '../../../src/platform/files.js';
import { scratchDirectory } from '../../support/directory.js';

const SUSPECT = 8;
const time = { seconds: 1, nanoseconds: 0 };
const OTHERS = { mode: 0, uid: 0, gid: 0, inode: 1, links: 0, rdev: 0, attributes: 0 };

/** What a path was from the snapshots 1, 2, 3, ... on; a number is its blob, `x` its content. */
type State = readonly [
  content: number | `x${number}`,
  mark?: 'suspect' | 'racy',
  type?: VersionType,
];

function contentOf(content: State[0]): ContentRef {
  return typeof content === 'number'
    ? { type: 'blob', blob: content }
    : { type: 'content', content: Number(content.slice(1)) };
}

function put({ versions }: Index, path: number, states: readonly State[]): void {
  states.forEach(([content, mark, type = 1], position) => {
    const snapshot = position + 1;
    versions.close(path, snapshot);
    const flags = mark === 'suspect' ? SUSPECT : mark === 'racy' ? 1 : 0;
    const held = { sizeBytes: 1, link: undefined, content: contentOf(content) };
    const times = { mtime: time, ctime: time, btime: undefined };
    versions.insert({ ...OTHERS, ...times, ...held, path, type, flags }, snapshot);
  });
}

function suspicionsOf(...states: State[]): unknown[] {
  const index = openIndex(`${scratchDirectory()}/index.sqlite`, 'create', openFileSystem());
  onTestFinished(() => index.close());
  put(index, 7, states);
  return index.suspicions().map(({ path, good, suspect }) => {
    expect(path).toBe(7);
    return [good.first, good.last, suspect.first, suspect.last];
  });
}

test.each<[string, State[], unknown[]]>([
  ['bytes that changed alone', [[1], [2, 'suspect']], [[1, 2, 2, 0]]],
  ['that were edited since', [[1], [2, 'suspect'], [3]], [[1, 2, 2, 3]]],
  ['that are back', [[1], [2, 'suspect'], [1]], []],
  ['that are back later', [[1], [2, 'suspect'], [3], [1]], []],
  ['that rotted twice', [[1], [2, 'suspect'], [3, 'suspect']], [[1, 2, 2, 3]]],
  ['of pieces', [['x1'], ['x2', 'suspect']], [[1, 2, 2, 0]]],
  ['of pieces that are back', [['x1'], ['x2', 'suspect'], ['x1']], []],
  ['of pieces, then of others', [['x1'], ['x2', 'suspect'], ['x3']], [[1, 2, 2, 3]]],
  [
    'that had another flag',
    [
      [1, 'racy'],
      [2, 'suspect'],
    ],
    [[1, 2, 2, 0]],
  ],
  ['that are back as another type', [[1], [2, 'suspect'], [1, 'racy', 3]], [[1, 2, 2, 3]]],
  ['that nobody suspects', [[1], [2], [3, 'racy']], []],
  ['of which nothing was before', [[1, 'suspect'], [2]], []],
])('%s', (_, states, expected) => {
  expect(suspicionsOf(...states)).toEqual(expected);
});
