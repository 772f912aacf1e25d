/** What people are shown holds no control character of a name, whatever it is written to. */
import { statfsSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { createWorkspace } from '../../support/varve-command.js';

const { run, json, write, path } = createWorkspace();
// Colours, a title, a line of its own, a bell, another direction, the C1 form of ESC [, a carriage return.
const NAMES = [
  '\x1b[31mred',
  '\x1b]0;title\x07',
  'two\nlines',
  '\u202ehtml.exe',
  '\u009b2J',
  'over\rwritten',
];
const TAG = 'tag\x1b[2J\nvarve: all is well';

// eslint-disable-next-line no-control-regex
const UNSAFE = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/;

beforeAll(async () => {
  write(Object.fromEntries(NAMES.map((name) => [`tree/${name}`, name])));
  write({ 'tree/odd\ndirectory/x': 'x' });
  await run(['backup', '-q', '--tag', TAG, '--host', 'ho\x1b[mst', 'tree']);
  write({ 'tree/two\nlines': 'changed' });
});

test.each([
  [['ls', 'tree'], String.raw`two\x0alines`],
  [['ls', '-lR', 'tree'], String.raw`odd\x0adirectory/x`],
  [['find', '*'], String.raw`\x1b[31mred`],
  [['log', 'tree/two\nlines'], String.raw`two\x0alines`],
  [['diff', '--source', '1'], String.raw`M  `],
  [['explain', 'tree/two\nlines'], String.raw`two\x0alines`],
  [['stats'], String.raw`\u{202e}html.exe`],
  [['snapshots'], String.raw`tag\x1b[2J\x0avarve: all is well`],
  [['prune', '-n', '--keep-tag', TAG], String.raw`tag\x1b[2J\x0avarve`],
  [['restore', '--to', 'new\nplace', '--at', '1'], String.raw`new\x0aplace`],
])('into a pipe: %j', async (args, shown) => {
  const { stdout, stderr } = await run(args);
  expect(stderr).toBe('');
  expect(stdout).toContain(shown);
  expect(stdout).not.toMatch(UNSAFE);
});

test('a document keeps them', async () => {
  const { entries } = await json<{ entries: { path: string }[] }>('ls', 'tree');
  const names = entries.map((entry) => entry.path.replace(/^.*tree\//s, ''));
  expect(names).toEqual(expect.arrayContaining(NAMES));
});

describe('a message is one line, whatever it names', () => {
  test.each([
    ['a path', ['cat', 'tree/no\nvarve: done\x1b[m']],
    ['a repository', ['-r', 'no\nvarve: done\x1b[m', 'snapshots']],
    ['an option', ['ls', '--no\nvarve: done\x1b[m']],
    ['a command', ['no\nvarve: done\x1b[m']],
    ['a time', ['ls', '--at', 'no\nvarve: done\x1b[m']],
    ['a list', ['backup', '--files-from', 'no\nvarve: done\x1b[m']],
    ['a source', ['ls', '--source', 'no\nvarve: done\x1b[m']],
    ['rdiff', ['rdiff', 'signature', 'no\nvarve: done\x1b[m', 'out']],
    ['an action of rdiff', ['rdiff', '--no\nvarve: done\x1b[m']],
  ])('%s', async (_, args) => {
    const { stderr } = await run(args);
    expect(stderr).not.toMatch(UNSAFE);
    expect(stderr).not.toMatch(/^varve: done/m);
    expect(stderr.split('\n')[0]).toContain(String.raw`no\x0avarve: done\x1b[m`);
  });
});

describe('--min-free', () => {
  const freeBytes = (): number => {
    const { bavail, bsize } = statfsSync(path('.'));
    return bavail * bsize;
  };

  test.each([
    ['a share', ['--min-free', '100%'], {}],
    ['a size', ['--min-free', `${Math.ceil(freeBytes() / 2 ** 30) + 10}G`], {}],
    ['the environment', [], { VARVE_MIN_FREE: '100%' }],
  ])('refuses to begin where less is free: %s', async (_, options, env) => {
    await run(['-r', 'kept', '-q', 'init']);
    const { code, stderr } = await run(['-r', 'kept', 'backup', ...options, 'tree'], { env });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^varve: .* has \d+ MiB free, and \d+ MiB are to stay free\.\nFree space/,
    );
    expect((await run(['-r', 'kept', 'snapshots'])).stdout).toContain('No snapshots yet.');
  });

  test('an option comes before the environment, and enough free space is enough', async () => {
    const env = { VARVE_MIN_FREE: '100%' };
    expect(await run(['backup', '-q', '--min-free', '1M', 'tree'], { env })).toMatchObject({
      code: 0,
    });
    expect(await run(['backup', '-q', '-n', 'tree'], { env })).toMatchObject({ code: 0 });
  });

  test.each(['0%', '101%', 'much', '-1G'])('%s is no amount', async (amount) => {
    const { code, stderr } = await run(['backup', `--min-free=${amount}`, 'tree']);
    expect(code).toBe(2);
    expect(stderr).toContain(`--min-free: "${amount}" is not a`);
  });
});
