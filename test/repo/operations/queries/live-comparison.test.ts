/** What a comparison with the live tree calls changed: what is left out is neither there nor gone. */
import * as fs from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { FileSystem } from '../../../../src/platform/files.js';
import { diffLive } from '../../../support/by-path.js';
import { filesWithAt, systemError } from '../../../support/faulty-files.js';
import { createLab, type Lab } from '../../../support/lab.js';
import type { FilterOptions } from '../../../../src/repo/tree/filter.js';

/** The changes below the source, by their paths. */
async function changesIn(
  { repository, platform, bytes }: Lab,
  filter: FilterOptions = {},
): Promise<{ changes: Record<string, string>; issues: string[] }> {
  const { changes, issues } = await diffLive(repository, platform, {
    ...{ from: { type: 'latest' }, readsAll: false, filter },
  });
  const below = (path: string): string => path.slice(bytes().length + 1) || '.';
  return {
    changes: Object.fromEntries(changes.map(({ path, change }) => [below(path), change])),
    issues: issues.map(({ path, code }) => `${code} ${below(path)}`),
  };
}

/** A lab with a snapshot of some directories, whose own times stay what they are. */
async function savedLab(): Promise<Lab> {
  const lab = createLab({ lanes: 1 });
  for (const name of ['a/x', 'a/deep/y', 'b/z', 'c']) lab.write(name, name);
  await lab.backup();
  return lab;
}
/** Of directories only that something in them came or went. */
const without = (changes: Record<string, string>, ...directories: string[]): object =>
  Object.fromEntries(Object.entries(changes).filter(([name]) => !directories.includes(name)));

describe('what became another type', () => {
  test('has a change of type, and all that was below it is gone', async () => {
    const lab = await savedLab();
    lab.remove('a');
    lab.write('a', 'a file');
    const { changes } = await changesIn(lab);
    expect(without(changes, '.')).toEqual({
      ...{ a: 'type', 'a/deep': 'removed', 'a/deep/y': 'removed', 'a/x': 'removed' },
    });
  });

  test('has a change of type, and all that is below it is new', async () => {
    const lab = await savedLab();
    lab.remove('c');
    lab.write('c/new/file', 'new');
    const { changes } = await changesIn(lab);
    expect(without(changes, '.')).toEqual({ c: 'type', 'c/new': 'added', 'c/new/file': 'added' });
  });
});

describe('what is left out', () => {
  test('is not removed, whether it is there or not, nor is what lies below', async () => {
    const lab = await savedLab();
    const filter: FilterOptions = { rules: [{ type: 'exclude', pattern: 'a' }] };
    expect((await changesIn(lab, filter)).changes).toEqual({});
    lab.remove('a');
    expect(without((await changesIn(lab, filter)).changes, '.')).toEqual({});
    expect(without((await changesIn(lab)).changes, '.')).toEqual({
      ...{ a: 'removed', 'a/deep': 'removed', 'a/deep/y': 'removed', 'a/x': 'removed' },
    });
  });
});

describe('what cannot be read', () => {
  const refusing = (name: string, code: string): FileSystem =>
    filesWithAt((at) => ({
      stat: (...given) => {
        if (given[1] === name) throw code === 'bug' ? new TypeError('bug') : systemError(code);
        return at.stat(...given);
      },
    }));

  test.each(['EACCES', 'EIO'])('is an issue and counts as unchanged: %s', async (code) => {
    const lab = await savedLab();
    lab.useFiles(refusing('b', code));
    expect(await changesIn(lab)).toEqual({ changes: {}, issues: ['UNREADABLE b'] });
  });

  test('is not what is a bug', async () => {
    const lab = await savedLab();
    lab.useFiles(refusing('b', 'bug'));
    await expect(changesIn(lab)).rejects.toThrow('bug');
  });
});

test('a root that is gone is removed, and so is all that it held', async () => {
  const lab = await savedLab();
  fs.rmSync(lab.source, { recursive: true });
  const { changes, issues } = await changesIn(lab);
  expect(issues).toEqual([]);
  expect(Object.keys(changes)).toEqual(['.', 'a', 'a/deep', 'a/deep/y', 'a/x', 'b', 'b/z', 'c']);
  expect(new Set(Object.values(changes))).toEqual(new Set(['removed']));
});
