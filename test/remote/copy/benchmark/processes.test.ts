/** The programs of a benchmark: what they say, how they end, and that none of them goes on. */
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, expect, test, vi } from 'vitest';
import { isInstalled, run, startServing } from '../../../../src/remote/copy/benchmark/processes.js';

const pace = vi.hoisted(() => ({ ms: 50 }));
vi.mock('node:timers/promises', () => ({
  setTimeout: () => new Promise((resolve) => setTimeout(resolve, pace.ms)),
}));

const node = (script: string, ...args: string[]) => ({
  command: process.execPath,
  args: ['-e', script, ...args],
});
/** The programs that run with this word. */
const running = (word: string): string[] =>
  readdirSync('/proc').filter((pid) => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return /^\d+$/.test(pid) && words.includes(word);
    } catch {
      return false;
    }
  });

test('what a program writes is what it says', async () => {
  expect(await run(node('console.log(process.env.X)'), undefined)).toBe('undefined\n');
  const withX = { ...node('console.log(process.env.X)'), env: { X: 'ä' } };
  expect(await run(withX, undefined)).toBe('ä\n');
});

test('one that fails is told with all that it said', async () => {
  const failing = node('console.log("out"); console.error("err"); process.exitCode = 3');
  await expect(run(failing, undefined)).rejects.toMatchObject({
    code: 'REMOTE_REQUEST',
    message: `${process.execPath} -e failed: err\nout`,
    hint: 'The benchmark cannot continue without it.',
  });
});

test('one that is interrupted is told as such, however it ended', async () => {
  const interrupted = { code: 'INTERRUPTED', message: 'The benchmark was interrupted.' };
  const controller = new AbortController();
  const waiting = run(node('setInterval(() => {}, 1000)'), controller.signal);
  setImmediate(() => controller.abort());
  await expect(waiting).rejects.toMatchObject(interrupted);
  await expect(run(node(''), controller.signal)).rejects.toMatchObject(interrupted);
});

test('what cannot be called is not installed', async () => {
  expect(await isInstalled(process.execPath)).toBe(true);
  expect(await isInstalled('/none/such')).toBe(false);
  expect(await isInstalled('/bin/false')).toBe(false);
});

describe('a server', () => {
  const LISTENING = 'require("net").createServer().listen(process.argv[1], "127.0.0.1")';

  test('is there when it was started, and gone when it was stopped', async () => {
    const word = `server-${process.pid}`;
    const server = await startServing((one) => node(LISTENING, String(one), word));
    const second = createServer().listen(server.port, '127.0.0.1');
    const [error] = (await once(second, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('EADDRINUSE');
    expect(running(word)).toHaveLength(1);
    await server.stop();
    expect(running(word)).toEqual([]);
  });

  test.each([
    ['does not listen', 'setInterval(() => {}, 1000)', 0],
    ['ends', '', 50],
  ])('that %s has not started, and is no longer there', async (what, script, ms) => {
    pace.ms = ms;
    const word = `server-${process.pid}-${what}`;
    const starting = startServing(() => node(script, word));
    await expect(starting).rejects.toMatchObject({
      code: 'SERVE_ADDRESS',
      message: 'A server of the benchmark did not start.',
    });
    await vi.waitFor(() => expect(running(word)).toEqual([]), { interval: 5 });
  });
});
