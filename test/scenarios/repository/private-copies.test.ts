/** Who may not write a repository reads a private copy of its index, which goes with the command. */
import * as fs from 'node:fs';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { canChangeUser, skip } from '../../support/machine.js';
import { ordinaryUser } from '../../support/ordinary-user.js';
import { createWorkspace, finished } from '../../support/varve-command.js';

const { run } = createWorkspace();

test('a command leaves no copy of the index behind, whatever it ends with', async () => {
  if (!canChangeUser) skip('only root can become another user');
  const user = ordinaryUser();
  const [tree, repository, temporary] = ['tree', 'repo', 'temporary'].map((name) =>
    join(user.directory, name),
  ) as [string, string, string];
  fs.chmodSync(user.directory, 0o755);
  fs.mkdirSync(tree);
  fs.writeFileSync(join(tree, 'file'), 'x');
  fs.mkdirSync(temporary);
  fs.chmodSync(temporary, 0o777);
  await run(['-r', repository, '-q', 'init']);
  await run(['-r', repository, '-q', 'backup', tree]);
  for (const name of ['.', ...fs.readdirSync(repository, { recursive: true, encoding: 'utf8' })]) {
    const path = join(repository, name);
    fs.chmodSync(path, fs.statSync(path).isDirectory() ? 0o755 : 0o644);
  }
  const codes: (number | null)[] = [];
  for (const args of [['ls'], ['cat', join(tree, 'file')], ['ls', 'none'], ['verify'], ['stats']]) {
    const command = [...user.program.slice(1), '-q', '-r', repository, ...args];
    const env = { TMPDIR: temporary };
    const child = spawn(user.program[0]!, command, { ...user.options, env, cwd: user.directory });
    codes.push((await finished(child)).code);
    expect(fs.readdirSync(temporary)).toEqual([]);
  }
  expect(codes).toEqual([0, 0, 1, 0, 0]);
});
