/** Whoever writes into a repository, what lies there stays its owner's, or its group's. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { canChangeUser, ORDINARY_USER, skip } from '../../support/machine.js';
import { ordinaryUser, type Outcome } from '../../support/ordinary-user.js';
import { noise } from '../../support/seed.js';

const GROUP = 65530;
const ROOT = { uid: 0, gid: 0 };
const [ANNE, BERT] = [
  { uid: 65533, gid: GROUP },
  { uid: 65532, gid: GROUP },
];

/** What a command may make anew. */
const COMMANDS = {
  backup: ['backup', '--jobs', '3', 'more'],
  'backup of a stream': ['backup', '--command', 'x', '--', 'echo', 'x'],
  prune: ['prune', '--keep-last', '1'],
  verify: ['verify'],
  repair: ['repair'],
  rebuild: ['repair', '--rebuild-index'],
  ls: ['ls', '--source', '1'],
};

/** The others make the same files. */
const OF_GROUPS = ['backup', 'prune', 'rebuild'] as const;

/** A directory with something to back up, which everybody may read. */
function prepare() {
  if (!canChangeUser) skip('only root can become others');
  const user = ordinaryUser();
  fs.chmodSync(user.directory, 0o777);
  for (const tree of ['tree', 'more']) {
    fs.mkdirSync(join(user.directory, tree));
    for (let i = 0; i < 4; i++) {
      const bytes = tree === 'tree' ? Buffer.from(`${i}`) : noise(1_500_000, i + 1);
      fs.writeFileSync(join(user.directory, tree, `${i}`), bytes, { mode: 0o644 });
    }
    fs.chmodSync(join(user.directory, tree), 0o755);
  }
  return { ...user, repository: join(user.directory, 'repo') };
}

/** Files of the repository that do not look like its `varve.json`. */
function strangers(repository: string): string[] {
  const look = (path: string): string => {
    const { uid, gid, mode } = fs.statSync(path);
    return `${uid} ${gid} ${(mode & 0o777).toString(8)}`;
  };
  const model = look(join(repository, 'varve.json'));
  return fs
    .readdirSync(repository, { recursive: true, encoding: 'utf8' })
    .map((name) => join(repository, name))
    .filter((path) => fs.statSync(path).isFile())
    .map((path) => `${path} ${look(path)}`)
    .filter((line) => !line.endsWith(` ${model}`));
}

function expectDone({ status, stderr }: Outcome, label?: string): void {
  expect({ status, stderr }, label).toEqual({ status: 0, stderr: '' });
}

// One repository for all commands, each after the others: programs take their time to start.

test('root, with umask 077, takes nothing from a user in the files that any command makes', () => {
  const { varve, varveAs, repository } = prepare();
  expectDone(varve('-q', '-r', repository, 'init'));
  for (const [name, command] of Object.entries(COMMANDS)) {
    for (let i = 0; i < 2; i++) expectDone(varve('-q', '-r', repository, 'backup', 'tree'), name);
    for (const file of ['lock.sqlite', 'reserve']) fs.rmSync(join(repository, file));
    expectDone(varveAs(ROOT, '077', '-q', '-r', repository, ...command), name);
    expect(strangers(repository), name).toEqual([]);
    expect(fs.statSync(join(repository, 'index.sqlite')).uid, name).toBe(ORDINARY_USER);
  }
  expectDone(varve('-q', '-r', repository, 'verify'));
});

test.each([
  ['by its directory', 0o2770],
  ['by its files only', 0o770],
])('a repository that is opened to a group %s stays open after any command', (_, mode) => {
  const { varveAs, repository } = prepare();
  expectDone(varveAs(ANNE, '077', '-q', '-r', repository, 'init'));
  expectDone(varveAs(ANNE, '077', '-q', '-r', repository, 'backup', 'tree'));
  const names = fs.readdirSync(repository, { recursive: true, encoding: 'utf8' });
  for (const path of [repository, ...names.map((name) => join(repository, name))]) {
    fs.chmodSync(path, fs.statSync(path).isDirectory() ? mode : 0o660);
  }
  for (const command of OF_GROUPS) {
    for (const user of [BERT, ANNE, BERT]) {
      expectDone(varveAs(user, '077', '-q', '-r', repository, ...COMMANDS[command]), command);
      const foreign = strangers(repository).filter((line) => !line.endsWith(` ${GROUP} 660`));
      expect(foreign, command).toEqual([]);
    }
    expectDone(varveAs(ANNE, '077', '-q', '-r', repository, 'verify'), command);
  }
});
