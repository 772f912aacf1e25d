/** TIME and durations are read by one grammar, wherever a command takes one. */
import { Command } from 'commander';
import { beforeAll, describe, expect, test } from 'vitest';
import { COMMANDS } from '../../../src/cli/command-table.js';
import { addGlobalOptions } from '../../../src/cli/global-options.js';
import { createWorkspace, type Run } from '../../support/varve-command.js';

const { run, path, write } = createWorkspace();

/** What a command requires beside the option. */
const REST: Readonly<Record<string, readonly string[]>> = {
  cat: [path('s/file')],
  log: [path('s/file')],
  restore: ['--to', path('target'), '-n'],
  backup: ['-n', path('s')],
  explain: [path('s/file')],
  prune: ['-n'],
  copy: ['from', 'to'],
  serve: ['--root', path('s')],
};

/** Every option of every command whose value is named so in the help. */
async function optionsTaking(value: string): Promise<(readonly [string, string])[]> {
  const found: (readonly [string, string])[] = [];
  for (const [name, { load }] of Object.entries(COMMANDS)) {
    const command = new Command(name);
    (await load()).define(command);
    addGlobalOptions(command);
    for (const { flags, long } of command.options) {
      if (flags.includes(`<${value}>`) && long) found.push([name, long]);
    }
  }
  return found;
}

const TIMES = await optionsTaking('time');
const DURATIONS = await optionsTaking('duration');

beforeAll(async () => {
  write({ 's/file': 'one' });
  await run(['backup', path('s')]);
});

const give = (command: string, option: string, value: string): Promise<Run> =>
  run([command, option, value, ...(REST[command] ?? [])]);

test('the commands that take them are known', () => {
  expect(TIMES.map((pair) => pair.join(' '))).toEqual(
    expect.arrayContaining(['restore --at', 'prune --older-than', 'find --newer', 'find --older']),
  );
  expect(DURATIONS.map((pair) => pair.join(' '))).toEqual(
    expect.arrayContaining(['prune --keep-within', 'status --max-age', 'backup --lock-wait']),
  );
});

describe.concurrent.each(TIMES)('varve %s %s', (command, option) => {
  test.each(['midnight', '0 days ago', '2026-11'])('takes "%s"', async (time) => {
    const { stderr } = await give(command, option, time);
    expect(stderr).not.toMatch(/is not a|in the future/);
  });

  test.each([
    ['2026-13-01', '"2026-13-01" is not a date: there is no month 13.'],
    ['yesteday', '"yesteday" is not a time; did you mean "yesterday"?'],
    ['in 3 days', '"in 3 days" is in the future, and TIME is a point in the past.'],
  ])('says in the first line what is wrong with "%s"', async (time, message) => {
    const { code, stderr } = await give(command, option, time);
    expect(stderr.split('\n')[0]).toBe(`varve: ${option}: ${message}`);
    expect(stderr).toContain('Such as latest');
    expect(code).toBe(2);
  });
});

describe.concurrent('varve diff', () => {
  test.each(['midnight', '0 days ago', '2026-11', '20261128'])('takes "%s"', async (time) => {
    const { stderr } = await run(['diff', time, 'latest']);
    expect(stderr).not.toMatch(/is not a|no path/);
  });

  test.each([
    ['2026-13-01', '"2026-13-01" is not a date: there is no month 13.'],
    ['yesteday', '"yesteday" is not a time; did you mean "yesterday"?'],
  ])('says in the first line what is wrong with "%s"', async (time, message) => {
    const { stderr } = await run(['diff', time]);
    expect(stderr.split('\n')[0]).toBe(`varve: ${message}`);
  });
});

describe.concurrent.each(DURATIONS)('varve %s %s', (command, option) => {
  test.each([['2 days', '"2 days" is not a duration; did you mean 2D?']])(
    'says in the first line what is wrong with "%s"',
    async (duration, message) => {
      const { code, stderr } = await run([
        command,
        `${option}=${duration}`,
        ...(REST[command] ?? []),
      ]);
      expect(stderr.split('\n')[0]).toBe(`varve: ${option}: ${message}`);
      expect(code).toBe(2);
    },
  );
});
