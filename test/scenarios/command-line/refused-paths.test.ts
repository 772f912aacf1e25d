/** Paths that the system refuses, wherever the command line takes one: told in words, with the path. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createWorkspace } from '../../support/varve-command.js';

const { path, run } = createWorkspace();

mkdirSync(path('tree'));
writeFileSync(path('tree/a'), 'a');
writeFileSync(path('file'), 'x');
await run(['-r', 'repo', 'init']);
await run(['-r', 'repo', 'backup', 'tree']);

/** Each with the place of the path that cannot be used. */
const COMMANDS: readonly (readonly string[])[] = [
  ['-r', 'PATH', 'ls'],
  ['-r', 'repo', 'backup', 'PATH'],
  ['-r', 'repo', 'backup', 'tree', '--exclude-from', 'PATH'],
  ['-r', 'repo', 'backup', '--files-from', 'PATH'],
  ['-r', 'repo', 'restore', '--to', 'new', '--map-user', 'PATH'],
  ['-r', 'repo', 'restore', '--to', 'new', '--map-group', 'PATH'],
  ['-r', 'repo', 'find', '--content', 'PATH'],
  ['copy', 'PATH', 'http://127.0.0.1:9/x'],
  ['serve', '--root', 'PATH'],
  ['serve', '--root', 'tree', '--token-file', 'PATH'],
  ['serve', '--root', 'tree', '--no-auth', '--cert', 'PATH', '--key', 'PATH'],
];

const RAW = /\bE[A-Z]{3,}\b|\bsyscall\b|\bopen '|\bstat '|\bmkdir '|realpath/;

describe.concurrent.each(['none', 'file/below', 'x'.repeat(300)])('%s', (refused) => {
  test.each(COMMANDS.map((args) => [args.join(' '), args] as const))('%s', async (_, args) => {
    const { code, stderr } = await run(args.map((arg) => (arg === 'PATH' ? refused : arg)));
    expect(code).not.toBe(0);
    expect(stderr).toContain(refused.length > 99 ? 'x'.repeat(99) : refused);
    expect(stderr).not.toMatch(RAW);
    expect(stderr).not.toContain('bug');
  });

  test('as the directory of a new repository', async () => {
    const { code, stderr } = await run(['-r', `${refused}/deep/repo`, 'init']);
    expect(code).toBe(1);
    expect(stderr).not.toMatch(RAW);
  });
});

test('a target below a file is refused by its path', async () => {
  const { code, stderr } = await run(['-r', 'repo', 'restore', '--to', 'file/x']);
  expect(code).toBe(1);
  expect(stderr).toContain(
    'file/x cannot be created or opened: a part of its path is not a directory',
  );
});
