/** What `varve find` takes a TIME for, and what it says where nothing was found. */
import * as fs from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { createInProcess } from '../../support/in-process.js';

const { run, json, path, write } = createInProcess();

/** Modified at whole seconds and between them. */
const SECOND = 1_000_000_000;
const MODIFIED = { before: SECOND - 1, late: SECOND - 0.25, at: SECOND, within: SECOND + 0.75 };
const AFTER = SECOND + 1;

/** When the snapshots 1, of `tree`, and 2, of `other`, were taken: to the second. */
let taken: readonly number[] = [];

interface Listed {
  readonly snapshots: readonly { readonly time: string }[];
}

beforeAll(async () => {
  for (const [name, seconds] of Object.entries({ ...MODIFIED, after: AFTER })) {
    write({ [`tree/${name}`]: name });
    fs.utimesSync(path('tree', name), seconds, seconds);
  }
  await run(['backup', 'tree']);
  write({ 'other/one': 'one' });
  await run(['backup', 'other']);
  const { snapshots } = await json<Listed>('snapshots');
  taken = snapshots.map(({ time }) => Math.floor(Date.parse(time) / 1000));
});

/** The names of files of `tree` that are found. */
async function found(...args: string[]): Promise<string[]> {
  const { matches } = await json<{ matches: { path: string; size: number }[] }>('find', ...args);
  return matches
    .map((match) => match.path)
    .filter((name) => name.startsWith(path('tree/')))
    .map((name) => name.slice(path('tree/').length))
    .sort();
}

describe('a time', () => {
  const ALL = ['after', 'at', 'before', 'late', 'within'];

  test.each([
    `@${SECOND}`,
    `@${SECOND}.001`,
    `@${SECOND}.5`,
    `@${SECOND}.75`,
    `@${SECOND}.999999`,
    '2001-09-09T01:46:40Z',
    '2001-09-09T01:46:40.500Z',
    '2001-09-09T03:46:40.001+02:00',
  ])('means its whole second, which is --newer and not --older: %s', async (time) => {
    expect(await found('--newer', time)).toEqual(['after', 'at', 'within']);
    expect(await found('--older', time)).toEqual(['before', 'late']);
    const both = ['--newer', time, '--older', `@${AFTER}.9`];
    expect(await found(...both)).toEqual(['at', 'within']);
    expect(await found('--newer', time, '--older', time)).toEqual([]);
  });

  test('takes in all or nothing at its ends', async () => {
    expect(await found('--newer', '@0')).toEqual(ALL);
    expect(await found('--older', '@0')).toEqual([]);
    expect(await found('--older', `@${AFTER + 1}`, '--newer', '@1')).toEqual(ALL);
  });

  test('of a snapshot is the second in which it was taken', async () => {
    const [first = 0] = taken;
    write({ 'dated/before': 'b', 'dated/at': 'a' });
    fs.utimesSync(path('dated/before'), first - 1, first - 1);
    fs.utimesSync(path('dated/at'), first, first);
    await run(['backup', 'dated']);
    const names = async (...args: string[]): Promise<string[]> => {
      const asked = ['find', '--source', '3', ...args, '**/dated/*'];
      const { matches } = await json<{ matches: { path: string }[] }>(...asked);
      return matches.map((match) => match.path.slice(path('dated/').length));
    };
    expect(await names('--newer', '1')).toEqual(['at']);
    expect(await names('--older', '1')).toEqual(['before']);
  });

  test.each(['latest', '1B'])('%s is one of the source that is meant', async (time) => {
    for (const option of ['--newer', '--older']) {
      const several = await run(['find', option, time]);
      expect(several).toMatchObject({ code: 2, stdout: '' });
      expect(several.stderr).toContain(`${option}: "${time}" means a different time`);
    }
  });

  test('latest of a source is when that was backed up last', async () => {
    const asked = ['--source', '1', '--larger', '0'];
    expect(await found(...asked, '--older', 'latest')).toEqual(ALL);
    expect(await found(...asked, '--newer', 'latest')).toEqual([]);
  });
});

describe('where nothing is found', () => {
  test.each([
    [['nowhere'], 'Nothing found for "nowhere". (-i ignores case.)'],
    [['NoWhere*'], 'Nothing found for "NoWhere*". (-i ignores case.)'],
    [['-i', 'nowhere'], 'Nothing found for "nowhere".'],
    [['12-34'], 'Nothing found for "12-34".'],
    [['--larger', '1G'], 'Nothing found.'],
    [['--content', 'stray'], 'Nothing found: no snapshot has the contents of stray.'],
  ])('it is said of what, unless --quiet: %j', async (args, said) => {
    write({ stray: 'stray' });
    const asked = ['find', ...args];
    expect(await run(asked)).toEqual({ code: 0, stdout: '', stderr: `varve: ${said}\n` });
    expect(await run(['-q', ...asked])).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await json(...asked)).toEqual({ matches: [] });
  });
});

test('sources are told apart where there are several and none was named', async () => {
  const heads = async (...args: string[]): Promise<string[]> =>
    ((await run(['find', ...args])).stdout.split('\n')[0] ?? '').trim().split(/ +/);
  const one = ['FIRST', 'LAST', 'SIZE', 'PATH'];
  expect(await heads('within')).toEqual(['SOURCE', ...one]);
  expect(await heads('within', '--source', '1')).toEqual(one);
});
