/** Arguments, variables and working directories that are not UTF-8 mean what their bytes say. */
import { expect, test } from 'vitest';
import { builtProgram } from '../../support/installation.js';
import { scratchDirectory } from '../../support/directory.js';
import { skip } from '../../support/machine.js';
import { spawnSync } from 'node:child_process';

const rdiffProgram = builtProgram.replace('main.js', 'rdiff/main.js');

/** Each test begins with a tree whose names lose their difference when they are decoded. */
const PRELUDE = String.raw`
varve() { "$NODE" "$MAIN" "$@"; }
rdiff() { "$NODE" "$RDIFF" "$@"; }
B=$(printf '\377'); D=$(printf '\357\277\275')
mkdir "s" "s/d$B" "s/d$D"
printf latin >"s/$B"; printf other >"s/$D"; printf deep >"s/d$B/x"; printf decoy >"s/d$D/x"
`;

interface ShellRun {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | null;
}

function shell(script: string): ShellRun {
  const root = scratchDirectory();
  const env = {
    PATH: process.env['PATH'],
    HOME: `${root}/home`,
    NODE: process.execPath,
    MAIN: builtProgram,
    RDIFF: rdiffProgram,
  };
  const run = (text: string) =>
    spawnSync('sh', ['-c', text], { cwd: root, env, encoding: 'latin1' });
  if (process.platform !== 'linux' || run(`${PRELUDE} test -f "s/$B"`).status !== 0) {
    skip('names that are not UTF-8 need Linux');
  }
  run('rm -rf s');
  const { stdout, stderr, status } = run(`${PRELUDE}\n${script}`);
  return { stdout, stderr, status };
}

/** What a script writes when all of it works. */
function output(script: string): string {
  const { stdout, stderr, status } = shell(`set -e\n${script}`);
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout;
}

const BACKUP = 'varve -q -r r init; varve -q -r r backup s\n';

/** Scripts that read, each with what it writes. */
const QUESTIONS: readonly (readonly [string, string, string])[] = [
  ['cat', 'varve -r r cat "s/$B"', 'latin'],
  ['cat of the decoy', 'varve -r r cat "s/$D"', 'other'],
  ['cat below', 'varve -r r cat "s/d$B/x"', 'deep'],
  ['restore PATH', 'varve -q -r r restore "s/d$B" --to t; cat "t/d$B/x"', 'deep'],
  ['--to', 'varve -q -r r restore --to "t$B" s; cat "t$B/s/$B"', 'latin'],
  ['--to as an option value', 'varve -q -r r restore "--to=u$B" s; cat "u$B/s/$B"', 'latin'],
  ['--in-place', 'varve -q -r r restore "s/d$B" --in-place; cat "s/d$B/x"', 'deep'],
  ['find', 'varve -r r find "d$B" --json | tr -d " " | grep -c path_base64', '1\n'],
  [
    'find --content',
    'varve -r r find --content "s/d$B/x" --json | grep -o path_base64',
    'path_base64\n',
  ],
  [
    '--source',
    'varve -q -r r backup "s/d$B"; varve -r r cat x --source "$(hostname):$PWD/s/d$B"',
    'deep',
  ],
];

test('names that are given to commands', () => {
  // In one shell, since each program takes its time to start.
  const written = output(
    BACKUP + QUESTIONS.map(([, script]) => `${script}; printf '|'`).join('\n'),
  );
  const answers = written.split('|');
  expect(QUESTIONS.map(([name], position) => [name, answers[position]])).toEqual(
    QUESTIONS.map(([name, , expected]) => [name, expected]),
  );
});

test.each([
  ['--exclude', 'varve -q -r r backup --exclude "d$B" s; varve -r r ls -R s | grep -c x$', '1\n'],
  [
    '--exclude-from',
    'echo "d*" >"p$B"; varve -q -r r backup --exclude-from "p$B" s; varve -r r ls -R s | grep -c x$ || :',
    '0\n',
  ],
  [
    '--ignore-file',
    'echo "x" >"s/d$B/$B"; varve -q -r r backup --ignore-file "$B" s; varve -r r ls -R s | grep -c x$',
    '1\n',
  ],
  [
    '--files-from',
    'echo "s/d$B" >"l$B"; varve -q -r r backup --files-from "l$B"; varve -r r cat x',
    'deep',
  ],
  [
    '--stdin-name',
    'echo in | varve -q -r r backup --stdin --stdin-name "n$B"; varve -r r cat "/n$B"',
    'in\n',
  ],
  [
    'a root',
    'varve -q -r r backup "s/d$B"; rm -r "s/d$B"; varve -q -r r restore --in-place; cat "s/d$B/x"',
    'deep',
  ],
])('backup: %s', (_, script, expected) => {
  expect(output(`varve -q -r r init\n${script}`)).toBe(expected);
});

test('a repository that is named by -r works in every command', () => {
  const script = String.raw`export R="-r r$B"
    varve -q $R init; varve -q $R backup s; echo new >s/new; varve -q $R backup s
    varve $R cat "s/$B"; varve $R snapshots --json | grep -o '"number":2'
    varve -q $R verify; varve -q $R prune --keep-last 1; varve -q $R repair
    varve -q $R repair --rebuild-index; varve $R cat "s/new"; ls -d *"$D"* 2>/dev/null || :`;
  expect(output(script)).toBe('latin"number":2\nnew\n');
});

test.each([
  ['VARVE_REPOSITORY', 'export VARVE_REPOSITORY="r$B"'],
  ['XDG_DATA_HOME', 'export XDG_DATA_HOME="$PWD/data$B"'],
  ['HOME', 'export HOME="$PWD/home$B"; mkdir "$HOME"'],
  ['TMPDIR', 'export TMPDIR="$PWD/tmp$B" VARVE_REPOSITORY=r; mkdir "$TMPDIR"'],
])('so does what %s names', (_, setting) => {
  const script = String.raw`${setting}
    varve -q init; varve -q backup s; varve cat "s/$B"; ls -d *"$D"* home*/*"$D"* 2>/dev/null || :`;
  expect(output(script)).toBe('latin');
});

test('the working directory', () => {
  const script = String.raw`varve -q -r r init; varve -q -r r backup s
    cd "s/d$B"; varve -r ../../r cat x; varve -q -r ../../r backup .; cd "../d$D"; varve -q -r ../../r cat x
    varve -r ../../r snapshots --json | grep -o paths_base64`;
  expect(output(script)).toBe('deepdecoypaths_base64\n');
});

test('copy, from and to', () => {
  expect(
    output('varve -q copy "s/$B" "c$B"; cat "c$B"; varve -q copy "s/$D" "c$B"; cat "c$B"'),
  ).toBe('latinother');
});

test('rdiff: signature, delta, patch and what belongs to them', () => {
  const script = String.raw`rdiff signature "s/$B" "g$B"; rdiff delta "g$B" "s/$D" "e$B"
    rdiff patch "s/$B" "e$B" "n$B"; cat "n$B"; varve rdiff delta "--basis=s/$B" "s/$D" "f$B" --verify-hash
    varve rdiff patch "s/$B" "f$B" "m$B" --verify-hash; cat "m$B"; rdiff -f patch "s/$B" "f$B" "m$B"`;
  expect(output(script)).toBe('otherother');
});

test('what must be text is refused', () => {
  const all = ['--tag "t$B" s', '--host "h$B" s', '--command n -- cat "s/$B"'].map((options) => {
    const { stderr, status } = shell(`varve -r r init -q; varve -r r backup ${options}`);
    return [status, stderr.split('\n')[0]];
  });
  expect(all).toEqual([
    [2, String.raw`varve: --tag: "t\xff" is not UTF-8.`],
    [2, String.raw`varve: --host: "h\xff" is not UTF-8.`],
    [2, String.raw`varve: --command: "s/\xff" is not UTF-8.`],
  ]);
});

const REFUSALS: readonly (readonly [string, string])[] = [
  ['varve -r r cat "s/no$B"', 's/no\\xff is not in snapshot 1.'],
  ['varve -r "no$B" snapshots', 'There is no repository at no\\xff.'],
  ['varve -r r backup "no$B"', 'no\\xff'],
  ['varve -r r backup --files-from "no$B"', 'no\\xff cannot be read'],
  ['varve "no$B"', 'no\\xff'],
  ['rdiff signature "no$B" out', 'no\\xff'],
];

test('a message names what was given', () => {
  const { stderr } = shell(
    BACKUP + REFUSALS.map(([script]) => `${script}; echo '|' >&2`).join('\n'),
  );
  const messages = stderr.split('|\n');
  REFUSALS.forEach(([script, expected], position) => {
    expect(messages[position], script).toContain(expected);
    expect(messages[position], script).not.toContain('\xef\xbf\xbd');
  });
});

test('compiled code is kept in no other place than was named, which Node may not know', () => {
  for (const [variable, made] of [
    ['XDG_CACHE_HOME="$PWD/c$B"', ''],
    ['XDG_CACHE_HOME="$PWD/c$D"', ''],
    ['XDG_CACHE_HOME= HOME="$PWD/c$B"', ''],
    ['XDG_CACHE_HOME="$PWD/c"', 'c\n'],
  ] as const) {
    for (const program of ['MAIN', 'RDIFF']) {
      const script = `${variable} "$NODE" "$${program}" --version >/dev/null; ls -d c*`;
      expect(shell(script).stdout, script).toBe(made);
    }
  }
});
