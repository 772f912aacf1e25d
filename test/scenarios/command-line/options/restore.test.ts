/** From each option of `varve restore` to what it does. */
import * as fs from 'node:fs';
import { hostname } from 'node:os';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createInProcess, threadsOf } from '../../../support/in-process.js';
import { canChangeUser, skip } from '../../../support/machine.js';
import { coverOptions, coverRefusals } from '../../../support/option-table.js';
import { backup } from '../../../support/by-path.js';
import { initRepository } from '../../../../src/repo/repository/init.js';
import { bytesFromText } from '../../../../src/platform/bytes.js';
import { openPlatform } from '../../../../src/platform/platform.js';

const { run, json, path, write } = createInProcess();

interface Restored {
  readonly snapshot: number;
  readonly files: number;
  readonly files_unchanged: number;
  readonly kept: number;
  readonly removed: readonly { readonly path: string }[];
}

/**
 * Snapshot 1 has `tree/old`, 2 has not; 3 is of `other`, 4 of `doubtful`, where something could not be
 * read; `many` is in 5.
 */
beforeAll(async () => {
  write({ 'tree/a.txt': 'first\n', 'tree/b.tmp': 'b\n', 'tree/old': 'old\n', 'other/x': 'x\n' });
  fs.utimesSync(path('tree/a.txt'), 1e9, 1e9);
  await run(['backup', 'tree']);
  fs.rmSync(path('tree/old'));
  write({ 'tree/a.txt': 'again\n' });
  fs.utimesSync(path('tree/a.txt'), 1.1e9, 1.1e9);
  await run(['backup', 'tree']);
  await run(['backup', 'other']);
  write({ 'doubtful/file': 'x' });
  fs.symlinkSync('.varveignore', path('doubtful/.varveignore'));
  await run(['backup', 'doubtful']);
  for (let byte = 1; byte <= 6; byte += 1) write({ [`many/${byte}`]: Buffer.alloc(8e6, byte) });
  await run(['backup', 'many']);
});

/** A restore of `tree` over a copy of what snapshot 2 holds. */
let copies = 0;
let copy: string;
beforeEach(() => {
  copy = path(`copy-${++copies}`);
  fs.mkdirSync(copy);
  write({ [`copy-${copies}/a.txt`]: 'again\n', [`copy-${copies}/b.tmp`]: 'b\n' });
  fs.utimesSync(`${copy}/a.txt`, 1.1e9, 1.1e9);
  fs.cpSync(path('tree/b.tmp'), `${copy}/b.tmp`, { preserveTimestamps: true });
});
const overCopy = (...args: string[]): Promise<Restored> =>
  json('restore', '--source', '1', '--to', copy, '--in-place', ...args);
const textOf = (name: string): string => fs.readFileSync(`${copy}/${name}`, 'utf8');
const fromTree = (...args: string[]): string[] => ['restore', '--source', '1', ...args];

coverOptions('restore', {
  async '--to'() {
    expect(await run(fromTree('--to', 'there'))).toMatchObject({ code: 0 });
    expect(fs.readdirSync(path('there'))).toEqual(['a.txt', 'b.tmp']);
  },
  async '--in-place'() {
    write({ 'other/x': 'changed\n', [`copy-${copies}/a.txt`]: 'mine\n' });
    expect(await json('restore', '--in-place', path('other'))).toMatchObject({ files: 1 });
    expect(fs.readFileSync(path('other/x'), 'utf8')).toBe('x\n');
    expect(await overCopy()).toMatchObject({ files: 2, files_unchanged: 1 });
    expect(textOf('a.txt')).toBe('again\n');
  },
  async '--overwrite'() {
    // Neither size nor time tells that it differs.
    const disguise = (seconds: number): void => {
      write({ [`copy-${copies}/a.txt`]: 'AGAIN\n' });
      fs.utimesSync(`${copy}/a.txt`, seconds, seconds);
    };
    const cases = [
      ['if-changed', 1.1e9, 'AGAIN\n'],
      ['always', 1.1e9, 'again\n'],
      ['never', 1e9, 'AGAIN\n'],
      ['if-newer', 1.2e9, 'AGAIN\n'],
      ['if-newer', 1e9, 'again\n'],
      ['if-changed', 1.2e9, 'again\n'],
    ] as const;
    for (const [rule, seconds, text] of cases) {
      disguise(seconds);
      await overCopy('--overwrite', rule);
      expect(textOf('a.txt'), `${rule} ${seconds}`).toBe(text);
    }
    disguise(1.1e9);
    await overCopy();
    expect(textOf('a.txt')).toBe('AGAIN\n');
  },
  async '--delete'() {
    fs.writeFileSync(`${copy}/extra`, 'x');
    expect(await overCopy()).toMatchObject({ removed: [] });
    expect(textOf('extra')).toBe('x');
    expect(await overCopy('--delete')).toMatchObject({ removed: [{ path: `${copy}/extra` }] });
    expect(fs.existsSync(`${copy}/extra`)).toBe(false);
  },
  async '--ignore-errors'() {
    fs.writeFileSync(`${copy}/extra`, 'x');
    const args = ['restore', '--source', '3', '--to', copy, '--in-place', '--delete'];
    const refused = await run(args);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain('--ignore-errors');
    expect(fs.readdirSync(copy)).toContain('extra');
    expect(await run([...args, '--ignore-errors'])).toMatchObject({ code: 0 });
    expect(fs.readdirSync(copy).sort()).toEqual(['.varveignore', 'file']);
  },
  async '--at'() {
    expect(await json(...fromTree('-n', '--to', 'none', '--at', '1'))).toMatchObject({
      snapshot: 1,
      files: 3,
    });
    expect(await json(...fromTree('-n', '--to', 'none', '--at', '1B'))).toMatchObject({
      snapshot: 1,
    });
  },
  async '--last-seen'() {
    const args = ['restore', path('tree/old'), '--to', 'seen'];
    expect(await run(args)).toMatchObject({ code: 1 });
    expect(await json(...args, '--last-seen')).toMatchObject({ snapshot: 1, files: 1 });
  },
  async '--source'() {
    for (const source of ['2', `${hostname()}:${path('other')}`]) {
      const found = await json('restore', '-n', '--to', 'none', '--source', source);
      expect(found).toMatchObject({ snapshot: 3, source: 2 });
    }
  },
  async '--exclude'() {
    expect(await json(...fromTree('-n', '--to', 'none', '--exclude', '*.tmp'))).toMatchObject({
      files: 1,
    });
  },
  async '--include'() {
    const args = fromTree('-n', '--to', 'none', '--exclude', '*.*', '--include', '*.tmp');
    expect(await json(...args)).toMatchObject({ files: 1 });
  },
  async '--exclude-from'() {
    write({ patterns: '*.tmp\n*.txt\n' });
    const args = fromTree('-n', '--to', 'none', '--exclude-from', 'patterns');
    expect(await json(...args)).toMatchObject({ files: 0 });
  },
  async '--verify'() {
    // Taken for unchanged, until it is read back.
    write({ [`copy-${copies}/a.txt`]: 'AGAIN\n' });
    fs.utimesSync(`${copy}/a.txt`, 1.1e9, 1.1e9);
    const args = fromTree('--in-place', '--to', copy);
    expect(await run(args)).toMatchObject({ code: 0 });
    const verified = await run([...args, '--verify']);
    expect(verified).toMatchObject({ code: 3 });
    expect(verified.stderr).toContain(`${copy}/a.txt`);
  },
  async '--dry-run'() {
    for (const option of ['-n', '--dry-run']) {
      expect(await json(...fromTree('--to', 'none', option))).toMatchObject({ files: 2 });
      expect(fs.existsSync(path('none'))).toBe(false);
    }
  },
  async '--numeric-owner'() {
    expect(await ownersOf()).toEqual({ uid: 0, gid: 0 });
    expect(await ownersOf('--numeric-owner')).toEqual({ uid: 4001, gid: 4002 });
  },
  async '--map-user'() {
    write({ users: 'root:4003\n' });
    expect(await ownersOf('--map-user', 'users')).toEqual({ uid: 4003, gid: 0 });
  },
  async '--map-group'() {
    write({ groups: '4002:4004\n' });
    expect(await ownersOf('--map-group', 'groups')).toEqual({ uid: 0, gid: 4004 });
  },
  async '--jobs'() {
    for (const jobs of ['1', '3']) {
      const args = ['restore', '--source', '4', '--to', `${copy}/many-${jobs}`, '--jobs', jobs];
      expect(await threadsOf(() => run(args))).toBe(Number(jobs));
    }
  },
});

/** Whose a file becomes that belonged to 4001:4002 where these numbers are named root. */
async function ownersOf(...args: string[]): Promise<{ uid: number; gid: number }> {
  if (!canChangeUser) skip('only root may give files away');
  const repository = path(`owned-repository-${++copies}`);
  const saved = path(`owned-${copies}`);
  fs.mkdirSync(saved);
  fs.writeFileSync(`${saved}/file`, 'x');
  fs.chownSync(`${saved}/file`, 4001, 4002);
  const machine = openPlatform();
  const root = bytesFromText('root');
  const users = { ...machine.users, userName: () => root, groupName: () => root };
  const platform = { ...machine, users };
  initRepository(repository, platform);
  await backup(repository, platform, { paths: [saved], jobs: 1 });
  await run(['-r', repository, 'restore', '--to', `${saved}-back`, ...args]);
  const { uid, gid } = fs.statSync(`${saved}-back/file`);
  return { uid, gid };
}

describe('what is refused, and nothing is written', () => {
  coverRefusals(run, [
    [fromTree(), 2, 'restore needs a target.'],
    [fromTree('--to', 'x', '--overwrite', 'never'), 2, '--overwrite requires --in-place.'],
    [fromTree('--to', 'x', '--delete'), 2, '--delete requires --in-place.'],
    [fromTree('--to', 'x', '--ignore-errors'), 2, '--ignore-errors requires --delete.'],
    [fromTree('--in-place', '--ignore-errors'), 2, '--ignore-errors requires --delete.'],
    [fromTree('--in-place', '--overwrite', 'often'), 2, 'often'],
    [fromTree('--to', 'user@host:x'), 2, 'seems to be on another machine'],
    [fromTree('--to', 'tree'), 1, 'not empty'],
    [fromTree('--to', 'x', '--at', 'someday'), 2, '--at'],
    [fromTree('--to', 'x', '--at', '99'), 1, '99'],
    [['restore', '--to', 'x', '--source', 'none'], 2, '--source'],
    [['restore', '--to', 'x', '--source', '77'], 1, '77'],
    [['restore', '--to', 'x'], 1, '--source'],
    [fromTree('--to', 'x', '--jobs', '0'), 2, '--jobs'],
    [fromTree('--to', 'x', '--map-user', 'nowhere'), 1, 'nowhere cannot be read'],
    [fromTree('--to', 'x', '--map-group', 'nowhere'), 1, 'nowhere cannot be read'],
    [fromTree('--to', 'x', '--exclude-from', 'nowhere'), 2, '--exclude-from'],
    [fromTree('--to', 'x', path('tree/none')), 1, 'is not in snapshot 2'],
    [['restore', '--to', 'x', '-r', 'nowhere'], 10, 'There is no repository at nowhere.'],
  ]);
  test('as the directory shows', () => expect(fs.existsSync(path('x'))).toBe(false));
});

test('an interrupt: 130', async () => {
  const done = await run(fromTree('--to', 'stopped'), { signal: AbortSignal.abort() });
  expect(done).toMatchObject({ code: 130, stdout: '' });
});
