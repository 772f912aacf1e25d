/** Ignore files against git itself: which line of which file decides about each path. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { scratchDirectory } from '../../support/directory.js';
import { createJudge } from '../../support/filter.js';
import { needPrograms, runProgram } from '../../support/machine.js';
import { runs } from '../../support/seed.js';

const NAMES = ['a', 'b', 'ab', 'a.c', 'B', '.a', 'a b', '[a', ']', '-', '!', '#a', 'a\\b', '*'];
const DIRECTORIES = ['', 'a/', 'b/', 'a/b/', 'a/b/a/', 'b/[a/'];
const PATHS = DIRECTORIES.flatMap((directory) =>
  NAMES.map((name) => directory + name).map((path) =>
    DIRECTORIES.includes(`${path}/`) ? `${path}/` : path,
  ),
);
/** The root, one below it, and one below that. */
const IGNORE_FILES = ['', 'a/', 'a/b/'].map((directory) => `${directory}.gitignore`);

const piece = fc.constantFrom(
  ...['a', 'b', 'c', 'B', '.', ' ', '/', '*', '?', '**', '/**/', '**/', '/**', '-', '#', '!', ']'],
  ...['[ab]', '[!a]', '[^b]', '[a-c]', '[]a]', '[!]-]', '[a-]', '[[:alpha:]]', '[[:punct:]b]'],
  ...['[', '[[:none:]]', '[c-a]', '[\\]]', '\\', '\\*', '\\[', '\\ ', '\\a', '\\!', '\\#', '[/]'],
);
const line = fc
  .tuple(
    fc.constantFrom('', '', '', '!', '/'),
    fc.array(piece, { minLength: 1, maxLength: 4 }),
    fc.constantFrom('', '', '', '/', ' ', '\r'),
  )
  .map(([start, pieces, end]) => start + pieces.join('') + end)
  .filter(isDocumented);
const ignoreFile = fc.array(line, { maxLength: 6 }).map((lines) => lines.join('\n'));

/**
 * Two things git does that gitignore(5) does not say: `a**` counts as `**` after the literal start of a
 * pattern with a slash, and `**` before an escaped slash does not stand for no directory.
 */
function isDocumented(pattern: string): boolean {
  const body = pattern.replace(/^!/, '');
  return !body.includes('/') || !/[^/*]\*{2}|\\\//.test(body);
}

test('the line that decides is the one that git check-ignore names', () => {
  needPrograms('git');
  const root = scratchDirectory();
  const env = { PATH: process.env['PATH'], HOME: root, GIT_CONFIG_NOSYSTEM: '1' };
  const git = (args: string[], input = '') =>
    spawnSync('git', ['-C', root, ...args], { env, input, encoding: 'latin1' });
  runProgram('git', ['init', '-q', root], { env });
  for (const directory of DIRECTORIES) mkdirSync(join(root, directory), { recursive: true });
  for (const path of PATHS) if (!path.endsWith('/')) writeFileSync(join(root, path), '');

  const gitDecides = (): (string | undefined)[] => {
    const args = ['check-ignore', '--no-index', '-v', '-n', '-z', '--stdin'];
    const { stdout, stderr } = git(args, PATHS.map((path) => path.replace(/\/$/, '')).join('\0'));
    expect(stderr).toBe('');
    const fields = stdout.split('\0');
    return PATHS.map((_, at) => {
      const [file, number, pattern] = fields.slice(at * 4, at * 4 + 3);
      return pattern === '' ? undefined : `${file}:${number}:${pattern?.replace(/\/$/, '')}`;
    });
  };
  const filterDecides = (): (string | undefined)[] => {
    const judge = createJudge({ ignoreFiles: ['.gitignore'] }, { root, list: true });
    return PATHS.map((path) => {
      const reason = judge(`${root}/${path}`).verdict?.reason;
      if (reason?.type !== 'rule') return undefined;
      const { origin, pattern } = reason.rule;
      const file = origin?.file.slice(root.length + 1);
      return `${file}:${origin?.line}:${pattern.replace(/\/$/, '')}`;
    });
  };

  fc.assert(
    fc.property(fc.tuple(ignoreFile, ignoreFile, ignoreFile), (contents) => {
      IGNORE_FILES.forEach((file, at) => writeFileSync(join(root, file), contents[at] ?? ''));
      expect(filterDecides()).toEqual(gitDecides());
    }),
    runs(150),
  );
  rmSync(root, { recursive: true });
});
