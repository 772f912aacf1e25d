/** From each option of the commands that only ask to what it does, and their exits. */
import * as fs from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeAll, describe, expect, test } from 'vitest';
import { createInProcess } from '../../../support/in-process.js';
import { mountOn } from '../../../support/mounts.js';
import { coverOptions, coverRefusals } from '../../../support/option-table.js';

const { home, run, json, path, write } = createInProcess();
const index = join(home, '.local/share/varve/index.sqlite');

/**
 * Source 1 is `tree`, in the snapshots 1 and 2: `gone` is in the first, `text` differs. Source 2 is
 * `other`, in 3. Since then, `text` was changed, and `new` written.
 */
beforeAll(async () => {
  write({ 'tree/text': 'one\ntwo\n', 'tree/gone': 'gone\n', 'tree/sub/Deep.TXT': 'deep\n' });
  write({ 'tree/large': 'l'.repeat(3000), 'other/text': 'other\n' });
  fs.utimesSync(path('tree/large'), 1e9, 1e9);
  await run(['backup', 'tree']);
  fs.rmSync(path('tree/gone'));
  write({ 'tree/text': 'one\n2\n' });
  await run(['backup', 'tree']);
  await run(['backup', 'other']);
  age();
  write({ 'tree/text': 'one\n2\nthree\n', 'tree/new': 'new\n' });
});

/** Lets times prove what they say of files that were written a moment ago: no version is racy. */
function age(): void {
  const db = new Database(index);
  db.exec('UPDATE version SET flags = 0');
  db.close();
}

interface Matches {
  readonly matches: readonly { readonly path: string }[];
}
interface Changes {
  readonly changes: readonly { readonly path: string; readonly change: string }[];
}

/** The names below a root of what it lists; the root itself aside. */
const namesIn = (root: string, paths: readonly { readonly path: string }[]): string[] =>
  paths
    .map((one) => one.path.slice(path(root).length + 1))
    .filter((name) => name !== '')
    .sort();
const found = async (...args: string[]): Promise<string[]> =>
  namesIn('tree', (await json<Matches>('find', '--source', '1', ...args)).matches);
const changed = async (...args: string[]): Promise<string[]> =>
  namesIn('tree', (await json<Changes>('diff', '--source', '1', ...args)).changes);
/** The second source, in both ways to write it. */
const sources = (): string[] => ['2', `${hostname()}:${path('other')}`];

coverOptions('snapshots', {
  async '--source'() {
    for (const source of sources()) {
      const { snapshots } = await json<{ snapshots: object[] }>('snapshots', '--source', source);
      expect(snapshots).toMatchObject([{ number: 3, source: 2 }]);
    }
  },
});

coverOptions('status', {
  async '--max-age'() {
    expect(await run(['status', '--max-age', '1D'])).toMatchObject({ code: 0 });
    expect(await run(['status', '--max-age', '0s'])).toMatchObject({ code: 6 });
    expect(await json('status', '--max-age', '0s')).toMatchObject({
      sources: [{ overdue: true }, { overdue: true }],
    });
  },
  async '--source'() {
    for (const source of sources()) {
      expect(await json('status', '--source', source)).toMatchObject({ sources: [{ source: 2 }] });
    }
  },
});

coverOptions('ls', {
  async '--long'() {
    for (const option of ['-l', '--long']) {
      const { stdout } = await run(['ls', option, path('other')]);
      expect(stdout).toMatch(/^-rw.* 6 .*\/other\/text\n$/);
    }
  },
  async '--recursive'() {
    for (const option of ['-R', '--recursive']) {
      expect((await run(['ls', option, path('tree')])).stdout).toContain(path('tree/sub/Deep.TXT'));
    }
    expect((await run(['ls', path('tree')])).stdout).not.toContain('Deep.TXT');
  },
  async '--at'() {
    expect((await run(['ls', path('tree'), '--at', '1'])).stdout).toContain(path('tree/gone'));
    expect((await run(['ls', path('tree')])).stdout).not.toContain('gone');
  },
  async '--last-seen'() {
    expect(await run(['ls', path('tree/gone')])).toMatchObject({ code: 1 });
    expect(await json('ls', path('tree/gone'), '--last-seen')).toMatchObject({ snapshot: 1 });
  },
  async '--source'() {
    for (const source of sources()) {
      expect((await run(['ls', '--source', source])).stdout).toBe(`${path('other')}\n`);
    }
  },
});

coverOptions('log', {
  async '--last-seen'() {
    const log = ['log', path('tree/text')];
    expect(await json(...log)).toMatchObject({ versions: [{}, {}] });
    const { versions } = await json<{ versions: object[] }>(...log, '--last-seen');
    expect(versions).toMatchObject([{ first_snapshot: 2 }]);
  },
  async '--source'() {
    for (const source of sources()) {
      expect(await json('log', 'text', '--source', source)).toMatchObject({ source: 2 });
    }
  },
});

coverOptions('find', {
  async '--ignore-case'() {
    expect(await found('deep.txt')).toEqual([]);
    for (const option of ['-i', '--ignore-case']) {
      expect(await found('deep.txt', option)).toEqual(['sub/Deep.TXT']);
    }
  },
  async '--larger'() {
    expect(await found('--larger', '2999', 'large')).toEqual(['large']);
    expect(await found('--larger', '3000', 'large')).toEqual([]);
  },
  async '--smaller'() {
    expect(await found('--smaller', '3001', 'large')).toEqual(['large']);
    expect(await found('--smaller', '3000', 'large')).toEqual([]);
  },
  async '--newer'() {
    expect(await found('--newer', '@1000000000', 'large')).toEqual(['large']);
    expect(await found('--newer', '@1000000001', 'large')).toEqual([]);
  },
  async '--older'() {
    expect(await found('--older', '@1000000001', 'large')).toEqual(['large']);
    expect(await found('--older', '@1000000000', 'large')).toEqual([]);
  },
  async '--deleted'() {
    expect(await found('--deleted')).toEqual(['gone']);
  },
  async '--content'() {
    write({ copy: 'gone\n' });
    expect(await found('--content', 'copy')).toEqual(['gone']);
  },
  async '--source'() {
    for (const source of sources()) {
      const { matches } = await json<Matches>('find', 'text', '--source', source);
      expect(matches).toMatchObject([{ path: path('other/text') }]);
    }
  },
});

coverOptions('diff', {
  async '--patch'() {
    for (const option of ['-p', '--patch']) {
      const { stdout } = await run(['diff', option, '1', '2', path('tree/text')]);
      expect(stdout).toContain('\n-two\n+2\n');
    }
  },
  async '--stat'() {
    const { stdout } = await run(['diff', '--stat', '1', '2', path('tree/text')]);
    expect(stdout).toContain('1 line added, 1 removed');
    expect(stdout).not.toContain('+2\n');
  },
  async '--read-all'() {
    rot('other/text', 'OTHER\n');
    const diff = ['diff', '--source', '2', '--exit-code'];
    expect(await run(diff)).toMatchObject({ code: 0, stdout: '' });
    expect(await run([...diff, '--read-all'])).toMatchObject({ code: 5 });
  },
  async '--exit-code'() {
    expect(await run(['diff', '1', '2'])).toMatchObject({ code: 0 });
    expect(await run(['diff', '1', '2', '--exit-code'])).toMatchObject({ code: 5 });
    expect(await run(['diff', '2', '2', '--exit-code'])).toMatchObject({ code: 0 });
  },
  async '--exclude'() {
    expect(await changed()).toEqual(['new', 'text']);
    expect(await changed('--exclude', 'text')).toEqual(['new']);
  },
  async '--include'() {
    expect(await changed('--exclude', '*e*', '--include', 'text')).toEqual(['text']);
  },
  async '--exclude-from'() {
    write({ patterns: 'text\n' });
    expect(await changed('--exclude-from', 'patterns')).toEqual(['new']);
  },
  async '--ignore-file'() {
    write({ 'tree/.ours': 'new\n.ours\n' });
    expect(await changed('--ignore-file', '.ours')).toEqual(['text']);
    fs.rmSync(path('tree/.ours'));
  },
  async '--exclude-if-present'() {
    expect(await changed('--exclude-if-present', 'new')).toEqual(['new']);
  },
  async '--exclude-caches'() {
    write({ 'tree/CACHEDIR.TAG': 'Signature: 8a477f597d28d172789f06886806bc55\n' });
    expect(await changed('--exclude-caches')).toEqual(['CACHEDIR.TAG']);
    fs.rmSync(path('tree/CACHEDIR.TAG'));
  },
  async '--exclude-larger-than'() {
    write({ 'tree/big': 'b'.repeat(3000) });
    expect(await changed('--exclude-larger-than', '3K')).toEqual(['big', 'new', 'text']);
    expect(await changed('--exclude-larger-than', '2K')).toEqual(['new', 'text']);
    fs.rmSync(path('tree/big'));
  },
  async '--one-file-system'() {
    mountOn(path('tree/mounted'), '-t', 'tmpfs', 'tmpfs');
    write({ 'tree/mounted/inside': 'x' });
    expect(await changed()).toContain('mounted/inside');
    for (const option of ['-x', '--one-file-system']) {
      expect(await changed(option)).not.toContain('mounted/inside');
    }
  },
  async '--source'() {
    for (const source of sources()) {
      expect(await json('diff', '--source', source)).toMatchObject({ source: 2, from: 3 });
    }
  },
});

/** Other bytes of the same length, which no time of the file tells of. */
function rot(name: string, bytes: string): void {
  const file = path(name);
  const { atime, mtime } = fs.statSync(file);
  fs.writeFileSync(file, bytes);
  fs.utimesSync(file, atime, mtime);
  const { ctimeNs, mtimeNs } = fs.statSync(file, { bigint: true });
  const db = new Database(index);
  const second = 1_000_000_000n;
  db.prepare(
    `UPDATE version SET mtime_s = ?, mtime_ns = ?, ctime_s = ?, ctime_ns = ?
     WHERE last = 0 AND path = (SELECT id FROM path WHERE name = CAST('text' AS BLOB)
       AND parent = (SELECT id FROM path WHERE parent = -2))`,
  ).run(mtimeNs / second, mtimeNs % second, ctimeNs / second, ctimeNs % second);
  db.close();
}

const reasonFor = async (...args: string[]): Promise<unknown> => {
  const { outcome, reason } = await json<{ outcome: string; reason: object }>('explain', ...args);
  return { outcome, ...reason };
};

coverOptions('explain', {
  async '--exclude'() {
    expect(await reasonFor('tree/text')).toMatchObject({ outcome: 'taken_in', type: 'nothing' });
    const excluded = { outcome: 'left_out', type: 'rule', action: 'exclude', pattern: 'text' };
    expect(await reasonFor('tree/text', '--exclude', 'text')).toMatchObject(excluded);
  },
  async '--include'() {
    const args = ['tree/text', '--exclude', '*', '--include', 'text'];
    const included = { outcome: 'taken_in', type: 'rule', action: 'include' };
    expect(await reasonFor(...args)).toMatchObject(included);
  },
  async '--exclude-from'() {
    write({ patterns: '#\ntext\n' });
    const read = { outcome: 'left_out', file: path('patterns'), line: 2 };
    expect(await reasonFor('tree/text', '--exclude-from', path('patterns'))).toMatchObject(read);
  },
  async '--ignore-file'() {
    write({ 'tree/.ours': 'text\n' });
    const ignored = { outcome: 'left_out', file: path('tree/.ours'), line: 1 };
    expect(await reasonFor('tree/text', '--ignore-file', '.ours')).toMatchObject(ignored);
    fs.rmSync(path('tree/.ours'));
  },
  async '--exclude-if-present'() {
    const marked = { outcome: 'left_out', type: 'marker', marker: { path: path('tree/large') } };
    expect(await reasonFor('tree/text', '--exclude-if-present', 'large')).toMatchObject(marked);
  },
  async '--exclude-caches'() {
    const tag = 'tree/CACHEDIR.TAG';
    write({ [tag]: 'Signature: 8a477f597d28d172789f06886806bc55\n' });
    const cached = { outcome: 'left_out', type: 'cache', marker: { path: path(tag) } };
    expect(await reasonFor('tree/text', '--exclude-caches')).toMatchObject(cached);
    fs.rmSync(path(tag));
  },
  async '--exclude-larger-than'() {
    const large = { outcome: 'left_out', type: 'size', larger_than: 2048 };
    expect(await reasonFor('tree/large', '--exclude-larger-than', '2K')).toMatchObject(large);
  },
  async '--one-file-system'() {
    mountOn(path('tree/apart'), '-t', 'tmpfs', 'tmpfs');
    write({ 'tree/apart/inside': 'x' });
    for (const option of ['-x', '--one-file-system']) {
      const apart = { outcome: 'left_out', type: 'file_system' };
      expect(await reasonFor('tree/apart/inside', option)).toMatchObject(apart);
    }
  },
  async '--read-all'() {
    const explain = ['explain', 'tree/large'];
    expect(await json(...explain)).toMatchObject({ read_because: [] });
    expect(await json(...explain, '--read-all')).toMatchObject({ read_because: ['asked'] });
  },
  async '--reread'() {
    const asked = { read_because: ['asked'] };
    expect(await json('explain', 'tree/large', '--reread', '100%')).toMatchObject(asked);
  },
  async '--source'() {
    for (const source of sources()) {
      expect(await json('explain', 'text', '--source', source)).toMatchObject({ source: 2 });
    }
  },
});

coverOptions('cat', {
  async '--at'() {
    expect((await run(['cat', 'tree/text', '--at', '1'])).stdout).toBe('one\ntwo\n');
    expect((await run(['cat', 'tree/text'])).stdout).toBe('one\n2\n');
  },
  async '--last-seen'() {
    expect(await run(['cat', 'tree/gone'])).toMatchObject({ code: 1, stdout: '' });
    expect((await run(['cat', 'tree/gone', '--last-seen'])).stdout).toBe('gone\n');
  },
  async '--source'() {
    for (const source of sources()) {
      expect((await run(['cat', 'text', '--source', source])).stdout).toBe('other\n');
    }
  },
});

coverOptions('stats', {});
test('where an answer comes from is said on standard error, but beside no document', async () => {
  for (const [name, ...args] of [
    ['ls', path('tree')],
    ['cat', path('tree/text')],
    ['log', path('tree/text')],
    ['diff', path('tree/text')],
    ['explain', path('tree/text')],
  ] as const) {
    const told = await run([name, ...args]);
    expect(told.stderr, name).toMatch(/^varve: From (?:snapshot \d of )?source [12], .*\.\n$/);
    for (const option of ['--json', '-q']) {
      expect(await run([name, option, ...args]), name).toMatchObject({ code: 0, stderr: '' });
    }
    const named = await run([name, '--source', '1', ...args]);
    expect(named, name).toMatchObject({ code: 0, stderr: '' });
  }
});

describe('what is refused', () => {
  coverRefusals(run, [
    [['status', '--max-age', 'long'], 2, '--max-age'],
    [['ls', '--at', 'someday'], 2, '--at'],
    [['ls', 'tree/none'], 1, 'is not in snapshot'],
    [['ls'], 1, '--source'],
    [['log', 'tree/none'], 1, 'tree/none'],
    [['log'], 2, ''],
    [['find'], 2, 'find needs a PATTERN'],
    [['find', '-i'], 2, 'find needs a PATTERN'],
    [['find', '--source', '1'], 2, 'find needs a PATTERN'],
    [['find', 'x', '--content', 'tree/text'], 2, '--content goes with --source alone'],
    ...['--larger=1', '--smaller=1', '--newer=1D', '--older=1D', '--deleted'].map(
      (test) => [['find', test, '--content', 'x'], 2, '--content goes with --source'] as const,
    ),
    [['find', '--content', 'nowhere'], 1, 'nowhere'],
    [['find', '--larger', 'big'], 2, '--larger'],
    [['find', '--smaller', 'big'], 2, '--smaller'],
    [['find', '--newer', 'someday'], 2, '--newer'],
    [['find', '--older', 'someday'], 2, '--older'],
    [['diff', '--json', '-p', '1', '2'], 2, '--patch and --stat show text'],
    [['diff', '--json', '--stat', '1', '2'], 2, '--patch and --stat show text'],
    [['diff', '1', '2', '--read-all'], 2, 'do not apply to two points in time'],
    [['diff', '1', '2', '--exclude', 'x'], 2, 'do not apply to two points in time'],
    [['diff', '1', '2', '-x'], 2, 'do not apply to two points in time'],
    [['diff', '1', '3'], 1, 'is of source'],
    [['diff', '2026-13-01', '--source', '1'], 2, 'It is no path either'],
    [['diff', 'tree/none', '--source', '1'], 1, 'tree/none is not in snapshot'],
    [['explain', 'tree/text', '--reread', '0%'], 2, '--reread'],
    [['explain', 'tree/text', '--exclude-from', 'nowhere'], 2, '--exclude-from'],
    [['explain', '/nowhere'], 1, '/nowhere'],
    [['cat', 'tree/sub'], 1, 'is a directory, not a file'],
    [['cat', 'tree/text', '--at', 'someday'], 2, '--at'],
    [['snapshots', '--source', 'x'], 2, '--source'],
    [['snapshots', '--source', '77'], 1, '77'],
    [['stats', '-r', 'nowhere'], 10, 'There is no repository at nowhere.'],
  ]);
});

describe('what could not be read', () => {
  test('ends diff and explain with 3, named once: as text or in the document', async () => {
    fs.symlinkSync('.varveignore', path('other/.varveignore'));
    for (const args of [
      ['diff', '--source', '2'],
      ['diff', '--source', '2', '--exclude', '.varveignore'],
      ['explain', 'other/text'],
    ]) {
      const plain = await run(args);
      expect(plain, args.join(' ')).toMatchObject({ code: 3 });
      expect(plain.stderr).toContain('other/.varveignore');
      const asked = await run([...args, '--json']);
      expect(asked).toMatchObject({ code: 3, stderr: '' });
      expect(asked.stdout).toContain('RULES_UNREADABLE');
    }
  });

  test('matters less than differences that were asked for', async () => {
    expect(await run(['diff', '--source', '2', '--exit-code'])).toMatchObject({ code: 5 });
  });
});
