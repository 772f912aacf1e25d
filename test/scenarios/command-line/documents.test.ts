/**
 * Every field of every document, and every line for people, compared as a whole with what the test itself
 * knows: what it wrote, when it says that was, what the file system tells.
 */
import * as fs from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { blake3 } from '@napi-rs/blake-hash';
import Database from 'better-sqlite3';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { createInProcess } from '../../support/in-process.js';
import { userName } from '../../support/machine.js';
import { noise } from '../../support/seed.js';

// No time of it is one of UTC, and some days are others.
process.env['TZ'] = 'Asia/Kathmandu';
const OFFSET_MS = 345 * 60_000;

const { home, run, json, path, write } = createInProcess();
const repository = join(home, '.local/share/varve');
const gid = process.getgid?.() ?? -1;
/** As the system's own list has it. */
const group = new RegExp(`^([^:]+):[^:]*:${gid}:`, 'm').exec(
  fs.readFileSync('/etc/group', 'utf8'),
)?.[1];
const owner = { uid: process.getuid?.(), gid, user: userName ?? null, group: group ?? null };

/** So far ahead that every file is old enough for its times to prove what they say. */
const FIRST = Date.parse('2050-01-02T20:00:00.123Z');
const SECOND = Date.parse('2050-01-03T20:00:01.456Z');
const THIRD = Date.parse('2050-01-05T21:00:00.000Z');
const NOW = Date.parse('2050-01-08T20:00:00.789Z');

const local = (ms: number): string =>
  new Date(ms + OFFSET_MS).toISOString().slice(0, 19).replace('T', ' ');
const iso = (ms: number): string => new Date(ms + OFFSET_MS).toISOString().replace('Z', '+05:45');
/** Of a time in nanoseconds, as `stat` gives it. */
const isoNs = (ns: bigint): string =>
  iso(Number(ns / 1_000_000n)).replace('+', `${String(ns % 1_000_000n).padStart(6, '0')}+`);
const setClock = (ms: number): unknown => vi.useFakeTimers({ toFake: ['Date'], now: ms });
const host = hostname();

const large = noise(70_000, 1);
const larger = Buffer.concat([large, Buffer.from('and one more line\n')]);
/** What a version of a file is, as `stat` tells it when it is backed up. */
interface Facts {
  readonly size: number;
  readonly mtime: string;
  readonly btime: string;
  readonly hash: string | null;
}
const facts: Record<string, Facts> = {};

function note(version: string, name: string): void {
  const stat = fs.lstatSync(path(name), { bigint: true });
  facts[version] = {
    size: stat.isFile() ? Number(stat.size) : 0,
    mtime: isoNs(stat.mtimeNs),
    btime: isoNs(stat.birthtimeNs),
    hash: stat.isFile() ? blake3(fs.readFileSync(path(name))).toString('hex') : null,
  };
}

/** Bytes of the packs. */
const packBytes = (): number =>
  fs
    .readdirSync(join(repository, 'packs'))
    .reduce((sum, name) => sum + fs.statSync(join(repository, 'packs', name)).size, 0);

/** What each backup gave: its document, and by how much the packs grew. */
const backups: { document: Record<string, unknown>; grown: number }[] = [];

async function takeAt(ms: number, ...args: string[]): Promise<void> {
  setClock(ms);
  const before = fs.existsSync(repository) ? packBytes() : 0;
  const document = await json('backup', ...args);
  backups.push({ document, grown: packBytes() - before });
}

const stored = (number: number): unknown => backups[number - 1]?.document['bytes_stored'];

/**
 * Source 1 is `tree`, in the snapshots 1 and 2; source 2 is `other`, of another host and with a problem,
 * in 3. Since then, `tree` has changed.
 */
beforeAll(async () => {
  write({ 'tree/text': 'one\ntwo\n', 'tree/gone': 'gone\n', 'tree/large': large });
  write({ 'tree/sub/deep': 'deep' });
  fs.symlinkSync('text', path('tree/link'));
  fs.utimesSync(path('tree/text'), 1e9, 1e9 + 0.5);
  fs.chmodSync(path('tree/text'), 0o4640);
  fs.chmodSync(path('tree/sub'), 0o755);
  for (const name of ['text', 'gone', 'large']) note(`${name}, 1`, `tree/${name}`);
  await takeAt(FIRST, 'tree', '--tag', 'b,a');
  fs.rmSync(path('tree/gone'));
  write({ 'tree/text': 'one\n2\n', 'tree/new': 'new', 'tree/large': larger });
  for (const name of ['text', 'new', 'large']) fs.chmodSync(path('tree', name), 0o644);
  for (const name of ['text', 'large', 'link', 'new', 'sub']) note(`${name}, 2`, `tree/${name}`);
  await takeAt(SECOND, 'tree');
  write({ 'other/x': 'x' });
  fs.symlinkSync('.varveignore', path('other/.varveignore'));
  await takeAt(THIRD, 'other', '--host', 'elsewhere');
  write({ 'tree/text': 'one\n2\nthree\n', 'tree/new2': 'new' });
  setClock(NOW);
});

const taken = (first: number, last = first): object => {
  const times = [FIRST, SECOND, THIRD].map(iso);
  return {
    first_snapshot: first,
    first_time: times[first - 1],
    last_snapshot: last,
    last_time: times[last - 1],
  };
};
const bytesOf = { 1: 8 + 5 + 70_000 + 4, 2: 6 + 3 + 70_018 + 4, 3: 1 };

describe('the document of', () => {
  const sameDisk = (name: string): object => ({
    code: 'SAME_DISK',
    message: expect.stringContaining(`The repository is on the disk of ${path(name)} (`) as string,
    paths: [{ path: path(name) }],
  });

  test('backup', () => {
    const documents = backups.map(({ document }) => document);
    const problem = {
      path: path('other/.varveignore'),
      code: 'RULES_UNREADABLE',
      message:
        `The rules of ${path('other/.varveignore')} were ignored: ` +
        'it is a symbolic link, or its links lead in a circle.',
    };
    const expected = [
      [4, bytesOf[1], [4, 0, 0, 0], bytesOf[1], [], [sameDisk('tree')]],
      [4, bytesOf[2], [1, 2, 1, 1], 6 + 3 + 70_018, [], []],
      [1, bytesOf[3], [1, 0, 0, 0], 1, [problem], [sameDisk('other')]],
    ] as const;
    expect(documents).toEqual(
      expected.map(
        ([files, bytes, [isNew, changed, unchanged, removed], read, issues, notices], i) => ({
          snapshot: i + 1,
          files,
          bytes,
          files_new: isNew,
          files_changed: changed,
          files_unchanged: unchanged,
          files_removed: removed,
          bytes_read: read,
          bytes_stored: expect.any(Number) as number,
          duration_ms: 0,
          issues,
          notices,
        }),
      ),
    );
    // A pack begins with a header, which nothing stored.
    for (const { document, grown } of backups) {
      expect(document['bytes_stored']).toBeGreaterThan(0);
      expect(document['bytes_stored']).toBeLessThanOrEqual(grown);
    }
    expect(stored(1)).toBeGreaterThan(70_000);
    expect(stored(2)).toBeGreaterThan(0);
  });

  test('backup that is a dry run', async () => {
    expect(await json('backup', 'tree', '-n')).toEqual({
      snapshot: null,
      files: 5,
      bytes: 12 + 3 + 3 + 70_018 + 4,
      files_new: 1,
      files_changed: 1,
      files_unchanged: 3,
      files_removed: 0,
      bytes_read: 15,
      bytes_stored: expect.any(Number) as number,
      duration_ms: 0,
      issues: [],
      notices: [],
    });
  });

  test('snapshots', async () => {
    const tree = { source: 1, host, paths: [path('tree')], files: 4 };
    const other = { source: 2, host: 'elsewhere', paths: [path('other')], files: 1 };
    expect(await json('snapshots')).toEqual({
      snapshots: [
        {
          number: 1,
          time: iso(FIRST),
          ...tree,
          tags: ['b', 'a'],
          bytes: bytesOf[1],
          bytes_stored: stored(1),
        },
        {
          number: 2,
          time: iso(SECOND),
          ...tree,
          tags: [],
          bytes: bytesOf[2],
          bytes_stored: stored(2),
        },
        {
          number: 3,
          time: iso(THIRD),
          ...other,
          tags: [],
          bytes: bytesOf[3],
          bytes_stored: stored(3),
        },
      ],
    });
  });

  test('status, before anything is verified and after', async () => {
    const expected = (isVerified: boolean): object => ({
      sources: [
        {
          source: 1,
          host,
          paths: [path('tree')],
          snapshots: 2,
          last_snapshot: 2,
          last_backup: iso(SECOND),
          age_ms: NOW - SECOND,
          issues: 0,
          damaged_paths: 0,
          overdue: true,
        },
        {
          source: 2,
          host: 'elsewhere',
          paths: [path('other')],
          snapshots: 1,
          last_snapshot: 3,
          last_backup: iso(THIRD),
          age_ms: NOW - THIRD,
          issues: 1,
          damaged_paths: 0,
          overdue: false,
        },
      ],
      verified: {
        oldest: isVerified ? iso(NOW) : null,
        newest: isVerified ? iso(NOW) : null,
        damage_found: null,
      },
      damaged: false,
      lost_blobs: 0,
      free_bytes: expect.any(Number) as number,
    });
    expect(await json('status', '--max-age', '3D')).toEqual(expected(false));
    expect(await json('verify')).toMatchObject({ ok: true });
    expect(await json('status', '--max-age', '3D')).toEqual(expected(true));
  });

  test('ls', async () => {
    const entry = (name: string, type: string, mode: string, more: object = {}): object => {
      const { size, mtime, btime } = facts[`${name}, 2`] ?? {};
      return {
        path: path('tree', name),
        type,
        size,
        mode,
        ...owner,
        flags: expect.any(String) as string,
        xattrs: [],
        mtime,
        btime,
        ...more,
      };
    };
    expect(await json('ls', path('tree'))).toEqual({
      snapshot: 2,
      source: 1,
      entries: [
        entry('large', 'file', '0644'),
        entry('link', 'symlink', '0777', { link: 'text' }),
        entry('new', 'file', '0644'),
        entry('sub', 'directory', '0755'),
        entry('text', 'file', '0644'),
      ],
    });
    const then = await json<{ entries: object[] }>('ls', path('tree'), '--at', '1');
    expect(then).toMatchObject({ snapshot: 1, source: 1 });
    const { size, mtime, btime } = facts['text, 1'] ?? {};
    expect(then.entries.at(-1)).toMatchObject({ mode: '4640', size, mtime, btime });
    expect(mtime).toBe('2001-09-09T07:31:40.500000000+05:45');
  });

  test('log', async () => {
    const version = (name: string, span: object, more: object): object => ({
      ...span,
      type: 'file',
      ...facts[name],
      possible_bit_rot: false,
      ...more,
    });
    const full = { stored: 'full', chain_length: 0 };
    const delta = { stored: 'delta', chain_length: 1 };
    for (const [name, versions] of [
      ['gone', [version('gone, 1', taken(1), full)]],
      ['text', [version('text, 1', taken(1), full), version('text, 2', taken(2), full)]],
      ['large', [version('large, 1', taken(1), delta), version('large, 2', taken(2), full)]],
      [
        'link',
        [
          {
            ...taken(1, 2),
            type: 'symlink',
            ...facts['link, 2'],
            stored: 'none',
            chain_length: 0,
            possible_bit_rot: false,
          },
        ],
      ],
    ] as const) {
      expect(await json('log', path('tree', name))).toEqual({
        path: path('tree', name),
        source: 1,
        versions,
      });
    }
  });

  test('find', async () => {
    const match = (name: string, source: number, span: object, size: number): object => ({
      path: path(name),
      source,
      ...span,
      size,
    });
    expect(await json('find', 'e')).toEqual({
      matches: [
        match('other', 2, taken(3), 0),
        match('other/.varveignore', 2, taken(3), 0),
        match('tree', 1, taken(1, 2), 0),
        match('tree/gone', 1, taken(1), 5),
        match('tree/large', 1, taken(1, 2), 70_018),
        match('tree/new', 1, taken(2), 3),
        match('tree/sub/deep', 1, taken(1, 2), 4),
        match('tree/text', 1, taken(1, 2), 6),
      ],
    });
  });

  test('diff', async () => {
    const change = (name: string, what: string, sizes: object = {}): object => ({
      path: path(name),
      change: what,
      ...sizes,
    });
    expect(await json('diff', '1', '2')).toEqual({
      source: 1,
      from: 1,
      to: 2,
      changes: [
        change('tree', 'metadata'),
        change('tree/gone', 'removed', { size_before: 5 }),
        change('tree/large', 'modified', { size_before: 70_000, size_after: 70_018 }),
        change('tree/new', 'added', { size_after: 3 }),
        change('tree/text', 'modified', { size_before: 8, size_after: 6 }),
      ],
      issues: [],
    });
    expect(await json('diff', '--source', '1')).toEqual({
      source: 1,
      from: 2,
      to: null,
      changes: [
        change('tree', 'metadata'),
        change('tree/new2', 'added', { size_after: 3 }),
        change('tree/text', 'modified', { size_before: 6, size_after: 12 }),
      ],
      issues: [],
    });
  });

  test('explain', async () => {
    const of = (name: string, more: object): object => ({
      path: path('tree', name),
      source: 1,
      outcome: 'taken_in',
      at: null,
      reason: { type: 'nothing' },
      read_because: null,
      issues: [],
      ...more,
    });
    const differed = ['size', 'mtime', 'ctime'];
    for (const [name, args, more] of [
      [
        'text',
        [],
        { saved: { snapshot: 2, since: 2, read_because: differed }, read_because: differed },
      ],
      [
        'sub/deep',
        [],
        { saved: { snapshot: 2, since: 1, read_because: ['new'] }, read_because: [] },
      ],
      ['new2', [], { saved: null, read_because: ['new'] }],
      [
        'gone',
        [],
        { outcome: 'absent', at: { path: path('tree/gone') }, reason: null, saved: null },
      ],
      [
        'sub/deep',
        ['--exclude', 'sub'],
        {
          outcome: 'left_out',
          at: { path: path('tree/sub') },
          reason: { type: 'rule', action: 'exclude', pattern: 'sub', file: null, line: null },
          saved: { snapshot: 2, since: 1, read_because: ['new'] },
        },
      ],
      [
        'large',
        ['--exclude-larger-than', '69K'],
        {
          reason: { type: 'nothing' },
          saved: { snapshot: 2, since: 2, read_because: differed },
          read_because: [],
        },
      ],
      [
        'large',
        ['--exclude-larger-than', '68K'],
        {
          outcome: 'left_out',
          at: { path: path('tree/large') },
          reason: { type: 'size', larger_than: 68 * 1024 },
          saved: { snapshot: 2, since: 2, read_because: differed },
        },
      ],
    ] as const) {
      expect(await json('explain', path('tree', name), ...args)).toEqual(of(name, more));
    }
  });

  test('stats', async () => {
    const document = await json<Record<string, number>>('stats');
    const allocated = fs
      .readdirSync(join(repository, 'packs'))
      .reduce((sum, name) => sum + fs.statSync(join(repository, 'packs', name)).blocks * 512, 0);
    const perSnapshot = (number: 1 | 2 | 3, ms: number, source: number, files: number): object => ({
      number,
      source,
      time: iso(ms),
      files,
      logical_bytes: bytesOf[number],
      bytes_stored: stored(number),
    });
    const [delta = 0] = [document['delta_bytes']];
    const cost = (name: string, bytes: number): object => ({ path: path(name), bytes });
    expect(delta).toBeGreaterThan(0);
    expect(delta).toBeLessThan(100);
    expect(document['stored_bytes']! - document['index_bytes']!).toBe(allocated);
    expect(document['index_bytes']).toBeGreaterThanOrEqual(
      fs.statSync(join(repository, 'index.sqlite')).blocks * 512,
    );
    expect(document).toEqual({
      snapshots: 3,
      sources: 2,
      paths: 11,
      versions: 11 + 3,
      blobs: 8,
      logical_bytes: bytesOf[1] + bytesOf[2] + bytesOf[3],
      content_bytes: bytesOf[1] + 6 + 3 + 70_018 + 1,
      stored_bytes: document['stored_bytes'],
      index_bytes: document['index_bytes'],
      full_bytes: 8 + 5 + 4 + 6 + 3 + 70_018 + 1,
      delta_bytes: delta,
      per_source: [
        {
          source: 1,
          host,
          paths: [path('tree')],
          snapshots: 2,
          logical_bytes: bytesOf[1] + bytesOf[2],
          bytes_stored: (stored(1) as number) + (stored(2) as number),
        },
        {
          source: 2,
          host: 'elsewhere',
          paths: [path('other')],
          snapshots: 1,
          logical_bytes: 1,
          bytes_stored: stored(3),
        },
      ],
      per_snapshot: [
        perSnapshot(1, FIRST, 1, 4),
        perSnapshot(2, SECOND, 1, 4),
        perSnapshot(3, THIRD, 2, 1),
      ],
      costliest_paths: [
        cost('tree/large', 70_018 + delta),
        cost('tree/text', 14),
        cost('tree/gone', 5),
        cost('tree/sub/deep', 4),
        cost('tree/new', 3),
        cost('other/x', 1),
      ],
      costliest_directories: [
        cost('tree', 70_018 + delta + 14 + 5 + 3),
        cost('tree/sub', 4),
        cost('other', 1),
      ],
    });
  });

  test('verify and repair', async () => {
    const counts = { snapshots: 3, blobs: 8, damage: [] };
    const verified = { ok: true, ...counts, versions: 14, duration_ms: 0 };
    const bytes = bytesOf[1] + 6 + 3 + 70_018 + 1;
    expect(await json('verify')).toEqual({ ...verified, bytes });
    expect(await json('verify', '--quick')).toEqual({ ...verified, bytes: 0 });
    expect(await json('repair', '-n')).toEqual({ ...counts, lost: 0, actions: [] });
  });

  test('restore', async () => {
    const done = { source: 1, kept: 0, directories: 2, symlinks: 1, duration_ms: 0, issues: [] };
    const restore = ['restore', '--source', '1', '--to', 'back'];
    for (const args of [['-n'], []]) {
      expect(await json(...restore, ...args)).toEqual({
        ...done,
        snapshot: 2,
        files: 4,
        files_unchanged: 0,
        bytes_written: bytesOf[2],
        bytes_unchanged: 0,
        removed: [],
      });
    }
    const back = await json<Record<string, number>>(
      ...restore,
      ...['--at', '1', '--in-place', '--delete'],
    );
    expect(back).toEqual({
      ...done,
      snapshot: 1,
      files: 4,
      files_unchanged: 1,
      bytes_written: expect.any(Number) as number,
      bytes_unchanged: expect.any(Number) as number,
      removed: [{ path: 'back/new' }],
    });
    expect(back['bytes_written']).toBeGreaterThanOrEqual(8 + 5);
    expect(back['bytes_written']! + back['bytes_unchanged']!).toBe(bytesOf[1]);
    expect(await json(...restore, '--in-place', '--overwrite', 'never')).toEqual({
      ...done,
      snapshot: 2,
      kept: 4,
      files: 1,
      files_unchanged: 0,
      symlinks: 0,
      bytes_written: 3,
      bytes_unchanged: 0,
      removed: [],
    });
  });

  test('prune', async () => {
    const dry = await json('prune', '-n', '--keep-last', '1');
    expect(dry).toEqual({
      kept: [2, 3].map((number) => ({ number, reasons: ['last snapshot'] })),
      removed: [1],
      dropped_before_bit_rot: [],
      bytes_freed: expect.any(Number) as number,
      duration_ms: 0,
    });
  });

  test('copy', async () => {
    write({ 'copied/large': larger });
    const document = {
      similarity: 1,
      size: 70_018,
      bytes_sent: 0,
      bytes_received: 0,
      duration_ms: 0,
    };
    const whole = { similarity: 0, bytes_hashed: 0, bytes_written: 70_018 };
    expect(await json('copy', 'copied/large', 'copied/new')).toEqual({
      ...document,
      ...whole,
      change: 'new',
    });
    const same = await json('copy', 'copied/large', 'copied/new');
    expect(same).toEqual({
      ...document,
      change: 'unchanged',
      bytes_hashed: expect.any(Number) as number,
      bytes_written: 0,
    });
    expect(same['bytes_hashed']).toBeGreaterThanOrEqual(2 * 70_018);
  });

  test('init', async () => {
    const document = await json('-r', 'made', 'init');
    const { id } = JSON.parse(fs.readFileSync(path('made/varve.json'), 'utf8')) as { id: string };
    expect(document).toEqual({ repository: 'made', id });
  });
});

describe('people are told by', () => {
  const told = async (...args: string[]): Promise<string> => {
    const { stdout, stderr } = await run(args);
    expect(stderr).toBe('');
    return stdout;
  };
  const lines = (...all: string[]): string => all.map((line) => `${line}\n`).join('');
  /** As long as `text`. */
  const blank = (text: string): string => ' '.repeat(text.length);
  const [tree, other] = [`${host}:${path('tree')}`, `elsewhere:${path('other')}`];
  const [first, second, third] = [local(FIRST), local(SECOND), local(THIRD)];
  const [day1, day2, day3] = [first, second, third].map((time) => time.slice(0, 10));

  test('snapshots', async () => {
    expect(await told('snapshots')).toBe(
      lines(
        `Source 1  ${tree}`,
        '#  TIME                 FILES      SIZE     ADDED  TAGS',
        `1  ${first}      4  68.4 KiB  ${kib(stored(1))}  b, a`,
        `2  ${second}      4  68.4 KiB  ${kib(stored(2))}`,
        '',
        `Source 2  ${other}`,
        '#  TIME                 FILES  SIZE  ADDED',
        `3  ${third}      1   1 B  ${stored(3) as number} B`,
      ),
    );
  });

  test('status, whatever is overdue', async () => {
    const facts = [
      '',
      `verified    all of it, ${local(NOW)}`,
      'damage      none known',
      'free space  N',
    ];
    const status = async (...args: string[]): Promise<string> =>
      (await run(['status', ...args])).stdout.replace(/(?<=free space {2})[\d.]+ [KMGTPE]iB/, 'N');
    expect(await status()).toBe(
      lines(
        'SOURCE  LAST BACKUP          AGE  SNAPSHOTS  NOTE       HOST:PATHS',
        `     1  ${second}   4D          2             ${tree}`,
        `     2  ${third}   2D          1  1 problem  ${other}`,
        ...facts,
      ),
    );
    expect(await status('--max-age', '70h')).toBe(
      lines(
        'SOURCE  LAST BACKUP          AGE  SNAPSHOTS  NOTE                HOST:PATHS',
        `     1  ${second}   4D          2  overdue             ${tree}`,
        `     2  ${third}   2D          1  overdue, 1 problem  ${other}`,
        ...facts,
      ),
    );
    expect(await status('--source', '1')).toBe(
      lines(
        'SOURCE  LAST BACKUP          AGE  SNAPSHOTS  HOST:PATHS',
        `     1  ${second}   4D          2  ${tree}`,
        ...facts,
      ),
    );
  });

  test('status: an age in the largest unit that says something', async () => {
    const [MINUTE, HOUR] = [60_000, 3_600_000];
    for (const [ageMs, shown] of [
      [-MINUTE, '0m'],
      [MINUTE - 1, '0m'],
      [MINUTE, '1m'],
      [HOUR - 1, '59m'],
      [HOUR, '1h'],
      [48 * HOUR - 1, '47h'],
      [48 * HOUR, '2D'],
      [72 * HOUR - 1, '2D'],
      [72 * HOUR, '3D'],
    ] as const) {
      setClock(THIRD + ageMs);
      const { stdout } = await run(['status', '--source', '2']);
      const [, row = ''] = stdout.split('\n');
      expect(row).toContain(`${third}  ${shown.padStart(3)}  `);
      // Older than the age itself is nothing that is as old.
      const age = Math.max(0, ageMs);
      if (age % 1000 !== 0) continue;
      const { code } = await run(['status', '--source', '2', '--max-age', `${age / 1000}s`]);
      expect(code).toBe(0);
      setClock(THIRD + age + 1);
      const later = await run(['status', '--source', '2', '--max-age', `${age / 1000}s`]);
      expect(later.code).toBe(6);
    }
    setClock(NOW);
  });

  test('ls', async () => {
    const from = (number: number): string =>
      `varve: From snapshot ${number} of source 1, ${tree}.\n`;
    const names = (uid: string | undefined): string => String(uid).padEnd(8);
    const owners = `${names(userName ?? String(owner.uid))} ${names(group ?? String(gid))}`;
    const entry = (mode: string, version: string, name: string, more = ''): string => {
      const { size = 0, mtime = '' } = facts[version] ?? {};
      const time = mtime.slice(0, 19).replace('T', ' ');
      return `${mode} ${owners} ${String(size).padStart(11)} ${time} ${path('tree', name)}${more}`;
    };
    expect(await run(['ls', path('tree'), '-l'])).toEqual({
      code: 0,
      stderr: from(2),
      stdout: lines(
        entry('-rw-r--r--', 'large, 2', 'large'),
        entry('lrwxrwxrwx', 'link, 2', 'link', ' -> text'),
        entry('-rw-r--r--', 'new, 2', 'new'),
        entry('drwxr-xr-x', 'sub, 2', 'sub'),
        entry('-rw-r--r--', 'text, 2', 'text'),
      ),
    });
    expect(await run(['ls', path('tree'), '--at', '1'])).toEqual({
      code: 0,
      stderr: from(1),
      stdout: lines(...['gone', 'large', 'link', 'sub', 'text'].map((name) => path('tree', name))),
    });
    expect((await run(['ls', path('tree'), '--at', '1', '-l'])).stdout).toContain(
      entry('-rwSr-----', 'text, 1', 'text'),
    );
  });

  test('log', async () => {
    const row = (
      version: string,
      span: string,
      days: string,
      size: string,
      how: string,
    ): string => {
      const { mtime = '', hash } = facts[version] ?? {};
      const modified = mtime.slice(0, 19).replace('T', ' ');
      return `${span}  ${days}  file  ${size}  ${modified}  ${how}  ${String(hash).slice(0, 12)}`;
    };
    const head = 'SNAPSHOTS  TAKEN       TYPE';
    expect(await run(['log', path('tree/large')])).toEqual({
      code: 0,
      stderr: `varve: From source 1, ${tree}.\n`,
      stdout: lines(
        path('tree/large'),
        `${head}      SIZE  MODIFIED             STORED    HASH`,
        row('large, 1', '        1', day1!, '68.4 KiB', 'delta, 1'),
        row('large, 2', '        2', day2!, '68.4 KiB', 'full    '),
      ),
    });
    const gone = await run(['log', path('tree/gone'), '--source', '1']);
    expect(gone).toEqual({
      code: 0,
      stderr:
        `varve: It is not in snapshot 2; it was last in snapshot 1, of ${day1!}. ` +
        'Get it with `varve restore PATH --last-seen --to DIR`.\n',
      stdout: lines(
        path('tree/gone'),
        `${head}  SIZE  MODIFIED             STORED  HASH`,
        row('gone, 1', '        1', day1!, ' 5 B', 'full  '),
      ),
    });
    const span = `${day1!} to ${day2!}`;
    const link = facts['link, 2']?.mtime.slice(0, 19).replace('T', ' ');
    expect((await run(['log', path('tree/link')])).stdout).toBe(
      lines(
        path('tree/link'),
        `SNAPSHOTS  TAKEN${blank(span).slice(5)}  TYPE     SIZE  MODIFIED`,
        `      1-2  ${span}  symlink   0 B  ${link}`,
      ),
    );
  });

  test('find', async () => {
    const row = (
      span: readonly [number, string | undefined, number, string | undefined],
      size: string,
      name: string,
    ): string =>
      `${span[0]}  ${span[1]}  ${span[2]}  ${span[3]}  ${size.padStart(8)}  ${path(name)}`;
    const both = [1, day1, 2, day2] as const;
    const rows = [
      row(both, '0 B', 'tree'),
      row([1, day1, 1, day1], '5 B', 'tree/gone'),
      row(both, '68.4 KiB', 'tree/large'),
      row([2, day2, 2, day2], '3 B', 'tree/new'),
      row(both, '4 B', 'tree/sub/deep'),
      row(both, '6 B', 'tree/text'),
    ];
    const head = '        FIRST           LAST      SIZE  PATH';
    expect(await told('find', 'e', '--source', '1')).toBe(lines(head, ...rows));
    const elsewhere = ['other', 'other/.varveignore'].map((name) =>
      row([3, day3, 3, day3], '0 B', name),
    );
    expect(await told('find', 'e')).toBe(
      lines(
        `SOURCE  ${head}`,
        ...elsewhere.map((line) => `     2  ${line}`),
        ...rows.map((line) => `     1  ${line}`),
      ),
    );
  });

  test('find that finds nothing: what it looked for, and what else to try', async () => {
    write({ 'not/saved': 'not saved' });
    for (const [args, notice] of [
      [['xyzzy'], 'Nothing found for "xyzzy". (-i ignores case.)'],
      [['-i', 'xyzzy'], 'Nothing found for "xyzzy".'],
      [['12345'], 'Nothing found for "12345".'],
      [['--larger', '1G'], 'Nothing found.'],
      [['--content', 'not/saved'], 'Nothing found: no snapshot has the contents of not/saved.'],
    ] as const) {
      expect(await run(['find', ...args])).toEqual({
        code: 0,
        stdout: '',
        stderr: `varve: ${notice}\n`,
      });
      expect(await run(['find', '-q', ...args])).toEqual({ code: 0, stdout: '', stderr: '' });
      expect(await json('find', ...args)).toEqual({ matches: [] });
    }
  });

  test('diff', async () => {
    expect(await told('diff', '1', '2', '--source', '1')).toBe(
      lines(
        `U             ${path('tree')}`,
        `-       -5 B  ${path('tree/gone')}`,
        `M      +18 B  ${path('tree/large')}`,
        `+       +3 B  ${path('tree/new')}`,
        `M       -2 B  ${path('tree/text')}`,
        '1 added, 1 removed, 2 modified, 1 with other metadata: +14 B',
      ),
    );
    expect(await told('diff', '2', '1', '--source', '1')).toContain(': -14 B\n');
  });

  test('stats', async () => {
    const {
      delta_bytes: delta = 0,
      stored_bytes: all,
      index_bytes: index,
    } = await json<Record<string, number>>('stats');
    const added = [kib((stored(1) as number) + (stored(2) as number)), `${stored(3) as number} B`];
    expect(await told('stats')).toBe(
      lines(
        'snapshots              3 of 2 sources',
        'paths                  11 with 14 versions',
        'all snapshots in full  137 KiB',
        'distinct content       137 KiB in 8 blobs',
        'stored whole           68.4 KiB',
        `stored as deltas       ${delta} B`,
        `on disk                ${kib(all)}, ${kib(index)} of it for the index`,
        '',
        'SOURCE  SNAPSHOTS  IN FULL    ADDED  HOST:PATHS',
        `     1          2  137 KiB  ${added[0]}  ${tree}`,
        `     2          1      1 B  ${added[1]?.padStart(7)}  ${other}`,
        '',
        '#  TIME                 SOURCE  FILES   IN FULL     ADDED',
        `1  ${first}       1      4  68.4 KiB  ${kib(stored(1))}`,
        `2  ${second}       1      4  68.4 KiB  ${kib(stored(2))}`,
        `3  ${third}       2      1       1 B  ${added[1]?.padStart(8)}`,
        '',
        'Paths that take up most',
        `  68.4 KiB  ${path('tree/large')}`,
        `      14 B  ${path('tree/text')}`,
        `       5 B  ${path('tree/gone')}`,
        `       4 B  ${path('tree/sub/deep')}`,
        `       3 B  ${path('tree/new')}`,
        `       1 B  ${path('other/x')}`,
        '',
        'Directories whose own files take up most',
        `  68.4 KiB  ${path('tree')}`,
        `       4 B  ${path('tree/sub')}`,
        `       1 B  ${path('other')}`,
      ),
    );
  });

  test('stats, which shows ten of each unless more is asked for', async () => {
    await run(['-r', 'many', 'init']);
    const numbers = Array.from({ length: 12 }, (_, i) => i + 1);
    for (const number of numbers) {
      write({ [`many-tree/${number}/file`]: noise(100 * number, number) });
      setClock(FIRST + number * 1000);
      await run(['-r', 'many', '-q', 'backup', 'many-tree']);
    }
    setClock(NOW);
    const stats = async (...args: string[]): Promise<string[][]> =>
      (await told('-r', 'many', 'stats', ...args)).split('\n\n').map((part) => part.split('\n'));
    const [, , snapshots, paths, directories] = await stats();
    const shown = (lines: readonly string[] | undefined, pattern: RegExp): (string | undefined)[] =>
      lines?.flatMap((line) => pattern.exec(line)?.[1] ?? []) ?? [];
    const latest = numbers.slice(2).map(String);
    expect(shown(snapshots, /^ ?(\d+) {2}/)).toEqual(latest);
    expect(snapshots?.at(-1)).toBe('(2 older snapshots: -v)');
    const costliest = latest.toReversed();
    expect(shown(paths, /B {2}.*\/(\d+)\/file$/)).toEqual(costliest);
    expect(shown(directories, /B {2}.*\/(\d+)$/)).toEqual(costliest);
    const [, , all, allPaths, allDirectories] = await stats('-v');
    expect(shown(all, /^ ?(\d+) {2}/)).toEqual(numbers.map(String));
    expect(all?.at(-1)).not.toContain('older');
    expect(allPaths).toHaveLength(13);
    expect(allDirectories).toHaveLength(14);
    await run(['-r', 'many', '-q', 'prune', '1']);
    expect((await stats())[2]?.at(-1)).toBe('(1 older snapshot: -v)');
    await run(['-r', 'many', '-q', 'prune', '2']);
    expect((await stats())[2]?.at(-1)).toMatch(/^12 {2}/);
  });

  test('verify and repair', async () => {
    const counts = 'No damage in 3 snapshots, 14 versions: 8 blobs';
    expect(await told('verify')).toBe(`${counts}, 137 KiB checked in 0:00\n`);
    expect(await told('verify', '--quick')).toBe(`${counts}, 0 B checked in 0:00\n`);
    expect(await told('repair', '-n')).toBe('Nothing is lost: 8 blobs in 3 snapshots.\n');
  });

  test('restore', async () => {
    const what = '4 files, 2 directories, 1 link, 68.4 KiB';
    const restore = ['restore', '--source', '1', '--to', 'again'];
    expect(await told(...restore, '-n')).toBe(`Would restore snapshot 2 to again: ${what}\n`);
    expect(await told(...restore)).toBe(`Restored snapshot 2 to again: ${what}, in 0:00\n`);
    const unsaid = ['restore', path('tree/sub'), '--to', 'again2'];
    expect(await told(...unsaid)).toBe(
      `Restored snapshot 2 of ${tree} to again2: 1 file, 1 directory, 0 links, 4 B, in 0:00\n`,
    );
    write({ 'again/stray': 's', 'again/text': 'mine' });
    const inPlace = [...restore, '--in-place', '--delete'];
    const done = '4 files, 2 directories, 1 link, 6 B (68.4 KiB already there)';
    expect(await told(...inPlace, '-n')).toBe(
      `Would restore snapshot 2 to again: ${done}\nWould delete again/stray\n`,
    );
    expect(await told(...inPlace)).toBe(
      `Restored snapshot 2 to again: ${done}, in 0:00\nDeleted again/stray\n`,
    );
    write({ 'again/text': 'mine' });
    expect(await told(...restore, '--in-place', '--overwrite', 'never')).toContain(
      ' already there), 5 left as is, in 0:00\n',
    );
  });

  test('prune', async () => {
    const table = (would: string, because: readonly string[]): string[] => [
      `#  TIME                 SOURCE  ${would}  BECAUSE`,
      `1  ${first}       1  removed${blank(would).slice(7)}  ${because[0]}`,
      `2  ${second}       1  kept${blank(would).slice(4)}  ${because[1]}`,
    ];
    const ruled = ['prune', '-n', '--keep-last', '1'];
    const freed = async (...args: string[]): Promise<string> =>
      `${(await json<{ bytes_freed: number }>(...args)).bytes_freed} B`;
    expect(await told(...ruled)).toBe(
      lines(
        ...table('WOULD BE', ['no rule keeps it', 'last snapshot']),
        `3  ${third}       2  kept      last snapshot`,
        `2 kept, 1 removed; ${await freed(...ruled)} would be freed`,
      ),
    );
    const named = ['prune', '1'];
    const dry = await freed(...named, '-n');
    expect(await told(...named)).toBe(
      lines(...table('       ', ['as asked', 'not named']), `1 kept, 1 removed; ${dry} freed`),
    );
  });

  test('copy', async () => {
    write({
      'texts/large': larger,
      'texts/half': Buffer.concat([larger.subarray(0, 35_009), noise(35_009, 9)]),
    });
    const copy = ['copy', 'texts/large', 'texts/new'];
    expect(await told(...copy)).toBe(
      '0% of 68.4 KiB already there: 0 B sent, 0 B received, 68.4 KiB written in 0:00\n',
    );
    expect(await told(...copy, '-n')).toBe(
      '100% of 68.4 KiB already there: 0 B sent, 0 B received in 0:00\n',
    );
    const other = Buffer.from(larger);
    other[100]! ^= 1;
    write({ 'texts/other': other });
    // Of 70 018 bytes, 512 are to be sent: 99.27 %. What is not all is not rounded up to it.
    expect(await told('copy', 'texts/other', 'texts/new', '-n', '-b', '512')).toBe(
      '99.2% of 68.4 KiB already there: 0 B sent, 0 B received in 0:00\n',
    );
    for (const [name, mark] of [
      ['texts/new', 'unchanged'],
      ['texts/half', 'changed  '],
      ['texts/newer', 'new      '],
    ] as const) {
      expect(await told('copy', '-qv', 'texts/large', name)).toBe(`${mark}  ${name}\n`);
    }
  });
});

describe('damage, from when it is found until it is gone', () => {
  const content = noise(70_000, 7);
  const hash = blake3(content).toString('hex');
  const mismatch = 'The stored bytes do not match the hash of their blob.';
  const found = `Blob ${hash} in the frame at 32 of pack 1: ${mismatch}`;
  const counts = { snapshots: 2, blobs: 3 };
  const damage = {
    code: 'BLOB_DAMAGED',
    message: found,
    pack: 1,
    offset: 32,
    snapshots: [1, 2],
    paths: [path('sick/a')],
  };
  const lost = { ...damage, message: `Blob ${hash} is lost.`, pack: undefined, offset: undefined };
  const lines = (...all: string[]): string => all.map((line) => `${line}\n`).join('');
  const listed = lines(
    `varve: BLOB_DAMAGED: ${found}`,
    `  ${path('sick/a')}`,
    '  in snapshots 1 to 2',
  );
  const MINUTE = 60_000;
  const on = (...args: string[]) => run(['-r', 'unsound', ...args]);
  const documentOf = async (code: number, ...args: string[]): Promise<Record<string, unknown>> => {
    const done = await on('--json', ...args);
    expect(done).toMatchObject({ code, stderr: '' });
    return JSON.parse(done.stdout) as Record<string, unknown>;
  };
  const statusOf = async (...more: string[]): Promise<string> => {
    const { code, stdout } = await on('status', ...more);
    return `${code} ${stdout.replace(/.*free space.*\n/, '')}`;
  };
  const head = 'SOURCE  LAST BACKUP          AGE  SNAPSHOTS';
  const sick = `${host}:${path('sick')}`;

  beforeAll(async () => {
    await on('init');
    write({ 'sick/a': content, 'sick/b': 'b' });
    setClock(FIRST);
    await on('backup', 'sick');
    write({ 'sick/b': 'bb' });
    setClock(SECOND);
    await on('backup', 'sick');
    const packs = path('unsound/packs');
    const [pack = ''] = fs.readdirSync(packs).sort();
    const bytes = fs.readFileSync(join(packs, pack));
    bytes[bytes.indexOf(content.subarray(100, 200))]! ^= 1;
    fs.writeFileSync(join(packs, pack), bytes);
    setClock(NOW);
  });

  test('verify finds it', async () => {
    expect(await documentOf(4, 'verify')).toEqual({
      ...counts,
      ok: false,
      versions: 4,
      bytes: 3,
      duration_ms: 0,
      damage: [damage],
    });
    expect(await on('verify')).toEqual({
      code: 4,
      stdout: 'Damage: 1 finding in 2 snapshots, 4 versions: 3 blobs, 3 B checked in 0:00\n',
      stderr:
        listed +
        'varve: Damage found. `varve repair` sets aside what is lost; see `varve help repair`.\n',
    });
    const quiet = await on('verify', '-q');
    expect(quiet).toMatchObject({ code: 4, stdout: '' });
    expect(quiet.stderr.startsWith(listed)).toBe(true);
  });

  test('status knows of it', async () => {
    setClock(NOW + MINUTE);
    expect(await documentOf(4, 'status', '--max-age', '1s')).toMatchObject({
      sources: [{ damaged_paths: 0, overdue: true, age_ms: NOW + MINUTE - SECOND }],
      verified: { oldest: null, damage_found: iso(NOW) },
      damaged: true,
      lost_blobs: 0,
    });
    expect(await statusOf()).toBe(
      `4 ${lines(
        `${head}  HOST:PATHS`,
        `     1  ${local(SECOND)}   5D          2  ${sick}`,
        '',
        'verified    never',
        `damage      found by \`varve verify\`, ${local(NOW)}: see \`varve help repair\``,
      )}`,
    );
  });

  test('cat and restore give none of it', async () => {
    const cause = `Blob ${hash} cannot be rebuilt: ${mismatch}`;
    const hint = 'Run `varve verify` to see what is affected, then `varve repair`.';
    expect(await documentOf(4, 'cat', path('sick/a'))).toEqual({
      error: { code: 'BLOB_DAMAGED', message: cause, hint },
    });
    expect(await on('cat', path('sick/a'))).toEqual({
      code: 4,
      stdout: '',
      stderr: lines(`varve: ${cause}`, hint),
    });
    expect(await documentOf(4, 'restore', '--to', 'partly')).toEqual({
      ...{ snapshot: 2, source: 1, files: 1, files_unchanged: 0, kept: 0, directories: 1 },
      ...{ symlinks: 0, bytes_written: 2, bytes_unchanged: 0, removed: [], duration_ms: 0 },
      issues: [{ path: 'partly/a', code: 'DAMAGED', message: `partly/a: ${cause}` }],
    });
    expect(await on('restore', '--to', 'partly2')).toEqual({
      code: 4,
      stdout: 'Restored snapshot 2 to partly2: 1 file, 1 directory, 0 links, 2 B, in 0:00\n',
      stderr: `varve: partly2/a: ${cause}\n`,
    });
  });

  test('repair sets it aside, which a dry run says and does not', async () => {
    const next = 'The next backup re-reads the files that use them and stores what it still finds.';
    const said = (action: string): object => ({ ...counts, lost: 1, actions: [action, next] });
    const would = 'Damaged blobs to be marked lost: 1.';
    setClock(NOW + 2 * MINUTE);
    expect(await documentOf(4, 'repair', '-n')).toEqual({ ...said(would), damage: [damage] });
    expect(await on('repair', '-n')).toEqual({
      code: 4,
      stdout: lines(would, next, 'Lost: 1 of 3 blobs in 2 snapshots.'),
      stderr: listed,
    });
    expect(await on('repair', '-n', '-q')).toEqual({ code: 4, stdout: '', stderr: listed });
    expect(await documentOf(4, 'status')).toMatchObject({ lost_blobs: 0 });
    expect(await documentOf(4, 'repair')).toEqual({
      ...said('Damaged blobs marked lost: 1.'),
      damage: [damage],
    });
  });

  test('what is lost is known by every command that tells of it', async () => {
    expect(await documentOf(4, 'status')).toMatchObject({
      sources: [{ damaged_paths: 1 }],
      damaged: true,
      lost_blobs: 1,
    });
    const rows = (note: string): string[] => [
      `${head}  NOTE${' '.repeat(note.length - 4)}  HOST:PATHS`,
      `     1  ${local(SECOND)}   5D          2  ${note}  ${sick}`,
      '',
      'verified    never',
    ];
    const status = await statusOf();
    expect(status.startsWith(`4 ${lines(...rows('1 damaged path'))}`)).toBe(true);
    expect(status).toMatch(/damage {6}found by `varve verify`, .*; 1 blob lost\n$/);
    const late = await statusOf('--max-age', '1D');
    expect(late.startsWith(`4 ${lines(...rows('overdue, 1 damaged path'))}`)).toBe(true);
    expect(await documentOf(4, 'verify')).toEqual({
      ...{ ok: false, snapshots: 2, versions: 4, blobs: 2, bytes: 3, duration_ms: 0 },
      damage: [lost],
    });
    expect(await on('verify')).toMatchObject({
      code: 4,
      stdout: 'Damage: 1 finding in 2 snapshots, 4 versions: 2 blobs, 3 B checked in 0:00\n',
    });
    expect(await documentOf(0, 'explain', path('sick/a'))).toMatchObject({
      read_because: ['damaged'],
    });
  });

  test('the next backup stores it again, and nothing is left of it', async () => {
    setClock(NOW + 3 * MINUTE);
    const backup = await documentOf(0, 'backup', 'sick');
    expect(backup).toMatchObject({ snapshot: 3, files_unchanged: 2, bytes_read: 70_000 });
    expect(backup['bytes_stored']).toBeGreaterThan(70_000);
    setClock(NOW + 4 * MINUTE);
    expect(await on('verify')).toMatchObject({ code: 0, stderr: '' });
    expect(await statusOf()).toBe(
      `0 ${lines(
        `${head}  HOST:PATHS`,
        `     1  ${local(NOW + 3 * MINUTE)}   1m          3  ${sick}`,
        '',
        `verified    all of it, ${local(NOW + 4 * MINUTE)}`,
        'damage      none known',
      )}`,
    );
  });

  test('what is verified bit by bit, and what is new since, is told apart', async () => {
    setClock(NOW + 5 * MINUTE);
    await on('verify', '--sample', '1%');
    const part = {
      oldest: iso(NOW + 4 * MINUTE),
      newest: iso(NOW + 5 * MINUTE),
      damage_found: null,
    };
    expect(await documentOf(0, 'status')).toMatchObject({ verified: part });
    expect(await statusOf()).toContain(
      `verified    all of it, at the earliest ${local(NOW + 4 * MINUTE)}\n`,
    );
    write({ 'sick/new': noise(5000, 8) });
    await on('backup', 'sick');
    expect(await documentOf(0, 'status')).toMatchObject({ verified: { ...part, oldest: null } });
    expect(await statusOf()).toContain(
      `verified    last ${local(NOW + 5 * MINUTE)}, but some of it never\n`,
    );
    // One frame is enough of it.
    const db = new Database(path('unsound/index.sqlite'));
    const older = 'SELECT rowid FROM frame WHERE verified_ms = 0 LIMIT -1 OFFSET 1';
    db.prepare(`UPDATE frame SET verified_ms = ? WHERE rowid IN (${older})`).run(NOW);
    db.close();
    expect(await statusOf()).toContain(
      `verified    last ${local(NOW + 5 * MINUTE)}, but some of it never\n`,
    );
  });
});

/** Three digits, of amounts from 10 to 1023 KiB. */
function kib(bytes: unknown): string {
  const amount = Number(bytes) / 1024;
  return `${amount < 99.95 ? amount.toFixed(1) : amount.toFixed(0)} KiB`;
}
