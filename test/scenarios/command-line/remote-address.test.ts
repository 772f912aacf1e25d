import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createWorkspace } from '../../support/varve-command.js';

const { run, root, write } = createWorkspace();
write({ 'tree/a:b.txt': 'a', 'user@host:file': 'local' });
const before = readdirSync(root);

test.each([
  ['init', ['init']],
  ['backup', ['backup', 'tree']],
  ['snapshots', ['snapshots']],
  ['restore', ['restore', '--to', 'back']],
  ['prune', ['prune', '--keep-last', '1']],
  ['verify', ['verify']],
])('%s with a repository on another machine makes nothing', async (_, args) => {
  for (const repository of ['user@host:/x', 'sftp://host/x']) {
    const { code, stdout, stderr } = await run(['-r', repository, ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`varve: Remote repositories are not supported yet: ${repository}.\n`);
    expect(stderr).toContain('write ./ before it');
  }
  expect(readdirSync(root)).toEqual(before);
});

test('what needs no repository does not look at it', async () => {
  const env = { VARVE_REPOSITORY: 'ssh://host/x' };
  expect(await run(['copy', '-q', './user@host:file', 'copied'], { env })).toMatchObject({
    code: 0,
  });
  expect(await run(['--version'], { env })).toMatchObject({ code: 0 });
});

test.each([
  ['a target', ['restore', '--to', 'user@host:/x'], '--to: "user@host:/x" seems to be on another'],
  ['a source', ['backup', 'host:/home'], 'backup: "host:/home" seems to be on another machine.'],
  [
    'a copy',
    ['copy', 'tree/a:b.txt', 'user@host:b'],
    '"user@host:b" is not an address such as http',
  ],
])('%s on another machine is answered', async (_, args, message) => {
  const { code, stderr } = await run(args);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});

test('with ./ before it, each is a path of this machine', async () => {
  await run(['-q', '-r', './a:b', 'init']);
  expect(await run(['-q', '-r', './a:b', 'backup', 'user@host:file'])).toMatchObject({ code: 0 });
  const restored = await run(['-q', '-r', './a:b', 'restore', '--to', './user@host:back']);
  expect(restored).toMatchObject({ code: 0, stderr: '' });
});
