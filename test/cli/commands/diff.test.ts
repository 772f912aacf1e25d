/** `varve diff`: paths, sizes, renames, and the lines of text. */
import {
  closeSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { createInProcess } from '../../support/in-process.js';
import { runProgram } from '../../support/machine.js';
import { createWorkspace, finished } from '../../support/varve-command.js';

/** Snapshots 1 and 2 of `tree`; since then, `late` was moved and `after` written. */
const workspace = createWorkspace();
const { run, json, path, write } = workspace;
const inProcess = createInProcess();
const numbers = Array.from({ length: 40 }, (_, i) => `${i}\n`).join('');
const latin = Buffer.concat([Buffer.from(path('tree/')), Buffer.from([0xe9])]);
const BEFORE = path('before');

beforeAll(async () => {
  write({
    'tree/text': numbers,
    'tree/binary': 'a\0b',
    'tree/moved': 'moved\n',
    'tree/twin': 'moved\n',
    'tree/empty': '',
    'tree/sub/a b\t"c"': 'one\n',
    'tree/late': 'late\n',
    'tree/gone': 'gone\n',
  });
  writeFileSync(latin, Buffer.from('caf\xe9\n', 'latin1'));
  await run(['backup', '-q', 'tree']);
  cpSync(path('tree'), BEFORE, { recursive: true });
  write({ 'tree/text': numbers.replace('20\n', 'twenty\n'), 'tree/binary': 'a\0c' });
  write({ 'tree/sub/a b\t"c"': 'no line break', 'tree/new': 'new\n' });
  writeFileSync(latin, Buffer.from('caf\xe8\n', 'latin1'));
  mkdirSync(path('tree/other'));
  renameSync(path('tree/moved'), path('tree/other/moved'));
  renameSync(path('tree/empty'), path('tree/void'));
  rmSync(path('tree/gone'));
  writeFileSync(path('tree/large'), '');
  truncateSync(path('tree/large'), 5 * 1024 * 1024);
  await run(['backup', '-q', 'tree']);
  renameSync(path('tree/late'), path('tree/later'));
  copyFileSync(path('tree/new'), path('tree/copied'));
  rmSync(path('tree/new'));
});

const linesOf = async (...args: string[]): Promise<string[]> =>
  (await run(['diff', ...args])).stdout.trimEnd().split('\n');

describe('renames', () => {
  test('between snapshots, either way; not of empty files', async () => {
    const forth = await linesOf('1', '2');
    const [from, to] = [path('tree/moved'), path('tree/other/moved')];
    expect(forth).toContain(`R        6 B  ${from} -> ${to}`);
    expect(forth.join('\n')).not.toContain(`-       -6 B  ${from}`);
    expect(forth).toContain(`-       -0 B  ${path('tree/empty')}`);
    expect(forth.at(-1)).toBe(
      '4 added, 2 removed, 4 modified, 1 renamed, 1 with other metadata: +5.00 MiB',
    );
    expect(await linesOf('2', '1')).toContain(`R        6 B  ${to} -> ${from}`);
  });

  test('of the live tree: by inode, and by content', async () => {
    const now = await linesOf('2');
    expect(now).toContain(`R        5 B  ${path('tree/late')} -> ${path('tree/later')}`);
    expect(now).toContain(`R        4 B  ${path('tree/new')} -> ${path('tree/copied')}`);
  });

  test('programs get both sides, each with its partner', async () => {
    const { changes } = await json<{ changes: object[] }>('diff', '1', '2');
    const [from, to] = [path('tree/moved'), path('tree/other/moved')];
    expect(changes).toContainEqual({
      path: from,
      change: 'removed',
      size_before: 6,
      renamed_to: to,
    });
    expect(changes).toContainEqual({
      path: to,
      change: 'added',
      size_after: 6,
      renamed_from: from,
    });
  });
});

describe('paths', () => {
  test('narrow what is shown: of two times, of one, of none', async () => {
    expect(await linesOf('1', '2', 'tree/text')).toEqual([
      `M       +4 B  ${path('tree/text')}`,
      '1 modified: +4 B',
    ]);
    expect(await linesOf('1', 'tree/gone')).toEqual([
      `-       -5 B  ${path('tree/gone')}`,
      '1 removed: -5 B',
    ]);
    expect(await linesOf(path('tree/later'))).toEqual([
      `+       +5 B  ${path('tree/later')}`,
      '1 added: +5 B',
    ]);
    expect(await linesOf('1', '2', 'tree/other')).toContain(
      `R        6 B  ${path('tree/moved')} -> ${path('tree/other/moved')}`,
    );
  });

  test('follow two times, whatever they look like', async () => {
    const { run: runHere, json: ask, path: at, write: put } = inProcess;
    const [one, two, far] = ['1', '2', 'latest'].map((name) => at('numbered', name));
    for (const content of ['old', 'newer']) {
      for (const name of ['1', '2', 'latest', 'other']) put({ [`numbered/${name}`]: content });
      await runHere(['-q', 'backup', 'numbered']);
    }
    const changed = async (...args: string[]): Promise<string[]> =>
      (await ask<{ changes: { path: string }[] }>('diff', ...args)).changes.map(
        (change) => change.path,
      );
    expect(await changed('1', '2', '1')).toEqual([one]);
    expect(await changed('1', '2', '2', 'latest')).toEqual([two, far]);
    expect(await changed('1B', 'latest', 'latest')).toEqual([far]);
    expect(await changed('1', './numbered/1')).toEqual([one]);
  });

  test('a mistyped time is told as one, a missing path as that', async () => {
    const time = await run(['diff', '2026-13-01']);
    expect(time.code).toBe(2);
    expect(time.stderr).toContain('"2026-13-01" is not a date: there is no month 13.');
    expect(time.stderr).toContain('It is no path either: 2026-13-01 is not in snapshot 2.');
    const missing = await run(['diff', 'tree/nowhere']);
    expect(missing).toMatchObject({ code: 1, stdout: '' });
    expect(missing.stderr).toContain('tree/nowhere is not in snapshot 2.');
  });
});

describe('-p and --stat', () => {
  test('the patch leads from one side to the other, byte for byte', async () => {
    const patch = path('out.patch');
    const out = openSync(patch, 'w');
    await finished(workspace.start(['diff', '-p', '1', '2'], { stdio: ['ignore', out, 'ignore'] }));
    closeSync(out);
    const depth = path('tree').split('/').length;
    runProgram('patch', [`-p${depth}`, '-d', BEFORE, '-i', patch]);
    expect(readFileSync(`${BEFORE}/text`, 'utf8')).toContain('twenty');
    expect(readFileSync(`${BEFORE}/sub/a b\t"c"`, 'utf8')).toBe('no line break');
    expect(readFileSync(`${BEFORE}/new`, 'utf8')).toBe('new\n');
    const accented = Buffer.concat([Buffer.from(`${BEFORE}/`), Buffer.from([0xe9])]);
    expect(readFileSync(accented, 'latin1')).toBe('caf\xe8\n');
    expect(() => readFileSync(`${BEFORE}/gone`)).toThrow('ENOENT');
  });

  test('binary and large files are said to differ; the sum of lines ends it', async () => {
    const shown = (await linesOf('-p', '1', '2')).join('\n');
    expect(shown).toContain(`${path('tree/binary')}\n   Binary files differ.\n`);
    expect(shown).toContain(`${path('tree/large')}\n   Too large to show.\n`);
    expect(shown).toMatch(/: \+5\.00 MiB; 4 lines added, 4 removed$/);
  });

  test('--stat counts lines; of the live tree, too', async () => {
    expect(await linesOf('--stat', '1', '2', 'tree/text')).toEqual([
      `M       +4 B  ${path('tree/text')}`,
      '   1 line added, 1 removed',
      '1 modified: +4 B; 1 line added, 1 removed',
    ]);
    const live = await linesOf('-p', '1', 'tree/text');
    expect(live).toContain('-20');
    expect(live).toContain('+twenty');
  });

  test('nothing to show is nothing shown, and a document has no text', async () => {
    expect(await run(['diff', '-p', '2', '2'])).toEqual({ code: 0, stdout: '', stderr: '' });
    expect((await run(['diff', '-p', '1', '2', '--json'])).code).toBe(2);
  });
});
