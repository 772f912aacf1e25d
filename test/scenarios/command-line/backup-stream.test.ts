import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { quote } from '../../support/shell.js';
import { createWorkspace, finished, until, type Run } from '../../support/varve-command.js';
import { runProgram } from '../../support/machine.js';

const workspace = createWorkspace();
const { run, json, path, start, write } = workspace;

/** Runs a command of Varve with `bytes` coming over a pipe. */
function pipe(bytes: string, ...args: string[]): Promise<Run> {
  const child = start(args);
  child.stdin?.end(bytes);
  return finished(child);
}

test('a pipe becomes a file of its own source, which every command knows', async () => {
  const args = ['backup', '--stdin', '--stdin-name', 'db.sql', '--tag', 'nightly', '--host', 'h'];
  const { code, stdout } = await pipe('CREATE TABLE\n', ...args);
  expect(code).toBe(0);
  expect(stdout).toContain('Snapshot 1 of /db.sql: 1 file, 13 B');
  expect(await json('snapshots')).toMatchObject({
    snapshots: [
      { number: 1, host: 'h', paths: ['/db.sql'], tags: ['nightly'], files: 1, bytes: 13 },
    ],
  });
  expect((await run(['cat', '/db.sql'])).stdout).toBe('CREATE TABLE\n');
  expect(await run(['-q', 'restore', '--to', 'restored'])).toMatchObject({ code: 0 });
  expect(runProgram('cat', [path('restored/db.sql')])).toBe('CREATE TABLE\n');
});

test('a file may stand in for a pipe, and without a name it is stdin', async () => {
  write({ 'dump.bin': 'from a file' });
  const input = openSync(path('dump.bin'), 'r');
  const { code, stdout } = await run(['backup', '--stdin', '--json'], {
    stdio: [input, 'pipe', 'pipe'],
  });
  closeSync(input);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ files: 1, bytes: 11, files_new: 1, issues: [] });
  expect((await run(['cat', '/stdin'])).stdout).toBe('from a file');
});

test('a pipe that ends at once where bytes were before is a problem', async () => {
  const { code, stderr } = await pipe('', 'backup', '--stdin', '--stdin-name=db.sql', '--host=h');
  expect(code).toBe(3);
  expect(stderr).toContain('did the program before the pipe fail?');
});

test('a directory is no standard input', async () => {
  const input = openSync(path('.'), 'r');
  const { code, stderr } = await run(['backup', '--stdin'], { stdio: [input, 'pipe', 'pipe'] });
  closeSync(input);
  expect(code).toBe(1);
  expect(stderr).toContain('varve: Standard input cannot be read: it is a directory.');
});

test('nor is a terminal', () => {
  const main = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));
  const line = `${quote(process.execPath)} ${quote(main)} backup --stdin; echo "code $?"`;
  const text = runProgram('script', ['-qec', line, '/dev/null']);
  expect(text).toContain('Standard input is a terminal.');
  expect(text).toContain('code 2');
});

test('what a command writes is saved, and its complaints are shown', async () => {
  const script = 'printf "%s" "$0 $HOME"; echo complaint >&2';
  const done = await run(['backup', '--command', 'out', '--', 'sh', '-c', script, '*']);
  expect(done).toMatchObject({ code: 0, stderr: 'complaint\n' });
  expect((await run(['cat', '/out'])).stdout).toBe(`* ${workspace.home}`);
});

test('a command that fails leaves no snapshot, and the exit code is 1', async () => {
  const before = await json('snapshots');
  const { code, stdout, stderr } = await run([
    ...['backup', '--command', 'out', '--', 'sh', '-c', 'echo half; exit 7'],
  ]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toBe(
    'varve: sh ended with exit code 7; no snapshot was taken.\n' +
      'Check its messages, and run it by itself; what it already wrote is not stored twice.\n',
  );
  expect(await json('snapshots')).toEqual(before);
  expect(await json('verify')).toMatchObject({ ok: true });
});

test('an interrupt ends the command, too', async () => {
  const script = `trap 'echo ended >&2; exit' TERM; echo begun >&2; while :; do read -r _ || :; done`;
  const child = start(['backup', '--command', 'endless', '--', 'sh', '-c', script]);
  let stderr = '';
  child.stderr?.on('data', (text: Buffer) => (stderr += text.toString()));
  const ending = finished(child);
  await until(() => stderr.includes('begun'));
  child.kill('SIGINT');
  expect(await ending).toMatchObject({ code: 130 });
  expect(stderr).toContain('ended\n');
  expect(stderr).toContain('varve: The backup was interrupted; no snapshot was taken.');
});

test('so it ends the wait for a pipe', async () => {
  const child = start(['backup', '--stdin']);
  const ending = finished(child);
  // More than a pipe holds: it is written only when somebody reads.
  await new Promise((resolve) => child.stdin?.write(Buffer.alloc(1_000_000), resolve));
  child.kill('SIGINT');
  expect((await ending).code).toBe(130);
});
