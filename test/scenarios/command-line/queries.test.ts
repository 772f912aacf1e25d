import { chmodSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { beforeAll, describe, expect, test } from 'vitest';
import { userName } from '../../support/machine.js';
import { createWorkspace, literal } from '../../support/varve-command.js';

/** Snapshot 1 and 2 of `tree`, 3 of `other`. */
const workspace = createWorkspace();
const { run, json, path, pattern, write } = workspace;
const lines = Array.from({ length: 2000 }, (_, i) => `line ${i}\n`).join('');
const badName = Buffer.concat([Buffer.from(`${path('tree')}/bad`), Buffer.from([0xff])]);
/** Which snapshot answered, told because there are several sources. */
const FROM_SECOND = `varve: From snapshot 2 of source 1, ${hostname()}:${path('tree')}.\n`;
const DAY = String.raw`\d{4}-\d\d-\d\d`;
const LS_TIME = new Date('2026-02-03T04:05:06.750Z');

beforeAll(async () => {
  write({ 'tree/long.txt': lines, 'tree/gone.txt': 'gone\n', 'other/o.txt': 'o\n' });
  writeFileSync(badName, '');
  chmodSync(badName, 0o644);
  await run(['backup', '-q', 'tree', '--tag', 'first', '--tag', 'kept']);
  write({ 'tree/long.txt': `${lines}one more\n`, 'tree/sub/new.txt': 'new\n' });
  rmSync(path('tree/gone.txt'));
  utimesSync(path('tree/long.txt'), LS_TIME, LS_TIME);
  await run(['backup', '-q', 'tree']);
  await run(['backup', '-q', 'other']);
});

describe.concurrent('snapshots', () => {
  test('are listed below their sources', async () => {
    const { code, stdout } = await run(['snapshots']);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      new RegExp(
        `^Source 1  ${literal(hostname())}:${pattern('tree')}\n` +
          `#  TIME {17}FILES +SIZE +ADDED  TAGS\n` +
          `1  \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d +3 .* first, kept\n` +
          `2 .*\n\nSource 2  ${literal(hostname())}:${pattern('other')}\n.*\n3 .*\n$`,
      ),
    );
  });

  test('as a document', async () => {
    const { snapshots } = await json<{ snapshots: object[] }>('snapshots', '--source', '1');
    expect(snapshots).toHaveLength(2);
    expect(snapshots[0]).toEqual({
      number: 1,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00$/) as string,
      source: 1,
      host: hostname(),
      paths: [path('tree')],
      tags: ['first', 'kept'],
      files: 3,
      bytes: lines.length + 5,
      bytes_stored: expect.any(Number) as number,
    });
  });
});

describe.concurrent('ls', () => {
  test('lists a directory at a time', async () => {
    const now = await run(['ls', 'tree']);
    expect(now).toMatchObject({ code: 0, stderr: FROM_SECOND });
    const names = ['bad\\xff', 'long.txt', 'sub'];
    expect(now.stdout).toBe(names.map((name) => `${path('tree', name)}\n`).join(''));
    const then = await run(['ls', 'tree', '--at', '1B']);
    expect(then.stdout).toContain(path('tree/gone.txt'));
  });

  test('-l is like ls -l, -R goes below', async () => {
    const { stdout } = await run(['ls', '-lR', 'tree']);
    expect(stdout).toMatch(
      new RegExp(
        `^-rw\\S+ ${literal(userName ?? String(process.getuid?.()))} +\\S+ +${lines.length + 9} 2026-02-03 04:05:06 ${pattern('tree/long.txt')}$`,
        'm',
      ),
    );
    expect(stdout).toMatch(
      new RegExp(`^drwx.* ${pattern('tree/sub')}\n-rw.* ${pattern('tree/sub/new.txt')}$`, 'm'),
    );
  });

  test('gives programs the bytes of a name that is not text', async () => {
    const { entries } = await json<{ entries: object[] }>('ls', 'tree');
    expect(entries).toHaveLength(3);
    expect(entries[0]).toEqual({
      path: `${path('tree')}/bad\\xff`,
      path_base64: badName.toString('base64'),
      type: 'file',
      size: 0,
      mode: '0644',
      uid: process.getuid?.(),
      gid: process.getgid?.(),
      user: userName ?? null,
      // Who has no name mostly has no group with one.
      group: userName === undefined ? null : (expect.any(String) as string),
      flags: expect.any(String) as string,
      xattrs: [],
      btime: expect.stringMatching(/^20\S+T/) as string,
      mtime: expect.stringMatching(/^\S+T\d\d:\d\d:\d\d\.\d{9}\+00:00$/) as string,
    });
    expect(entries[1]).toMatchObject({ mtime: '2026-02-03T04:05:06.750000000+00:00' });
  });

  test('asks for a source where several may be meant', async () => {
    const { code, stderr } = await run(['ls']);
    expect(code).toBe(1);
    expect(stderr).toContain(`1  ${hostname()}:${path('tree')}`);
    expect(stderr).toContain('Name one of them with --source NUMBER or --source HOST:PATH.');
    const chosen = await run(['ls', '--source', `${hostname()}:${path('other')}`]);
    expect(chosen.stdout).toBe(`${path('other')}\n`);
    const inside = await run(['ls'], { cwd: path('other') });
    expect(inside).toMatchObject({ code: 1, stdout: '', stderr });
  });
});

describe.concurrent('log', () => {
  test('lists the versions of a path', async () => {
    const { stdout } = await run(['log', 'tree/long.txt']);
    const [head, columns, ...rows] = stdout.trimEnd().split('\n');
    expect(head).toBe(path('tree/long.txt'));
    expect(columns).toMatch(/^SNAPSHOTS {2}TAKEN +TYPE +SIZE {2}MODIFIED +STORED +HASH$/);
    expect(rows[0]).toMatch(/^ +1 {2}\d{4}-\d\d-\d\d {2}file .* delta, 1 {2}[0-9a-f]{12}$/);
    expect(rows[1]).toMatch(
      /^ +2 {2}\d{4}-\d\d-\d\d {2}file .* 2026-02-03 04:05:06 {2}full +[0-9a-f]{12}$/,
    );
  });

  test('as a document', async () => {
    expect(await json('log', 'tree/gone.txt')).toEqual({
      path: path('tree/gone.txt'),
      source: 1,
      versions: [
        {
          first_snapshot: 1,
          first_time: expect.any(String) as string,
          last_snapshot: 1,
          last_time: expect.any(String) as string,
          type: 'file',
          size: 5,
          mtime: expect.any(String) as string,
          btime: expect.any(String) as string,
          hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
          stored: expect.stringMatching(/^(full|delta)$/) as string,
          chain_length: expect.any(Number) as number,
          possible_bit_rot: false,
        },
      ],
    });
  });
});

describe.concurrent('find', () => {
  test('finds by name in all of history', async () => {
    const { stdout } = await run(['find', 'gone.*']);
    expect(stdout).toMatch(
      new RegExp(
        `^SOURCE +FIRST +LAST {2}SIZE {2}PATH\n +1 {2}1 {2}${DAY} {2}1 {2}${DAY} {3}5 B {2}${pattern('tree/gone.txt')}\n$`,
      ),
    );
    expect(await json('find', 'gone.*')).toEqual({
      matches: [
        {
          path: path('tree/gone.txt'),
          source: 1,
          first_snapshot: 1,
          first_time: expect.any(String) as string,
          last_snapshot: 1,
          last_time: expect.any(String) as string,
          size: 5,
        },
      ],
    });
  });

  test('finds by content, under another name', async () => {
    write({ 'copy-of-gone': 'gone\n', unknown: 'never saved' });
    expect(await json('find', '--content', 'copy-of-gone')).toMatchObject({
      matches: [{ path: path('tree/gone.txt') }],
    });
    expect(await run(['find', '--content', 'unknown'])).toEqual({
      code: 0,
      stdout: '',
      stderr: 'varve: Nothing found: no snapshot has the contents of unknown.\n',
    });
  });
});

describe.concurrent('diff', () => {
  const changes = (
    [
      ['metadata', '', {}],
      ['removed', '/gone.txt', { size_before: 5 }],
      ['modified', '/long.txt', { size_before: lines.length, size_after: lines.length + 9 }],
      ['added', '/sub', {}],
      ['added', '/sub/new.txt', { size_after: 4 }],
    ] as const
  ).map(([change, name, sizes]) => ({
    path: `${path('tree')}${name}`,
    change,
    ...sizes,
  }));
  const GROWTH = ['', '-5 B', '+9 B', '', '+4 B'];

  test('of two times', async () => {
    const { code, stdout } = await run(['diff', '1', '2', '--source', '1', '--exit-code']);
    expect(code).toBe(5);
    const letters = changes.map(
      (entry, i) => `${'U-M++'.charAt(i)}  ${(GROWTH[i] ?? '').padStart(9)}  ${entry.path}\n`,
    );
    const summary = '2 added, 1 removed, 1 modified, 1 with other metadata: +8 B\n';
    expect(stdout).toBe(letters.join('') + summary);
    expect(await json('diff', '1', '2', '--source', '1')).toEqual({
      source: 1,
      from: 1,
      to: 2,
      changes,
      issues: [],
    });
  });

  test('of a time and the files as they are now', async () => {
    expect(await json('diff', '1', '--source', '1')).toEqual({
      source: 1,
      from: 1,
      to: null,
      changes,
      issues: [],
    });
    const none = await run(['diff', '--exit-code', '--read-all', '--source', '1']);
    expect(none).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});

describe.concurrent('cat', () => {
  test('writes the bytes of a version', async () => {
    const old = await run(['cat', 'tree/long.txt', '--at', '1']);
    const stderr = FROM_SECOND.replace('snapshot 2', 'snapshot 1');
    expect(old).toEqual({ code: 0, stdout: lines, stderr });
  });

  test('refuses a directory', async () => {
    const { code, stderr } = await run(['cat', 'tree']);
    expect({ code, stderr }).toMatchObject({ code: 1 });
    expect(stderr).toContain(`varve: ${path('tree')} is a directory, not a file.`);
  });
});

describe.concurrent('stats', () => {
  test('says what history holds and costs', async () => {
    const { code, stdout } = await run(['stats']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^snapshots {14}3 of 2 sources\n/);
    for (const line of stdout.split('\n')) {
      if (!line.includes(path())) expect(line.length).toBeLessThanOrEqual(80);
    }
  });

  test('as a document', async () => {
    const document = await json<Record<string, number>>('stats');
    expect(document).toMatchObject({ snapshots: 3, sources: 2, per_source: [{}, {}] });
    expect(document['stored_bytes']).toBeGreaterThan(0);
    expect(document['full_bytes']! + document['delta_bytes']!).toBeGreaterThan(0);
    expect(document['logical_bytes']).toBe(2 * lines.length + 9 + 5 + 4 + 2);
  });
});
