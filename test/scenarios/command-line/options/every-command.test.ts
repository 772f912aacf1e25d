/** From the options that every command takes to what they do, in each of the commands. */
import { readFileSync, globSync } from 'node:fs';
import Database from 'better-sqlite3';
import { beforeAll, expect, test } from 'vitest';
import { COMMANDS } from '../../../../src/cli/command-table.js';
import { createInProcess } from '../../../support/in-process.js';
import { coverGlobalOptions, coverRefusals } from '../../../support/option-table.js';
import { catchesHangup } from '../../../support/machine.js';
import { createWorkspace, finished, until } from '../../../support/varve-command.js';

const { root, run, path, write } = createInProcess();
const { start } = createWorkspace();

beforeAll(async () => {
  write({ 'tree/a': 'a\n', source: 'source\n' });
  await run(['init', '-r', 'repo']);
  await run(['backup', 'tree', '-r', 'repo']);
});

/** An invocation of each command that has something to say, and works again and again. */
const INVOCATIONS: Readonly<Record<string, readonly string[]>> = {
  init: ['init', '--make-parents'],
  backup: ['backup', 'tree'],
  snapshots: ['snapshots'],
  status: ['status'],
  ls: ['ls', 'tree'],
  log: ['log', 'tree/a'],
  find: ['find', 'a'],
  diff: ['diff', '--read-all'],
  explain: ['explain', 'tree/a'],
  cat: ['cat', 'tree/a'],
  restore: ['restore', '--in-place'],
  verify: ['verify'],
  prune: ['prune', '-n', '--keep-last', '1'],
  stats: ['stats'],
  repair: ['repair'],
  copy: ['copy', 'source', 'target'],
  serve: ['serve', '--root', 'tree', '-l', '0'],
};
/** What writes into a repository. */
const WRITERS = [
  ['backup', 'tree'],
  ['prune', '--keep-last', '1'],
  ['repair'],
  ['repair', '--rebuild-index'],
];
const names = Object.keys(COMMANDS);
const needsRepository = (name: string): boolean => !['init', 'copy', 'serve'].includes(name);
const invoke = (name: string, ...more: string[]) => {
  const where = name === 'init' ? `new/${name}${more.join('')}` : 'repo';
  const [first = '', ...rest] = INVOCATIONS[name] ?? [];
  // `serve` runs until it is interrupted.
  return run([first, ...more, '-r', where, ...rest], { signal: signalFor(name) });
};
const signalFor = (name: string): AbortSignal =>
  name === 'serve' ? AbortSignal.abort() : new AbortController().signal;
const exitOf = (name: string): number => (name === 'serve' ? 130 : 0);

coverGlobalOptions({
  async '--repo'() {
    for (const name of names.filter(needsRepository)) {
      const args = INVOCATIONS[name] ?? [];
      for (const option of ['-r', '--repo']) {
        for (const given of [
          [option, 'nowhere', ...args],
          [...args, option, 'nowhere'],
          [option, 'repo', ...args, option, 'nowhere'],
        ]) {
          expect(await run(given), given.join(' ')).toMatchObject({ code: 10, stdout: '' });
        }
      }
      const env = { VARVE_REPOSITORY: path('nowhere') };
      expect(await run(args, { env }), name).toMatchObject({ code: 10, stdout: '' });
      expect(await run([...args, '-r', 'repo'], { env }), name).toMatchObject({ code: 0 });
    }
  },
  async '--json'() {
    for (const name of names) {
      const { code, stdout, stderr } = await invoke(name, '--json');
      expect(code, name).toBe(exitOf(name));
      if (name === 'cat') expect(stdout).toBe('a\n');
      else if (name === 'serve') expect(stdout).toBe('');
      else expect(JSON.parse(stdout), name).toBeTypeOf('object');
      expect(stderr === '', name).toBe(name !== 'serve');
      const before = await run(['--json', name, '--nonsense']);
      expect(before, name).toMatchObject({ code: 2, stderr: '' });
      expect(JSON.parse(before.stdout), name).toMatchObject({ error: { code: 'USAGE' } });
    }
  },
  async '--quiet'() {
    // What was asked for is no noise.
    const answers = ['snapshots', 'ls', 'log', 'find', 'explain', 'cat', 'stats'];
    write({ 'tree/a': 'changed\n' });
    for (const name of names) {
      for (const option of ['-q', '--quiet']) {
        const { code, stdout, stderr } = await invoke(name, option);
        expect({ code, stderr }, name).toEqual({ code: exitOf(name), stderr: '' });
        expect(stdout !== '', name).toBe(answers.includes(name));
      }
      expect((await invoke(name)).code).toBe(exitOf(name));
    }
    write({ 'tree/a': 'changed again\n' });
    expect((await invoke('diff', '-q')).stdout).toContain(path('tree/a'));
  },
  async '--verbose'() {
    for (const option of ['-v', '--verbose']) {
      write({ 'tree/a': `for ${option}\n` });
      const listed = `changed    ${path('tree/a')}\n`;
      expect((await invoke('backup', option)).stdout).toContain(listed);
      write({ 'tree/a': 'something else\n' });
      expect((await invoke('restore', option)).stdout).toContain(listed);
      expect((await invoke('copy', option)).stdout).toContain('target\n');
    }
    write({ 'tree/a': 'last\n' });
    expect((await invoke('backup')).stdout).not.toContain(`${path('tree/a')}\n`);
    const failing = ['find', '-r', 'repo'];
    expect((await run([...failing, '-v'])).stderr).not.toContain('    at ');
    for (const twice of [['-vv'], ['-v', '-v'], ['--verbose', '-v']]) {
      expect((await run([...failing, ...twice])).stderr).toContain('    at ');
    }
  },
  async '--no-progress'() {
    const ERASED = '\r\u001b[';
    for (const args of [
      ['backup', 'tree', '-r', 'repo'],
      ['verify', '-r', 'repo'],
      ['restore', '--to', 'shown', '-n', '-r', 'repo'],
    ]) {
      const shown = await run(args, { isTerminal: true });
      expect(shown.stderr, args.join(' ')).toContain(ERASED);
      for (const silent of [
        ['--no-progress', ...args],
        [...args, '--no-progress'],
        [...args, '-q'],
      ]) {
        const { code, stderr } = await run(silent, { isTerminal: true });
        expect({ code, isDrawn: stderr.includes(ERASED) }).toEqual({ code: 0, isDrawn: false });
      }
      expect((await run(args)).stderr).not.toContain(ERASED);
    }
  },
  async '--ignore-hup'() {
    for (const [option, code] of [
      [['--ignore-hup'], 0],
      [[], 130],
    ] as const) {
      const child = start(['-r', path('repo'), ...option, 'backup', '--stdin', '-q'], {
        cwd: root,
      });
      const done = finished(child);
      await until(() => catchesHangup(child.pid));
      child.kill('SIGHUP');
      child.stdin?.on('error', () => undefined).end('all of it');
      expect((await done).code).toBe(code);
    }
  },
  async '--lock-wait'() {
    const lock = new Database(path('repo/lock.sqlite'));
    const held = (): Database.Database => lock.exec('BEGIN IMMEDIATE');
    for (const args of WRITERS) {
      held();
      const refused = await run([...args, '-r', 'repo']);
      expect(refused, args.join(' ')).toMatchObject({ code: 11, stdout: '' });
      const waiting = run([...args, '-r', 'repo', '--lock-wait', '10m']);
      // It looks again and again, and a lock is free when it is next looked at.
      setImmediate(() => lock.exec('ROLLBACK'));
      expect(await waiting, args.join(' ')).toMatchObject({ code: 0 });
    }
    lock.close();
    expect(await run(['backup', 'tree', '--lock-wait', 'long'])).toMatchObject({ code: 2 });
  },
});

coverRefusals(run, [
  [['-r', 'repo', 'backup', 'tree', '--lock-wait', 'long'], 2, '--lock-wait: '],
  [['--lock-wait', 'long', 'ls'], 2, '--lock-wait: '],
  [['--nonsense', 'ls'], 2, '--nonsense'],
  [[], 2, ''],
  [['nonsense'], 2, ''],
]);

test('every command has a table of its options', () => {
  const tables = globSync('*.test.ts', { cwd: import.meta.dirname })
    .map((file) => readFileSync(`${import.meta.dirname}/${file}`, 'utf8'))
    .flatMap((text) => Array.from(text.matchAll(/^coverOptions\('(.+?)'/gm), ([, name]) => name));
  expect(tables.sort()).toEqual([...names].sort());
  expect(Object.keys(INVOCATIONS).sort()).toEqual([...names].sort());
});
