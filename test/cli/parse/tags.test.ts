import { describe, expect, test } from 'vitest';
import { parseTags } from '../../../src/cli/parse/tags.js';
import { tagsOf } from '../../../src/repo/operations/tags.js';
import { createWorkspace } from '../../support/varve-command.js';

test.each([
  ['one', ['one']],
  ['a,b', ['a', 'b']],
  ['a, b ,c', ['a', 'b', 'c']],
  ['a,a', ['a']],
  ['with space,ü', ['with space', 'ü']],
])('%s', (text, tags) => {
  expect(parseTags(text)).toEqual(tags);
});

test.each(['', ' ', ',', 'a,', ',a', 'a,,b', 'a, ,b'])('"%s" is refused', (text) => {
  expect(() => parseTags(text)).toThrow(expect.objectContaining({ code: 'USAGE' }));
});

test('what was taken for one tag once is several', () => {
  expect(tagsOf({ tags: ['a,b', 'c'] })).toEqual(['a', 'b', 'c']);
});

describe('backup and prune', () => {
  const { run, json, write } = createWorkspace();

  test('mean the same by a,b', async () => {
    write({ 'tree/file': 'one' });
    await run(['backup', '-q', 'tree', '--tag', 'a,b', '--tag', 'c', '--tag', 'a']);
    write({ 'tree/file': 'two' });
    await run(['backup', '-q', 'tree', '--tag', 'a']);
    write({ 'tree/file': 'three' });
    await run(['backup', '-q', 'tree']);
    const { snapshots } = await json<{ snapshots: { tags: string[] }[] }>('snapshots');
    expect(snapshots[0]!.tags).toEqual(['a', 'b', 'c']);
    type Pruned = { removed: number[] };
    const { removed } = await json<Pruned>('prune', '-n', '--keep-tag', 'b,c');
    expect(removed).toEqual([2]);
  });

  test.each([
    ['backup', 'tree', '--tag', 'a,,b'],
    ['backup', 'tree', '--tag='],
    ['backup', 'tree', '--tag', 'ok', '--tag', ' '],
    ['prune', '--keep-tag', 'a,'],
    ['prune', '--keep-tag='],
    ['backup', '--command', 'name', '--tag', ',', '--', 'true'],
  ])('%s %s %s refuse empty tags', async (...args) => {
    const { code, stderr } = await run(args);
    expect(code).toBe(2);
    expect(stderr).toMatch(/--(keep-)?tag: /);
  });
});
