import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { BackgroundProgram, runProgram } from '../../src/platform/processes.js';
import { scratchDirectory } from '../support/directory.js';

const shell = (script: string, env?: Record<string, string>) => ({
  command: '/bin/sh',
  args: ['-c', script],
  ...(env && { env }),
});

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(2);
}

describe('a program that is run to its end', () => {
  test('tells its exit code, and each of its outputs by itself', async () => {
    const { exitCode, output, errorOutput } = await runProgram(
      shell('printf out; printf error >&2; exit 3'),
      undefined,
    );
    expect({ exitCode, output: output.toString(), error: errorOutput.toString() }).toEqual({
      ...{ exitCode: 3, output: 'out', error: 'error' },
    });
  });

  test('has our variables and those that it is given, which count', async () => {
    process.env['VARVE_TEST_ONE'] = 'ours';
    process.env['VARVE_TEST_TWO'] = 'ours';
    const script = 'printf "$VARVE_TEST_ONE $VARVE_TEST_TWO"';
    const { output } = await runProgram(shell(script, { VARVE_TEST_TWO: 'given' }), undefined);
    delete process.env['VARVE_TEST_ONE'];
    delete process.env['VARVE_TEST_TWO'];
    expect(output.toString()).toBe('ours given');
  });

  test.each(['before', 'after'])(
    'is ended by a signal that is given %s it was started',
    async (when) => {
      const controller = new AbortController();
      if (when === 'before') controller.abort();
      const ended = runProgram({ command: 'sleep', args: ['1000'] }, controller.signal);
      controller.abort();
      expect(await ended).toMatchObject({ exitCode: null });
    },
  );

  test('leaves nobody listening to its signal', async () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...of: Parameters<typeof add>): void => {
      listeners += 1;
      add(...of);
    };
    signal.removeEventListener = (...of: Parameters<typeof add>): void => {
      listeners -= 1;
      remove(...of);
    };
    await runProgram(shell('exit 0'), signal);
    await expect(runProgram({ command: '/no/such', args: [] }, signal)).rejects.toMatchObject({
      code: 'ENOENT',
    });
    expect(listeners).toBe(0);
  });
});

describe('a program beside this one', () => {
  test('has its variables, and ends by itself or when it is asked to', async () => {
    const file = `${scratchDirectory()}/file`;
    const program = new BackgroundProgram(
      shell(`printf "$GIVEN" > ${file}; exec sleep 1000`, { GIVEN: 'given' }),
    );
    await until(() => existsSync(file) && readFileSync(file, 'utf8') === 'given');
    expect(program.hasEnded).toBe(false);
    await program.stop();
    expect(program.hasEnded).toBe(true);
    const failing = new BackgroundProgram(shell('exit 3'));
    await until(() => failing.hasEnded);
    await failing.stop();
    expect(failing.hasEnded).toBe(true);
  });

  test('is waited for when it is asked to end, however long it takes', async () => {
    const directory = scratchDirectory();
    const script = `trap 'printf x > ${directory}/asked; while [ ! -e ${directory}/may ]; do sleep 0.01; done; printf x > ${directory}/ended; exit 0' TERM; printf x > ${directory}/ready; while :; do sleep 0.01; done`;
    const program = new BackgroundProgram(shell(script));
    await until(() => existsSync(`${directory}/ready`));
    const stopped = program.stop();
    await until(() => existsSync(`${directory}/asked`));
    writeFileSync(`${directory}/may`, '');
    await stopped;
    expect(existsSync(`${directory}/ended`)).toBe(true);
  });

  test('is killed though it will not end', async () => {
    const ready = `${scratchDirectory()}/ready`;
    const program = new BackgroundProgram(
      shell(`trap '' TERM; printf x > ${ready}; while :; do sleep 0.01; done`),
    );
    await until(() => existsSync(ready));
    const stopped = program.stop();
    program.kill();
    await stopped;
    expect(program.hasEnded).toBe(true);
  });
});
