import * as fs from 'node:fs';
import { describe, expect, test } from 'vitest';
import { findOutcome } from '../../../../../src/repo/operations/queries/explain/outcome.js';
import { findOwnDirectories } from '../../../../../src/repo/repository/own-directories.js';
import { openRepository } from '../../../../../src/repo/repository/repository.js';
import { createFilter, type FilterOptions } from '../../../../../src/repo/tree/filter.js';
import { LiveTree } from '../../../../../src/repo/tree/live-tree.js';
import type { ByteString } from '../../../../../src/platform/bytes.js';
import { filesWithAt, systemError } from '../../../../support/faulty-files.js';
import { createLab, type Lab } from '../../../../support/lab.js';
import { openFilesBelow } from '../../../../support/open-files.js';

async function prepare(): Promise<Lab> {
  const lab = createLab({ lanes: 1 });
  lab.write('dir/sub/file', 'text');
  lab.write('file', 'x');
  fs.symlinkSync('file', lab.path('link'));
  await lab.backup();
  return lab;
}

/** What becomes of a path below the root; where it is decided, below that, too. */
async function outcomeOf(lab: Lab, name: string, options: FilterOptions = {}) {
  const repository = openRepository(lab.repository, lab.platform, { access: 'read' });
  try {
    const outcome = await repository.read((held) => {
      const { files } = held.platform;
      const own = findOwnDirectories(files, held.path);
      const tree = new LiveTree(files, createFilter(options, files, []), own);
      const [source] = held.index.sources.all();
      const before = openFilesBelow(lab.source).length;
      const found = findOutcome(held, source!, tree, { root: lab.bytes(), path: lab.bytes(name) });
      expect(openFilesBelow(lab.source).length).toBe(before);
      return found;
    });
    if (outcome.type === 'taken-in') return outcome;
    return { ...outcome, at: (outcome.at.slice(lab.bytes().length + 1) || '.') as ByteString };
  } finally {
    repository.close();
    expect(openFilesBelow(lab.directory)).toEqual([]);
  }
}

const rules = (...patterns: string[]): FilterOptions => ({
  rules: patterns.map((pattern) => ({ type: 'exclude', pattern })),
});

describe('is taken in', () => {
  test.each([
    ['file', 'file', 1],
    ['dir', 'directory', undefined],
    ['dir/sub/file', 'file', 4],
    ['link', 'symlink', undefined],
  ])('%s, as nothing speaks against it', async (name, type, sizeBytes) => {
    const outcome = await outcomeOf(await prepare(), name);
    expect(outcome).toMatchObject({
      type: 'taken-in',
      stat: { type, ...(sizeBytes !== undefined && { sizeBytes }) },
      tellsSize: true,
      reason: { type: 'nothing' },
    });
  });

  test('a root, as it is one', async () => {
    const lab = await prepare();
    for (const options of [{}, rules('source')]) {
      expect(await outcomeOf(lab, '.', options)).toMatchObject({
        type: 'taken-in',
        stat: { type: 'directory' },
        reason: { type: 'root' },
      });
    }
  });

  test('what a rule takes in again', async () => {
    expect(await outcomeOf(await prepare(), 'file', rules('f*', '!file'))).toMatchObject({
      type: 'taken-in',
      reason: { type: 'rule', rule: { pattern: '!file' } },
    });
  });
});

describe('is left out', () => {
  test.each([
    ['dir/sub/file', 'sub', 'dir/sub'],
    ['dir/sub/file', 'dir', 'dir'],
    ['dir/sub/file', 'file', 'dir/sub/file'],
    ['dir/sub/none', 'dir', 'dir'],
  ])('%s by the rule %s, at %s', async (name, pattern, at) => {
    expect(await outcomeOf(await prepare(), name, rules(pattern))).toMatchObject({
      type: 'left-out',
      at,
      reason: { type: 'rule', rule: { pattern } },
    });
  });

  test('the repository, wherever it lies', async () => {
    const lab = createLab({ lanes: 1 });
    fs.symlinkSync(lab.repository, `${lab.source}/elsewhere`);
    lab.write('file', 'x');
    await lab.backup();
    expect(await outcomeOf(lab, 'elsewhere')).toMatchObject({ stat: { type: 'symlink' } });
    fs.rmSync(lab.source, { recursive: true });
    fs.symlinkSync(lab.repository, lab.source);
    expect(await outcomeOf(lab, 'packs')).toEqual({
      type: 'left-out',
      at: '.',
      reason: { type: 'repository' },
    });
  });
});

describe('there is nothing', () => {
  test.each([
    ['none', 'none'],
    ['dir/none', 'dir/none'],
    ['dir/none/below', 'dir/none'],
    ['file/below/deep', 'file/below'],
    ['link/below', 'link/below'],
  ])('at %s: it ends at %s', async (name, at) => {
    expect(await outcomeOf(await prepare(), name)).toEqual({ type: 'absent', at });
  });
});

describe('stays as it was saved, since', () => {
  const failing = (wanted: string, call: 'stat' | 'open', error: Error) =>
    filesWithAt((real) => ({
      [call]: (directory: number, name: never, mode: never) => {
        if (name === wanted) throw error;
        return (real[call] as (...args: unknown[]) => unknown)(directory, name, mode);
      },
    }));

  test.each([
    ['a directory on the way cannot be opened', 'dir/sub/file', 'sub', 'open', 'dir/sub'],
    ['a directory above that cannot', 'dir/sub/file', 'dir', 'open', 'dir'],
    ['its own state is not told', 'dir/sub/file', 'file', 'stat', 'dir/sub'],
  ] as const)('%s', async (_, name, wanted, call, at) => {
    const lab = await prepare();
    lab.useFiles(failing(wanted, call, systemError('EACCES')));
    expect(await outcomeOf(lab, name)).toEqual({
      type: 'unreadable',
      at,
      message: `${lab.path(at)} cannot be read: permission denied.`,
    });
  });

  test('its root is missing', async () => {
    const lab = await prepare();
    fs.rmSync(lab.source, { recursive: true });
    expect(await outcomeOf(lab, 'dir/sub')).toMatchObject({
      type: 'unreadable',
      at: '.',
      message: expect.stringContaining('it does not exist') as string,
    });
  });

  test('its root is empty, and another than before: what is known of it is looked at', async () => {
    const lab = await prepare();
    fs.renameSync(lab.source, `${lab.source}-2`);
    fs.mkdirSync(lab.source);
    expect(await outcomeOf(lab, 'dir')).toMatchObject({
      type: 'unreadable',
      message: expect.stringContaining('not mounted?') as string,
    });
  });

  test('of no mistake', async () => {
    const lab = await prepare();
    const mistake = new TypeError('a mistake');
    lab.useFiles(failing('sub', 'open', mistake));
    await expect(outcomeOf(lab, 'dir/sub/file')).rejects.toBe(mistake);
  });
});
