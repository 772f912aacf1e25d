import * as fs from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { DiffLiveOptions } from '../../../../src/repo/operations/queries/diff-live.js';
import { diffLive } from '../../../support/by-path.js';
import { streamOf } from '../../../support/byte-stream.js';
import { filesWithAt, systemError } from '../../../support/faulty-files.js';
import { createLab, type Lab } from '../../../support/lab.js';
import { openFilesBelow } from '../../../support/open-files.js';
import { makeFifo } from '../../../support/special-files.js';

/** The changes, as `change path before>after`, and the issues, as `CODE path`; nothing stays open. */
async function compare(lab: Lab, options: Partial<DiffLiveOptions> = {}) {
  const { changes, issues } = await diffLive(lab.repository, lab.platform, {
    from: { type: 'latest' },
    readsAll: false,
    ...options,
  });
  const below = (path: string): string => path.slice(lab.bytes().length + 1) || '.';
  expect(openFilesBelow(lab.directory)).toEqual([]);
  return {
    changes: changes.map(
      ({ path, change, sizeBefore, sizeAfter }) =>
        `${change} ${below(path)} ${sizeBefore ?? ''}>${sizeAfter ?? ''}`,
    ),
    issues: issues.map(({ path, code }) => `${code} ${below(path)}`),
  };
}

/** Everything has the same time, which is long ago. */
function age(lab: Lab): void {
  for (const name of fs.readdirSync(lab.source, { recursive: true, encoding: 'utf8' })) {
    fs.lutimesSync(lab.path(name), 1, 1);
  }
  fs.utimesSync(lab.source, 1, 1);
}

async function prepare(): Promise<Lab> {
  const lab = createLab({ lanes: 1 });
  lab.write('file', 'text');
  lab.write('dir/a', 'aa');
  lab.write('dir/sub/b', 'bbb');
  fs.symlinkSync('file', lab.path('link'));
  age(lab);
  await lab.backup();
  return lab;
}

describe('what there is', () => {
  test('and was so is no change', async () => {
    expect(await compare(await prepare())).toEqual({ changes: [], issues: [] });
  });

  test('and was something else is of another type, and what that held is removed', async () => {
    const lab = await prepare();
    lab.remove('dir');
    fs.symlinkSync('file', lab.path('dir'));
    age(lab);
    expect(await compare(lab)).toEqual({
      changes: ['type dir >', 'removed dir/a 2>', 'removed dir/sub >', 'removed dir/sub/b 3>'],
      issues: [],
    });
  });

  test.each<[string, string, (path: string) => void]>([
    ['a file', '>1', (path) => fs.writeFileSync(path, 'x')],
    ['a fifo', '>', (path) => makeFifo(path)],
    ['a directory', '>', (path) => fs.mkdirSync(path)],
  ])('%s where a link was is of another type', async (_, sizes, make) => {
    const lab = await prepare();
    lab.remove('link');
    make(lab.path('link'));
    age(lab);
    expect((await compare(lab)).changes).toEqual([`type link ${sizes}`]);
  });

  test('in a directory where a file was is added', async () => {
    const lab = await prepare();
    lab.remove('file');
    lab.write('file/new/deep', 'x');
    age(lab);
    expect((await compare(lab)).changes).toEqual([
      'type file 4>',
      'added file/new >',
      'added file/new/deep >1',
    ]);
  });

  test('and is new is added, with all below it, whatever stands before and behind', async () => {
    const lab = await prepare();
    for (const name of ['aaa', 'dir/0', 'dir/z', 'new/x/y', 'zzz']) lab.write(name, '12345');
    age(lab);
    expect((await compare(lab)).changes).toEqual([
      'added aaa >5',
      'added dir/0 >5',
      'added dir/z >5',
      'added new >',
      'added new/x >',
      'added new/x/y >5',
      'added zzz >5',
    ]);
  });

  test('and is gone is removed, with all that was below it', async () => {
    const lab = await prepare();
    for (const name of ['dir', 'link']) lab.remove(name);
    age(lab);
    expect((await compare(lab)).changes).toEqual([
      'removed dir >',
      'removed dir/a 2>',
      'removed dir/sub >',
      'removed dir/sub/b 3>',
      'removed link >',
    ]);
  });

  test('and changed has both sizes', async () => {
    const lab = await prepare();
    lab.write('dir/sub/b', 'longer');
    expect((await compare(lab)).changes).toEqual(['modified dir/sub/b 3>6']);
  });
});

describe('rules', () => {
  const excluding = (...patterns: string[]) => ({
    filter: { rules: patterns.map((pattern) => ({ type: 'exclude', pattern }) as const) },
  });

  test('hide what is there, and what is gone', async () => {
    const lab = await prepare();
    lab.write('new.o', 'x');
    lab.remove('dir/sub/b');
    age(lab);
    expect((await compare(lab, excluding('*.o', 'b'))).changes).toEqual([]);
  });

  test('hide what was in a directory that is gone, or that is one no longer', async () => {
    const lab = await prepare();
    lab.remove('dir');
    age(lab);
    expect((await compare(lab, excluding('sub'))).changes).toEqual([
      'removed dir >',
      'removed dir/a 2>',
    ]);
    expect((await compare(lab, excluding('dir/sub/b'))).changes).toEqual([
      'removed dir >',
      'removed dir/a 2>',
      'removed dir/sub >',
    ]);
    lab.write('dir', 'a file');
    age(lab);
    expect((await compare(lab, excluding('/**/sub/b', 'a'))).changes).toEqual([
      'type dir >6',
      'removed dir/sub >',
    ]);
  });
});

describe('of paths that are asked for', () => {
  test('only they, and what is on the way, are looked at', async () => {
    const lab = await prepare();
    for (const name of ['dir/sub/b', 'dir/a', 'file']) lab.write(name, 'another');
    const looked: string[] = [];
    lab.useFiles(
      filesWithAt((real) => ({
        stat(directory, name) {
          looked.push(name);
          return real.stat(directory, name);
        },
      })),
    );
    const { changes } = await compare(lab, { paths: [lab.path('dir/sub')] });
    expect(changes).toEqual(['modified dir/sub/b 3>7']);
    expect(looked).not.toContain('file');
    expect(looked).not.toContain('a');
  });

  test('other roots are not even opened', async () => {
    const lab = createLab({ lanes: 1 });
    for (const name of ['one/f', 'deep/two/f']) lab.write(name, 'x');
    await lab.backup({ paths: ['one', 'deep/two'].map(lab.path) });
    lab.remove('deep');
    const asked = await compare(lab, { paths: [lab.path('one')] });
    expect(asked).toEqual({ changes: [], issues: [] });
    expect((await compare(lab)).issues).toEqual(['SOURCE_MISSING deep/two']);
  });
});

describe('what cannot be read is told, and counts as unchanged:', () => {
  const failing = (wanted: string, call: 'stat' | 'open' | 'readSymlink') =>
    filesWithAt((real) => ({
      [call]: (directory: number, name: never, mode: never) => {
        if (name === wanted) throw systemError('EACCES');
        return (real[call] as (...args: unknown[]) => unknown)(directory, name, mode);
      },
    }));

  test.each([
    ['a file', 'file', 'stat', ['UNREADABLE file']],
    ['the bytes of a file', 'file', 'open', ['UNREADABLE file']],
    ['a link', 'link', 'readSymlink', ['UNREADABLE link']],
    ['a directory', 'dir', 'stat', ['UNREADABLE dir']],
    ['what a directory holds', 'sub', 'open', ['UNREADABLE_DIRECTORY dir/sub']],
  ] as const)('%s', async (_, name, call, issues) => {
    const lab = await prepare();
    for (const one of ['dir/sub/b', 'link']) lab.remove(one);
    lab.write('dir/sub/new', 'x');
    fs.symlinkSync('file', lab.path('link'));
    age(lab);
    lab.useFiles(failing(name, call));
    const seen = await compare(lab, { readsAll: true });
    expect(seen.issues).toEqual(issues);
    const isHidden = name === 'sub' || name === 'dir';
    const changes = ['removed dir/sub/b 3>', 'added dir/sub/new >1'];
    expect(seen.changes).toEqual(isHidden ? [] : changes);
  });

  test('no mistake', async () => {
    const lab = await prepare();
    const mistake = new TypeError('a mistake');
    lab.useFiles(
      filesWithAt((real) => ({
        stat(directory, name) {
          if (name === 'file') throw mistake;
          return real.stat(directory, name);
        },
      })),
    );
    await expect(compare(lab)).rejects.toBe(mistake);
    expect(openFilesBelow(lab.source)).toEqual([]);
  });
});

describe('a root', () => {
  test('that came from a stream has nothing to be compared with', async () => {
    const lab = createLab({ lanes: 1 });
    await lab.backupStream('/dump', streamOf('bytes'));
    const { changes, issues } = await diffLive(lab.repository, lab.platform, {
      from: { type: 'latest' },
      readsAll: true,
    });
    expect(changes).toEqual([]);
    expect(issues).toEqual([
      {
        path: '/dump',
        code: 'SOURCE_MISSING',
        message: '/dump came from a stream, so there is nothing to compare it with.',
      },
    ]);
  });

  test('that is a link to nothing, where something was, is missing', async () => {
    const lab = await prepare();
    fs.renameSync(lab.source, `${lab.source}-2`);
    fs.symlinkSync('nowhere', lab.source);
    expect(await compare(lab)).toEqual({ changes: [], issues: ['SOURCE_MISSING .'] });
  });

  test('whose directory cannot be opened is missing', async () => {
    const lab = await prepare();
    lab.useFiles(
      filesWithAt((real) => ({
        open(directory, name, mode) {
          if (name.endsWith('/.') && lab.directory === name.slice(0, -2))
            throw systemError('EACCES');
          return real.open(directory, name, mode);
        },
      })),
    );
    expect(await compare(lab)).toEqual({ changes: [], issues: ['SOURCE_MISSING .'] });
  });

  test('that is gone is removed, with all that it held', async () => {
    const lab = await prepare();
    fs.renameSync(lab.source, `${lab.source}-2`);
    const { changes } = await compare(lab);
    expect(changes.length).toBe(7);
    expect(changes.every((change) => change.startsWith('removed '))).toBe(true);
  });

  test('that is a file is compared as any other', async () => {
    const lab = createLab({ lanes: 1 });
    lab.write('file', 'text');
    await lab.backup({ paths: [lab.path('file')] });
    lab.write('file', 'other text');
    expect((await compare(lab)).changes).toEqual(['modified file 4>10']);
  });
});
