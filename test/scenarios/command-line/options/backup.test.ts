/** From each option of `varve backup` to what it does. */
import * as fs from 'node:fs';
import { hostname } from 'node:os';
import { beforeAll, describe, expect, test } from 'vitest';
import { createInProcess, threadsOf } from '../../../support/in-process.js';
import { mountOn } from '../../../support/mounts.js';
import { coverOptions, coverRefusals } from '../../../support/option-table.js';
import { prose } from '../../../support/seed.js';
import { createWorkspace, finished } from '../../../support/varve-command.js';

const { root, run, json, path, write } = createInProcess();
/** For what reads standard input. */
const { start } = createWorkspace();

interface Taken {
  readonly snapshot: number | null;
  readonly files: number;
  readonly files_changed: number;
  readonly bytes_read: number;
  readonly bytes_stored: number;
  readonly issues: readonly { readonly code: string }[];
}

/** How many of the three files of `tree` a backup would take with these options. */
const filesWith = async (...args: string[]): Promise<number> =>
  (await json<Taken>('backup', '-n', 'tree', ...args)).files;

/** Takes a snapshot, and gives what `varve snapshots` says of it. */
async function listedAfter(...args: string[]): Promise<object> {
  const { snapshot } = await json<Taken>('backup', ...args);
  const { snapshots } = await json<{ snapshots: { number: number }[] }>('snapshots');
  return snapshots.find(({ number }) => number === snapshot) ?? {};
}

/** A backup whose standard input is `input`. */
async function backupOfInput(input: string, ...args: string[]): Promise<Taken> {
  const child = start(['--json', '-r', path('repo'), 'backup', ...args], { cwd: root });
  child.stdin?.end(input);
  const { stdout } = await finished(child);
  return JSON.parse(stdout) as Taken;
}

const repository = path('repo');
const inRepository = (...args: string[]): string[] => ['-r', repository, ...args];

beforeAll(async () => {
  write({ 'tree/a.txt': 'a\n', 'tree/sub/b.tmp': 'bb\n', 'tree/sub/large': 'l'.repeat(3000) });
  fs.symlinkSync('a.txt', path('tree/link'));
  await run(inRepository('init'));
  await run(['backup', 'tree']);
});

coverOptions('backup', {
  async '--files-from'() {
    write({ list: `${path('tree/a.txt')}\n${path('tree/sub')}\n` });
    expect(await json('backup', '-n', '--files-from', 'list')).toMatchObject({ files: 3 });
    const args = ['backup', '-n', '--files-from', 'list', path('tree/sub')];
    expect(await json(...args)).toMatchObject({ files: 3 });
    expect(await backupOfInput(path('tree/a.txt'), '--files-from', '-')).toMatchObject({
      files: 1,
    });
  },
  async '--null'() {
    write({ 'odd\nname': 'x', nuls: `${path('odd\nname')}\0${path('tree/a.txt')}\0` });
    expect(await json('backup', '-n', '--files-from', 'nuls', '--null')).toMatchObject({
      files: 2,
    });
  },
  async '--exclude'() {
    expect(await filesWith('--exclude', '*.tmp')).toBe(2);
    expect(await filesWith('--exclude', '*.tmp', '--exclude', 'large')).toBe(1);
  },
  async '--include'() {
    expect(await filesWith('--exclude', '*', '--include', '*.txt')).toBe(1);
  },
  async '--exclude-from'() {
    write({ patterns: '# none\n*.tmp\nlarge\n' });
    expect(await filesWith('--exclude-from', 'patterns')).toBe(1);
  },
  async '--ignore-file'() {
    write({
      'ignoring/.ours': 'x\n',
      'ignoring/.theirs': 'y\n',
      'ignoring/x': '',
      'ignoring/y': '',
    });
    const filesOf = async (...args: string[]): Promise<number> =>
      (await json<Taken>('backup', '-n', 'ignoring', ...args)).files;
    expect(await filesOf()).toBe(4);
    expect(await filesOf('--ignore-file', '.ours')).toBe(3);
    expect(await filesOf('--ignore-file', '.ours', '--ignore-file', '.theirs')).toBe(2);
  },
  async '--exclude-if-present'() {
    expect(await filesWith('--exclude-if-present', 'b.tmp')).toBe(2);
    expect(await filesWith('--exclude-if-present', 'none')).toBe(3);
  },
  async '--exclude-caches'() {
    const tag = 'Signature: 8a477f597d28d172789f06886806bc55\n';
    write({ 'caching/cache/CACHEDIR.TAG': tag, 'caching/cache/entry': 'x' });
    expect(await json('backup', '-n', 'caching')).toMatchObject({ files: 2 });
    expect(await json('backup', '-n', 'caching', '--exclude-caches')).toMatchObject({ files: 1 });
  },
  async '--exclude-larger-than'() {
    expect(await filesWith('--exclude-larger-than', '2K')).toBe(2);
    expect(await filesWith('--exclude-larger-than', '3K')).toBe(3);
  },
  async '--one-file-system'() {
    write({ 'outer/file': 'x', elsewhere: '' });
    mountOn(path('outer/inner'), '-t', 'tmpfs', 'tmpfs');
    write({ 'outer/inner/file': 'x' });
    expect(await json('backup', '-n', 'outer')).toMatchObject({ files: 2 });
    for (const option of ['--one-file-system', '-x']) {
      expect(await json('backup', '-n', 'outer', option)).toMatchObject({ files: 1 });
    }
  },
  async '--tag'() {
    expect(await listedAfter('tree', '--tag', 'a,b', '--tag', 'c', '--tag', 'a')).toMatchObject({
      tags: ['a', 'b', 'c'],
    });
  },
  async '--host'() {
    expect(await listedAfter('tree', '--host', 'elsewhere')).toMatchObject({ host: 'elsewhere' });
    expect(await listedAfter('tree')).toMatchObject({ host: hostname() });
  },
  async '--dry-run'() {
    const before = await json('snapshots');
    for (const option of ['-n', '--dry-run']) {
      expect(await json('backup', 'tree', option)).toMatchObject({ snapshot: null, files: 3 });
    }
    expect(await json('snapshots')).toEqual(before);
  },
  async '--skip-if-unchanged'() {
    write({ 'still/file': 'x' });
    const take = (...args: string[]) => json<Taken>('backup', 'still', ...args);
    expect((await take('--skip-if-unchanged')).snapshot).toBeGreaterThan(0);
    expect((await take('--skip-if-unchanged')).snapshot).toBeNull();
    expect((await take()).snapshot).toBeGreaterThan(0);
  },
  async '--min-free'() {
    write({ 'growing/file': 'x' });
    const refused = { code: 1, stderr: expect.stringContaining('free') as string };
    expect(await run(['backup', 'growing', '--min-free', '100%'])).toMatchObject(refused);
    const env = { VARVE_MIN_FREE: '100%' };
    expect(await run(['backup', 'growing'], { env })).toMatchObject(refused);
    const overruled = await run(['backup', 'growing', '--min-free', '1K'], { env });
    expect(overruled).toMatchObject({ code: 0 });
    const empty = await run(['backup', 'growing'], { env: { VARVE_MIN_FREE: '' } });
    expect(empty).toMatchObject({ code: 0 });
  },
  async '--level'() {
    const storedAt = async (level: string): Promise<number> => {
      write({ [`level-${level}/text`]: prose(4000, 7) });
      await run(['-r', `repo-${level}`, 'init']);
      const args = ['-r', `repo-${level}`, 'backup', `level-${level}`, '--level', level];
      return (await json<Taken>(...args)).bytes_stored;
    };
    expect(await storedAt('19')).toBeLessThan(await storedAt('1'));
  },
  async '--read-all'() {
    write({ 'steady/file': 'four' });
    fs.utimesSync(path('steady/file'), 1e9, 1e9);
    await makeSteady();
    expect(await json('backup', 'steady')).toMatchObject({ bytes_read: 0 });
    expect(await json('backup', 'steady', '--read-all')).toMatchObject({ bytes_read: 4 });
  },
  async '--reread'() {
    write({ 'again/file': 'four' });
    await makeSteady('again');
    expect(await json('backup', 'again')).toMatchObject({ bytes_read: 0 });
    expect(await json('backup', 'again', '--reread', '100%')).toMatchObject({ bytes_read: 4 });
  },
  async '--stdin'() {
    expect(await backupOfInput('piped', '--stdin')).toMatchObject({ files: 1, bytes_read: 5 });
    const { stdout } = await run(inRepository('cat', '/stdin'));
    expect(stdout).toBe('piped');
  },
  async '--stdin-name'() {
    await backupOfInput('named', '--stdin', '--stdin-name', 'db.sql');
    expect((await run(inRepository('cat', '/db.sql'))).stdout).toBe('named');
  },
  async '--command'() {
    const args = ['backup', '--command', 'out', '--', 'printf', '%s-%s', 'a', 'b'];
    expect(await json(...args)).toMatchObject({ files: 1 });
    expect((await run(['cat', '/out'])).stdout).toBe('a-b');
  },
  async '--jobs'() {
    const names = Array.from({ length: 6 }, (_, number) => `many/${number}`);
    write(Object.fromEntries(names.map((name, byte) => [name, Buffer.alloc(4_000_000, byte + 1)])));
    for (const jobs of [1, 3]) {
      const args = ['-q', 'backup', '-n', 'many', '--jobs', String(jobs)];
      expect(await threadsOf(() => run(args))).toBe(jobs);
    }
  },
});

/** Saves a directory, until its files are so old that their times prove something. */
async function makeSteady(name = 'steady'): Promise<void> {
  for (let read = 1; read > 0;) {
    ({ bytes_read: read } = await json<Taken>('backup', name));
  }
}

describe('what is refused', () => {
  coverRefusals(run, [
    [['backup'], 2, 'There is nothing to back up.'],
    [['backup', '--files-from', '/dev/null'], 2, 'The list names no paths.'],
    [['backup', '--files-from', 'nowhere'], 2, 'cannot be read'],
    [['backup', '--files-from', 'nuls'], 2, 'contains NUL'],
    [['backup', '--null', 'tree'], 2, '--null requires --files-from.'],
    [['backup', 'user@host:tree'], 2, 'seems to be on another machine'],
    [['backup', 'tree', 'host:/tree'], 2, 'seems to be on another machine'],
    [['backup', 'tree', '--tag', 'a,,b'], 2, 'has an empty tag'],
    [['backup', 'tree', '--tag', '\udcff'], 2, '--tag'],
    [['backup', 'tree', '--host', '\udcff'], 2, '--host'],
    [['backup', 'tree', '--level', '20'], 2, '--level'],
    [['backup', 'tree', '--level', '0'], 2, '--level'],
    [['backup', 'tree', '--jobs', '65'], 2, '--jobs'],
    [['backup', 'tree', '--reread', '101%'], 2, '--reread'],
    [['backup', 'tree', '--min-free', '0%'], 2, '--min-free'],
    [['backup', 'tree', '--exclude-larger-than', 'big'], 2, '--exclude-larger-than'],
    [['backup', 'tree', '--exclude-from', 'nowhere'], 2, '--exclude-from'],
    [['backup', '--stdin-name', 'x', 'tree'], 2, '--stdin-name requires --stdin.'],
    [['backup', '--stdin', 'tree'], 2, '--stdin cannot be combined with paths.'],
    [['backup', '--stdin', '--command', 'x'], 2, 'cannot be combined'],
    [['backup', '--command', 'x'], 2, '--command needs a command to run.'],
    [['backup', '--command', 'x', '--', 'false'], 1, 'ended with exit code 1'],
    [['backup', 'tree', '-r', 'nowhere'], 10, 'There is no repository at nowhere.'],
    [['backup', 'tree', '-r', 'host:repo'], 2, 'Remote repositories are not supported'],
  ]);

  test('a wrong $VARVE_MIN_FREE is named as that', async () => {
    const wrong = await run(['backup', 'tree'], { env: { VARVE_MIN_FREE: 'much' } });
    expect(wrong).toMatchObject({ code: 2 });
    expect(wrong.stderr).toContain('$VARVE_MIN_FREE: ');
  });

  test.each([
    ['--exclude', 'x'],
    ['--ignore-file', 'x'],
    ['--exclude-if-present', 'x'],
    ['--exclude-caches'],
    ['--one-file-system'],
    ['--read-all'],
    ['--reread', '1%'],
    ['--files-from', 'list'],
  ])('%s with a stream, to which it does not apply', async (...option) => {
    const done = await run(['backup', '--command', 'x', ...option, '--', 'true']);
    expect(done).toMatchObject({ code: 2, stdout: '' });
    expect(done.stderr).toContain('applies to files, not to a stream.');
  });
});

describe('one path of several that is not there', () => {
  const mistyped = path('tre');

  test('ends with 1 and takes no snapshot, whichever it is', async () => {
    const before = await json('snapshots');
    for (const paths of [
      [mistyped, path('tree')],
      [path('tree'), mistyped],
      [path('tree'), mistyped, path('list')],
    ]) {
      for (const option of [[], ['-n'], ['--skip-if-unchanged']]) {
        const done = await run(['backup', ...option, ...paths]);
        expect(done).toMatchObject({ code: 1, stdout: '' });
        expect(done.stderr).toContain(mistyped);
      }
    }
    expect(await json('snapshots')).toEqual(before);
  });

  test('is an issue where a list named it: 3, and the others are saved', async () => {
    write({ list: `${path('tree')}\n${mistyped}\n` });
    expect(await run(['backup', '-q', '--files-from', 'list'])).toMatchObject({ code: 3 });
    const taken = await json<Taken>('backup', '--files-from', 'list');
    expect(taken).toMatchObject({ files: 3, issues: [{ code: 'SOURCE_MISSING' }] });
  });
});

describe('exits', () => {
  test('a file that cannot be read: 3, with and without a document', async () => {
    // Rules that nobody, not even root, can read.
    write({ 'partly/good': 'x' });
    fs.symlinkSync('.varveignore', path('partly/.varveignore'));
    const rules = path('partly/.varveignore');
    const plain = await run(['backup', 'partly']);
    expect(plain).toMatchObject({ code: 3 });
    expect(plain.stderr).toContain(rules);
    const asked = await run(['--json', 'backup', 'partly']);
    expect(asked).toMatchObject({ code: 3, stderr: '' });
    expect(asked.stdout).toContain(rules);
  });

  test('an interrupt: 130, and no snapshot', async () => {
    const before = await json('snapshots');
    const done = await run(['backup', 'tree', '--read-all'], { signal: AbortSignal.abort() });
    expect(done).toMatchObject({ code: 130, stdout: '' });
    expect(await json('snapshots')).toEqual(before);
  });
});
