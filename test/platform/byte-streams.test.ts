import * as fs from 'node:fs';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, onTestFinished, test, vi } from 'vitest';
import { commandOutput, type ByteStream } from '../../src/platform/byte-streams.js';
import { scratchDirectory } from '../support/directory.js';

async function readAll(stream: ByteStream, signal?: AbortSignal): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of stream.open(signal)) parts.push(part);
  return Buffer.concat(parts).toString();
}

const shell = (script: string): ByteStream => commandOutput('sh', ['-c', script]);

test('the output of a command comes whole, without a shell and with nothing to read', async () => {
  expect(await readAll(commandOutput('printf', ['%s-', '$HOME', '*', 'a b']))).toBe('$HOME-*-a b-');
  expect(await readAll(shell('cat; exit 0'))).toBe('');
  expect(await readAll(shell('head -c 1000000 /dev/zero'))).toHaveLength(1_000_000);
});

test.each([
  ['exit 3', 'sh ended with exit code 3; no snapshot was taken.'],
  ['kill -KILL $$', 'sh ended by SIGKILL; no snapshot was taken.'],
])('%s is a failure, after all that was written', async (end, message) => {
  let written = '';
  const reading = (async () => {
    for await (const part of shell(`echo written; ${end}`).open(undefined)) {
      written += Buffer.from(part).toString();
    }
  })();
  await expect(reading).rejects.toMatchObject({ code: 'COMMAND_FAILED', message });
  expect(written).toBe('written\n');
});

test('a command that closes its output early is waited for', async () => {
  await expect(readAll(shell('exec >&-; exit 4'))).rejects.toMatchObject({
    message: 'sh ended with exit code 4; no snapshot was taken.',
  });
});

test('a program that is not there is named', async () => {
  // A directory of PATH that this user may not enter would make it EACCES.
  vi.stubEnv('PATH', scratchDirectory());
  onTestFinished(() => void vi.unstubAllEnvs());
  await expect(readAll(commandOutput('no-such-program', []))).rejects.toMatchObject({
    code: 'COMMAND_FAILED',
    message: 'no-such-program cannot be started: it does not exist.',
  });
});

test('a command is ended when it is stopped, and when nobody reads on', async () => {
  const died = join(scratchDirectory(), 'died');
  vi.stubEnv('DIED', died);
  onTestFinished(() => void vi.unstubAllEnvs());
  const script = `trap 'touch "$DIED"; exit' TERM; echo ready; while :; do read -r _ || :; done`;
  for (const isStopped of [true, false]) {
    const controller = new AbortController();
    const reading = (async () => {
      for await (const part of shell(script).open(controller.signal)) {
        expect(Buffer.from(part).toString()).toBe('ready\n');
        if (!isStopped) return;
        controller.abort();
      }
    })();
    await reading.catch(() => undefined);
    expect(existsSync(died)).toBe(true);
  }
});

test('a signal that was given before ends a command at once', async () => {
  const reading = readAll(commandOutput('sleep', ['1000']), AbortSignal.abort());
  await reading.catch(() => undefined);
});

test.each(['exit 0', 'exit 3'])(
  'nobody listens to the signal of a command that ended: %s',
  async (end) => {
    const { signal } = new AbortController();
    const add = vi.spyOn(signal, 'addEventListener');
    const remove = vi.spyOn(signal, 'removeEventListener');
    await readAll(shell(`echo x; ${end}`), signal).catch(() => undefined);
    expect(add).toHaveBeenCalledOnce();
    expect(remove.mock.calls).toEqual(add.mock.calls);
  },
);

test('reading a pipe on standard input ends when it is stopped, and says nothing of its end', async () => {
  const input = new PassThrough();
  const real = Object.getOwnPropertyDescriptor(process, 'stdin')!;
  Object.defineProperty(process, 'stdin', { ...real, get: () => input });
  vi.resetModules();
  vi.doMock('node:fs', () => ({
    ...fs,
    fstatSync: () => ({ isFIFO: () => true, isSocket: () => false }),
  }));
  onTestFinished(() => {
    Object.defineProperty(process, 'stdin', real);
    vi.doUnmock('node:fs');
    vi.resetModules();
  });
  const { standardInput } = await import('../../src/platform/byte-streams.js');
  const stream = standardInput();
  expect(stream.isProvedByEnd).toBe(false);
  const controller = new AbortController();
  const parts: string[] = [];
  const reading = (async () => {
    for await (const part of stream.open(controller.signal)) {
      parts.push(Buffer.from(part).toString());
      controller.abort();
    }
  })();
  input.write('bytes');
  await expect(reading).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE' });
  expect(parts).toEqual(['bytes']);
});
