/** Options that several commands have: what each says, and what it says where it is not given. */
import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import type { Session } from '../../src/cli/session.js';
import {
  addAtOption,
  addJobsOption,
  addLastSeenOption,
  addRereadOptions,
  addSourceOption,
  jobsOption,
  listOption,
  rereadOptions,
  sourceOption,
  timePoint,
} from '../../src/cli/shared-options.js';

const session = { now: new Date('2026-11-28T12:00:00Z') } as Session;
const refusal = (code: string, message: string): Error =>
  expect.objectContaining({ code, message: expect.stringContaining(message) as string }) as Error;

test('what is not given is not said', async () => {
  expect(rereadOptions({})).toEqual({});
  expect(sourceOption({})).toEqual({});
  expect(jobsOption({})).toEqual({});
  expect(await timePoint({}, session)).toEqual({ type: 'latest' });
});

describe('--jobs', () => {
  test.each(['1', '8', '63', '64'])('%s is a number of threads', (text) => {
    expect(jobsOption({ jobs: text })).toEqual({ jobs: Number(text) });
  });

  test.each(['0', '65', '-1', '1.5', '', 'all'])('"%s" is none', (text) => {
    const wrong = `--jobs: "${text}" is not a whole number from 1 to 64.`;
    expect(() => jobsOption({ jobs: text })).toThrow(refusal('USAGE_COUNT', wrong));
  });
});

test('--read-all and --reread are told each by itself', () => {
  expect(rereadOptions({ readAll: true })).toEqual({ readsAll: true });
  expect(rereadOptions({ reread: '2%' })).toEqual({ rereadShare: 0.02 });
  expect(rereadOptions({ readAll: true, reread: '100%' })).toEqual({
    readsAll: true,
    rereadShare: 1,
  });
  expect(() => rereadOptions({ reread: '0%' })).toThrow(refusal('USAGE_SHARE', '--reread: "0%"'));
});

test('--source is a number or a name', () => {
  expect(sourceOption({ source: '3' })).toEqual({ source: { type: 'number', id: 3 } });
  expect(sourceOption({ source: 'h:/p' })).toEqual({
    source: { type: 'name', host: 'h', path: '/p' },
  });
  expect(() => sourceOption({ source: 'p' })).toThrow(refusal('USAGE', '--source: "p"'));
});

test('--at is seen from the time of the session', async () => {
  expect(await timePoint({ at: '12' }, session)).toEqual({ type: 'snapshot', number: 12 });
  expect(await timePoint({ at: '36h' }, session)).toEqual({
    type: 'instant',
    epochMs: Date.parse('2026-11-27T00:00:00Z'),
  });
  await expect(timePoint({ at: 'someday' }, session)).rejects.toThrow(
    refusal('USAGE_TIME', '--at: "someday" is not a time.'),
  );
});

test('a command gets the options as they are named in its flags', () => {
  const command = new Command();
  for (const add of [
    addAtOption,
    addJobsOption,
    addLastSeenOption,
    addRereadOptions,
    addSourceOption,
  ]) {
    add(command);
  }
  command.addOption(listOption('--tag <tags>', 'a list'));
  const given = ['--at', '1', '--jobs', '2', '--last-seen', '--read-all', '--reread', '3%'];
  command.parse([...given, '--source', '4', '--tag', 'b', '--tag', 'a', '--tag', 'c'], {
    from: 'user',
  });
  expect(command.opts()).toEqual({
    at: '1',
    jobs: '2',
    lastSeen: true,
    readAll: true,
    reread: '3%',
    source: '4',
    tag: ['b', 'a', 'c'],
  });
});
