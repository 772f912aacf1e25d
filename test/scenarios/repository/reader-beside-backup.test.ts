/** Who may only read never takes a backup, or a prune, that is under way for damage. */
import * as fs from 'node:fs';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { canChangeUser, skip } from '../../support/machine.js';
import { ordinaryUser } from '../../support/ordinary-user.js';
import { noise } from '../../support/seed.js';
import { createWorkspace, finished } from '../../support/varve-command.js';

const { run } = createWorkspace();
const ROUNDS = 8;
const QUESTIONS = [
  ['verify'],
  ['ls'],
  ['snapshots'],
  ['diff'],
  ['prune', '-n', '--keep-last', '1'],
];

test('readers without write access see whole states while runs follow each other', async () => {
  if (!canChangeUser) skip('only root can become another user');
  const user = ordinaryUser();
  fs.chmodSync(user.directory, 0o755);
  const tree = join(user.directory, 'tree');
  const repository = join(user.directory, 'repo');
  fs.mkdirSync(tree);
  const change = (round: number): void => {
    for (let i = 0; i < 60; i++) {
      if (round === 0 || i % 6 === 0)
        fs.writeFileSync(join(tree, `${i}`), noise(20_000, round * 100 + i + 1));
    }
  };
  change(0);
  await run(['-r', repository, 'init']);
  await run(['-r', repository, 'backup', tree]);
  for (const name of fs.readdirSync(repository, { recursive: true, encoding: 'utf8' })) {
    const file = join(repository, name);
    fs.chmodSync(file, fs.statSync(file).isDirectory() ? 0o755 : 0o644);
  }
  fs.chmodSync(repository, 0o755);

  const state = { isOver: false };
  const writing = (async () => {
    for (let round = 1; round <= ROUNDS; round++) {
      change(round);
      expect((await run(['-q', '-r', repository, 'backup', tree])).code).toBe(0);
      if (round % 2 === 0) {
        await run(['-q', '-r', repository, 'prune', '--keep-last', '2', '--lock-wait', '1m']);
      }
    }
    state.isOver = true;
  })();
  let asked = 0;
  while (!state.isOver || asked < 20) {
    const args = QUESTIONS[asked++ % QUESTIONS.length]!;
    const child = spawn(
      user.program[0]!,
      [...user.program.slice(1), '-q', '-r', repository, '--lock-wait', '10s', ...args],
      {
        cwd: user.directory,
        ...user.options,
      },
    );
    const { code, stderr } = await finished(child);
    expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' });
  }
  await writing;
});
