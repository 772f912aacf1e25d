import { readdirSync, readFileSync, statSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { canChangeUser } from '../../support/machine.js';
import { createWorkspace } from '../../support/varve-command.js';

const { run, json, path, write } = createWorkspace();

beforeAll(async () => {
  write({ 'tree/a.txt': 'old\n', 'tree/sub/b.txt': 'b\n' });
  await run(['backup', '-q', 'tree']);
  write({ 'tree/a.txt': 'newer\n' });
  await run(['backup', '-q', 'tree']);
});

test('everything, as it was at the last backup', async () => {
  const { code, stdout, stderr } = await run(['restore', '--to', 'all']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(
    /^Restored snapshot 2 to all: 2 files, 2 directories, 0 links, 8 B, in \d:\d\d\n$/,
  );
  expect(readFileSync(path('all/a.txt'), 'utf8')).toBe('newer\n');
  expect(readdirSync(path('all'))).toEqual(['a.txt', 'sub']);
});

test('some paths, as they were at a time', async () => {
  const document = await json('restore', 'tree/a.txt', 'sub', '--to', 'some', '--at', '1B');
  expect(document).toEqual({
    snapshot: 1,
    source: 1,
    files: 2,
    files_unchanged: 0,
    kept: 0,
    directories: 1,
    symlinks: 0,
    bytes_written: 6,
    bytes_unchanged: 0,
    removed: [],
    duration_ms: expect.any(Number) as number,
    issues: [],
  });
  expect(readFileSync(path('some/a.txt'), 'utf8')).toBe('old\n');
  expect(readFileSync(path('some/sub/b.txt'), 'utf8')).toBe('b\n');
});

test('a dry run writes nothing', async () => {
  const { code, stdout } = await run(['restore', '-n', '--to', 'none']);
  expect(code).toBe(0);
  expect(stdout).toBe('Would restore snapshot 2 to none: 2 files, 2 directories, 0 links, 8 B\n');
  expect(readdirSync(path())).not.toContain('none');
});

test('onto the original: what would change, what changes, and then nothing', async () => {
  write({ 'tree/a.txt': 'mine\n', 'tree/extra/file': 'x' });
  const args = ['restore', '--in-place', '--delete', 'tree'];
  expect(await run([...args, '-n'])).toEqual({
    code: 0,
    stderr: '',
    stdout:
      'Would restore snapshot 2 to the original: 2 files, 2 directories, 0 links, 6 B (2 B already there)\n' +
      `Would delete ${path('tree/extra')}\n`,
  });
  expect(readFileSync(path('tree/a.txt'), 'utf8')).toBe('mine\n');
  const { stdout } = await run([...args, '--verify']);
  expect(stdout).toContain(`Deleted ${path('tree/extra')}\n`);
  expect(readFileSync(path('tree/a.txt'), 'utf8')).toBe('newer\n');
  expect(readdirSync(path('tree'))).toEqual(['a.txt', 'sub']);
  expect(await json(...args)).toMatchObject({
    files: 2,
    files_unchanged: 2,
    bytes_written: 0,
    bytes_unchanged: 8,
    removed: [],
  });
});

test('what a pattern leaves out is neither restored nor deleted', async () => {
  write({ 'tree/keep.tmp': 'x', 'tree/sub/b.txt': 'mine' });
  const args = ['restore', '--in-place', '--delete', '--exclude', '*.tmp', '--exclude', 'sub/'];
  expect((await run([...args, 'tree'])).code).toBe(0);
  expect(readdirSync(path('tree')).sort()).toEqual(['a.txt', 'keep.tmp', 'sub']);
  expect(readFileSync(path('tree/sub/b.txt'), 'utf8')).toBe('mine');
});

test.each([
  [[], 'restore needs a target.'],
  [['--to', 'x', '--delete'], '--delete requires --in-place.'],
  [['--to', 'x', '--overwrite', 'never'], '--overwrite requires --in-place.'],
  [['--in-place', '--ignore-errors'], '--ignore-errors requires --delete.'],
])('%j is wrong usage: %s', async (args, message) => {
  const { code, stderr } = await run(['restore', ...args]);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
  expect(readdirSync(path())).not.toContain('x');
});

test('a file of owners that makes no sense is refused before anything is written', async () => {
  write({ 'owners.map': 'ann:1\nann\n' });
  for (const option of ['--map-user', '--map-group']) {
    const { code, stderr } = await run(['restore', '--to', 'mapped', option, 'owners.map']);
    expect(code).toBe(1);
    expect(stderr).toContain("Line 2 of owners.map is not of the form old:new: 'ann'.");
  }
  expect(readdirSync(path())).not.toContain('mapped');
});

test.runIf(canChangeUser)('owners are those that the maps say, as root', async () => {
  write({ 'user.map': '0:4001\n', 'group.map': 'root:4002\n' });
  const maps = ['--map-user', 'user.map', '--map-group', 'group.map'];
  const { code } = await run(['restore', '--to', 'owned', '--numeric-owner', ...maps]);
  expect(code).toBe(0);
  for (const name of ['owned', 'owned/sub', 'owned/sub/b.txt']) {
    expect(statSync(path(name)), name).toMatchObject({ uid: 4001, gid: 4002 });
  }
});
