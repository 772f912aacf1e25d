import { describe, expect, test } from 'vitest';
import { foundChange, type FileSide } from '../../../../src/repo/operations/queries/change.js';
import { pairRenames } from '../../../../src/repo/operations/queries/renames.js';
import { savedKey } from '../../../../src/repo/operations/queries/side-keys.js';
import type { ByteString } from '../../../../src/platform/bytes.js';

const pathOf = (text: string): ByteString => `/${text}` as ByteString;

/** `+name 7` or `-name 7`: a file of blob 7 came or went; `c7`: of that content; `none`: without a byte. */
function changeOf(line: string) {
  const [, sign, name = '', held = ''] = /^([+~-])(\S+) ?(\S*)$/.exec(line) ?? [];
  const side = sideOf(held);
  if (sign === '+') return foundChange(pathOf(name), 'added', undefined, side);
  if (sign === '-') return foundChange(pathOf(name), 'removed', side, undefined);
  return foundChange(pathOf(name), 'modified', side, side);
}

function sideOf(held: string): FileSide | undefined {
  if (held === '') return undefined;
  if (held === 'none') return { sizeBytes: 0, content: { type: 'none' } };
  const number = Number(held.replace('c', ''));
  return held.startsWith('c')
    ? { sizeBytes: 9, content: { type: 'content', content: number } }
    : { sizeBytes: 9, content: { type: 'blob', blob: number } };
}

/** `old -> new` of each pair, told by the added file. */
function pairsOf(...lines: string[]): string[] {
  const found = pairRenames(lines.map(changeOf), savedKey);
  expect(found.map(({ path, change }) => [path, change])).toEqual(
    lines.map(changeOf).map(({ path, change }) => [path, change]),
  );
  const added = found.flatMap(({ path, renamedFrom }) =>
    renamedFrom === undefined ? [] : [`${renamedFrom} -> ${path}`],
  );
  const removed = found.flatMap(({ path, renamedTo }) =>
    renamedTo === undefined ? [] : [`${path} -> ${renamedTo}`],
  );
  expect(removed.toSorted()).toEqual(added.toSorted());
  return added;
}

describe('a file that came is one that went', () => {
  test.each<[string, string[], string[]]>([
    ['with its bytes', ['-a 1', '+b 1'], ['/a -> /b']],
    ['in whatever order they are found', ['+b 1', '-a 1'], ['/a -> /b']],
    ['with its content of several blobs', ['-a c1', '+b c1'], ['/a -> /b']],
    ['of its name, if one has it', ['-x 1', '-d/a 1', '+e/a 1'], ['/d/a -> /e/a']],
    [
      'of its name, whoever comes first',
      ['-d/a 1', '-d/b 1', '+e/x 1', '+e/a 1'],
      ['/d/b -> /e/x', '/d/a -> /e/a'],
    ],
    ['else the first that is left', ['-a 1', '-b 1', '+c 1', '+d 1'], ['/a -> /c', '/b -> /d']],
    ['and each is one once', ['-a 1', '+b 1', '+c 1'], ['/a -> /b']],
    ['named alike once', ['-d/a 1', '+e/a 1', '+f/a 1'], ['/d/a -> /e/a']],
    ['of two names, each its own', ['-a 1', '-b 2', '+c 2', '+d 1'], ['/b -> /c', '/a -> /d']],
  ])('%s', (_, lines, pairs) => {
    expect(pairsOf(...lines)).toEqual(pairs);
  });

  test.each<[string, string[]]>([
    ['has other bytes', ['-a 1', '+a2 2']],
    ['has the content whose number is that of the blob', ['-a 1', '+b c1']],
    ['has no bytes', ['-a none', '+b none']],
    ['is no file any more', ['-a', '+b 1']],
    ['was no file before', ['-a 1', '+b']],
    ['was changed', ['~a 1', '+b 1']],
    ['went, and another was changed', ['-a 1', '~b 1']],
    ['only went', ['-a 1', '-b 1']],
    ['only came', ['+a 1', '+b 1']],
  ])('but not where it %s', (_, lines) => {
    expect(pairsOf(...lines)).toEqual([]);
  });
});
