import { Command, CommanderError } from 'commander';
import { expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/command-table.js';
import { addGlobalOptions } from '../../src/cli/global-options.js';
import { REMOVING } from '../../src/cli/peer-words.js';
import { usageError } from '../../src/cli/usage.js';
import type { CodedError } from '../../src/store.js';

/** What is said of a command line that commander refuses. */
async function refusalOf(...args: readonly string[]): Promise<CodedError> {
  const program = new Command('varve').exitOverride().showSuggestionAfterError(false);
  program.configureOutput({ writeErr: () => undefined }).enablePositionalOptions();
  addGlobalOptions(program);
  for (const [name, { load }] of Object.entries(COMMANDS)) {
    const command = program.command(name).action(() => undefined);
    (await load()).define(command);
    addGlobalOptions(command);
  }
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    const command = program.commands.find((each) => each.name() === args[0]);
    return usageError(error as CommanderError, { program, command, args });
  }
  throw new Error(`${args.join(' ')} was accepted`);
}

test.each([
  [['ls', '--nothing'], '`varve ls` has no option --nothing.', 'See `varve help ls`.'],
  [['--nothing'], 'There is no option --nothing.', 'See `varve help`.'],
  [['nothing'], '"nothing" is not a Varve command.', 'See `varve help`.'],
  [
    ['cat'],
    '`varve cat` needs a PATH.',
    'Usage: varve cat [options] <path>. See `varve help cat`.',
  ],
  [['restore', '--at'], '--at needs a value: --at <time>.', 'See `varve help restore`.'],
  [['serve'], '`varve serve` needs --root <dir>.', 'See `varve help serve`.'],
  [
    ['ls', 'a', 'b'],
    '`varve ls` takes 1 argument at most, but got 2.',
    'Put a name that has blanks or wildcards in quotes. See `varve help ls`.',
  ],
  [
    ['init', 'somewhere'],
    '`varve init` takes no arguments, but got 1.',
    'Name the repository with -r: `varve -r PATH init`. See `varve help init`.',
  ],
  [
    ['restore', '--overwrite', 'perhaps'],
    '--overwrite cannot be "perhaps".',
    'It is one of always, if-changed, if-newer, never. See `varve help restore`.',
  ],
  [
    ['backup', '--command', 'db.sql', 'pg_dump', '-U', 'me'],
    '`varve backup` has no option -U.',
    'If -U belongs to the command to run, put two dashes before that command: -- CMD... See `varve help backup`.',
  ],
])('%j is refused in our own words', async (args, message, hint) => {
  expect(await refusalOf(...args)).toMatchObject({ code: 'USAGE', message, hint });
});

test.each([
  [['restore', '--target', 'x'], 'Use --to.'],
  [['restore', '--dest', 'x'], 'Use --to.'],
  [['restore', '-t', 'x'], 'Use --to.'],
  [['prune', '--keep', '3'], 'Use --keep-last.'],
  [['backup', '--exclude-file', 'x'], 'Use --exclude-from.'],
  [['cat', '--restore-as-of', '1'], 'Use --at.'],
  [['check'], 'Use `varve verify`.'],
  [['create'], 'Use `varve backup` for a snapshot, or `varve init` for a repository.'],
])('%j, a word of others, is answered with ours', async (args, answer) => {
  const { hint } = await refusalOf(...args);
  expect(hint?.startsWith(`${answer} See`)).toBe(true);
});

test('a word of others says nothing where the command has no such option', async () => {
  expect((await refusalOf('ls', '--target', 'x')).hint).toBe('See `varve help ls`.');
});

test.each([
  [['backup', '--exlude', 'x'], 'Did you mean --exclude?'],
  [['backup', '--excl', 'x'], undefined],
  [['restore', '--numeric', 'x'], 'Did you mean --numeric-owner?'],
  [['ls', '--repositry', 'x'], 'Did you mean --repo?'],
  [['bakcup'], 'Did you mean backup?'],
  [['snap'], 'Did you mean snapshots?'],
  [['constructor'], undefined],
])('%j is a slip of the fingers, or is not', async (args, question) => {
  const { hint } = await refusalOf(...args);
  expect(hint).toMatch(question === undefined ? /^See/ : /^Did you mean/);
  if (question !== undefined) expect(hint?.startsWith(`${question} See`)).toBe(true);
});

test.each([
  ['bac', 'Did you mean backup?'],
  ['ba', undefined],
  ['sta', 'Did you mean status or stats?'],
  ['verifying', 'Did you mean verify?'],
  ['lsfiles', undefined],
])('a command cut to three letters or more is known: %s', async (word, question) => {
  const { hint } = await refusalOf(word);
  expect(hint).toBe(`${question === undefined ? '' : `${question} `}See \`varve help\`.`);
});

test('an option cut to three letters or more is known, where it is one of three at most', () => {
  const hintOf = (typed: string, ...options: readonly string[]): string | undefined => {
    const command = new Command('do');
    for (const option of options) command.option(option);
    const error = new CommanderError(
      1,
      'commander.unknownOption',
      `error: unknown option '${typed}'`,
    );
    return usageError(error, { program: new Command(), command, args: ['do', typed] }).hint;
  };
  const three = ['--ape-house', '--ape-garden', '--ape-cellar'];
  const none = 'See `varve help do`.';
  expect(hintOf('--ape', ...three)).toBe(`Did you mean ${three.join(' or ')}? ${none}`);
  expect(hintOf('--ap', ...three)).toBe(none);
  expect(hintOf('--ape', ...three, '--ape-attic')).toBe(none);
  expect(hintOf('--ape-attics', '--ape')).toBe(`Did you mean --ape? ${none}`);
});

test.each([
  [['backup', '--exlude=x', 'y']],
  [['backup', '--command', 'db.sql', '--exlude', 'x']],
  [['backup', '--command', 'db.sql', '--exlude', '--', 'pg_dump', '--exlude']],
])('an option before the command to run is ours: %j', async (args) => {
  expect(await refusalOf(...args)).toMatchObject({
    message: '`varve backup` has no option --exlude.',
    hint: 'Did you mean --exclude? See `varve help backup`.',
  });
});

test.each(REMOVING)('%s is not suggested for anything near it', async (name) => {
  const near = [
    name.slice(0, -1),
    `${name}s`,
    name.replace(/(.)(.)$/, '$2$1'),
    name.slice(0, -2),
  ].filter((word) => word !== name);
  for (const word of near) {
    const asked = name.startsWith('--')
      ? await Promise.all(['restore', 'prune'].map((command) => refusalOf(command, word, 'x')))
      : [await refusalOf(word)];
    for (const { hint } of asked) expect(hint).not.toContain(`${name} `);
    for (const { hint } of asked) expect(hint).not.toContain(`${name}?`);
  }
});

test('an error of a kind that is not known keeps its words', () => {
  const error = new CommanderError(1, 'commander.other', 'Something else.');
  const typed = { program: new Command(), command: undefined, args: [] };
  expect(usageError(error, typed)).toMatchObject({ message: 'Something else.' });
});
