import { randomBytes } from 'node:crypto';
import { existsSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { beforeAll, describe, expect, test } from 'vitest';
import { isSuperuser, needPrograms, skip } from '../../support/machine.js';
import { createWorkspace, finished, openFiles, until } from '../../support/varve-command.js';

const { run, start, path, write, defaultRepository } = createWorkspace();
const large = Buffer.alloc(3_000_000, 'Varve, ');

beforeAll(async () => {
  const names = Array.from({ length: 3000 }, (_, i) => `tree/${'long-name-'.repeat(10)}${i}`);
  write({ ...Object.fromEntries(names.map((name) => [name, ''])), 'tree/large': large });
  await run(['backup', '-q', 'tree']);
});

describe('standard output', () => {
  test.each([[['ls', 'tree']], [['ls', 'tree', '--json']], [['cat', 'tree/large']]])(
    'may be closed early: %j',
    async (args) => {
      const child = start(args);
      child.stdout?.once('data', () => child.stdout?.destroy());
      expect(await finished(child)).toMatchObject({ code: 0, stderr: '' });
    },
  );

  test('may be read slowly', async () => {
    const child = start(['cat', 'tree/large']);
    const [closed, chunks] = [once(child, 'close'), [] as Buffer[]];
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      // The pipe fills up in between.
      for (let turn = 0; turn < 100; turn += 1) await nextTurn();
    }
    expect(await closed).toEqual([0, null]);
    expect(Buffer.concat(chunks).equals(large)).toBe(true);
  });

  test.each([
    [['ls', 'tree']],
    [['snapshots', '--json']],
    [['cat', 'tree/large']],
    [['--version']],
  ])('may be full: %j', async (args) => {
    const full = openSync('/dev/full', 'w');
    const { code, stderr } = await run(args, { stdio: ['ignore', full, 'pipe'] });
    expect(code).toBe(1);
    expect(stderr).toContain('varve: Standard output cannot be written: ENOSPC');
  });
});

describe('what is done, and cannot be reported', () => {
  const DONE = [
    [['backup', 'small'], /^varve: Snapshot \d+ of .*small was taken, but standard output cannot/],
    [['backup', '--json', 'small'], /^varve: Snapshot \d+ of .*small was taken, but/],
    [['backup', '--command', 'x', '--', 'echo', 'x'], /^varve: Snapshot \d+ of \/x was taken, but/],
    [['prune', '--keep-last', '1'], /^varve: \d+ snapshots? removed, but/],
    [['restore', 'small', '--to', 'restored'], /^varve: Snapshot \d+ was restored, but/],
    [['verify'], /^varve: No damage was found, but/],
    [['repair'], /^varve: The repair was done, but/],
    [['copy', 'small', 'copied'], /^varve: The file was copied, but/],
    [['init', '-r', 'made'], /^varve: The repository made was created, but/],
  ] as const;

  test.each(DONE)('says so and ends with 3: %j', async (args, message) => {
    write({ small: 'small' });
    for (const name of ['restored', 'made']) rmSync(path(name), { recursive: true, force: true });
    const full = openSync('/dev/full', 'w');
    const { code, stderr } = await run(args, { stdio: ['ignore', full, 'pipe'] });
    expect(code).toBe(3);
    expect(stderr.split('\n').some((line) => message.test(line))).toBe(true);
  });

  test.each(DONE)('ends as ever where the reader has gone: %j', async (args) => {
    write({ small: 'small' });
    for (const name of ['restored', 'made']) rmSync(path(name), { recursive: true, force: true });
    const child = start(args);
    child.stdout?.destroy();
    expect(await finished(child)).toMatchObject({ code: 0, stderr: '' });
  });

  test('keeps the code of a run that found more: an incomplete one, or damage', async () => {
    const full = openSync('/dev/full', 'w');
    const stdio = ['ignore', full, 'pipe'] as const;
    await run(['-r', 'broken', 'init']);
    await run(['-r', 'broken', 'backup', 'tree/large']);
    const [pack] = readdirSync(path('broken/packs'));
    const bytes = readFileSync(path('broken/packs', pack!));
    writeFileSync(path('broken/packs', pack!), bytes.fill(1, 200, 260));
    expect((await run(['-r', 'broken', 'verify'], { stdio: [...stdio] })).code).toBe(4);
    expect((await run(['-r', 'broken', 'repair'], { stdio: [...stdio] })).code).toBe(4);
  });

  test('is nothing where nothing was to be done', async () => {
    const full = openSync('/dev/full', 'w');
    for (const args of [
      ['backup', '-n', 'small'],
      ['prune', '-n', '--keep-last', '1'],
      ['restore', '-n', 'small', '--to', 'nowhere'],
      ['repair', '-n'],
      ['copy', '-n', 'small', 'uncopied'],
      ['snapshots'],
    ]) {
      const { code, stderr } = await run(args, { stdio: ['ignore', full, 'pipe'] });
      expect(code).toBe(1);
      expect(stderr).toMatch(/^varve: Standard output cannot be written/);
    }
  });
});

/** Whether a process has a handler for a signal. */
function catches(pid: number | undefined, signal: NodeJS.Signals): boolean {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const caught = BigInt(`0x${/^SigCgt:\t(\w+)/m.exec(status)?.[1]}`);
  return (caught & (1n << BigInt(constants.signals[signal] - 1))) !== 0n;
}

/** The function of the kernel in which the main thread of a process waits. */
function waitingIn(pid: number | undefined): string {
  return readFileSync(`/proc/${pid}/wchan`, 'utf8');
}

describe('an interrupt', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s stops a backup cleanly',
    async (signal) => {
      // At this level enough for many seconds, and hexadecimal digits are not stored raw.
      writeFileSync(path('huge'), randomBytes(24 * 2 ** 20).toString('hex'));
      const child = start(['backup', '--level', '12', 'huge']);
      await until(() => openFiles(child.pid).includes(`${defaultRepository}/lock.sqlite`));
      child.kill(signal);
      const { code, stdout, stderr } = await finished(child);
      expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
      expect(stderr).toContain('varve: Stopping cleanly; interrupt again to end at once.\nvarve: ');
      expect((await run(['snapshots'])).stdout).not.toContain(path('huge'));
    },
  );

  test('SIGHUP stops a backup whose command has the option to ignore it, which is not ours', async () => {
    const script = 'kill -HUP $PPID; exec sleep 5';
    const args = ['backup', '--command', 'x', '--', 'sh', '-c', script, '--ignore-hup'];
    expect(await run(args)).toMatchObject({ code: 130, stdout: '' });
  });

  test('SIGHUP is ignored where that is asked for, and no terminal can hang up', async () => {
    writeFileSync(path('huge'), randomBytes(4 * 2 ** 20).toString('hex'));
    const child = start(['backup', '--ignore-hup', '--level', '12', 'huge'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    await until(() => openFiles(child.pid).includes(`${defaultRepository}/lock.sqlite`));
    child.kill('SIGHUP');
    child.kill('SIGHUP');
    const { code, stderr } = await finished(child);
    expect(code).toBe(0);
    expect(stderr).not.toContain('Stopping');
  });

  test.each([
    ['SIGINT', ['restore', 'tree/large', '--to', 'stuck', '--map-user', 'fifo']],
    ['SIGTERM', ['restore', 'tree/large', '--to', 'stuck', '--map-group', 'fifo']],
    ['SIGHUP', ['restore', 'tree/large', '--in-place', '--map-user', 'fifo']],
  ] as const)('the second %s ends a process that is kept by a call: %j', async (signal, args) => {
    needPrograms('mkfifo');
    if (!existsSync(path('fifo'))) spawnSync('mkfifo', [path('fifo')]);
    if (!isSuperuser) skip('only root sees in which call a process waits');
    const child = start(args);
    await until(() => /fifo|partner/.test(waitingIn(child.pid)));
    expect(catches(child.pid, signal)).toBe(true);
    child.kill(signal);
    await until(() => !catches(child.pid, signal));
    expect(child.exitCode ?? child.signalCode).toBeNull();
    child.kill(signal);
    const { code } = await finished(child);
    expect({ code, signal: child.signalCode }).toEqual({ code: null, signal });
  });

  test.each(['/proc/none', '/proc/self/none/below', '/sys/none'])(
    'is not needed: a repository at %s is refused',
    async (place) => {
      const { code, stderr } = await run(['-r', place, 'init'], { timeout: 20_000 });
      expect(code).toBe(1);
      expect(stderr).toMatch(/^varve: .*(ENOENT|EPERM|EACCES|does not exist)/);
    },
  );

  test('stops the wait for another writer', async () => {
    const lock = new Database(`${defaultRepository}/lock.sqlite`);
    lock.exec('BEGIN IMMEDIATE');
    const child = start(['backup', 'tree', '--json', '--lock-wait', '1h']);
    await until(() => openFiles(child.pid).includes(`${defaultRepository}/lock.sqlite`));
    child.kill('SIGINT');
    const { code, stdout } = await finished(child);
    lock.close();
    expect(code).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'INTERRUPTED' } });
  });
});
