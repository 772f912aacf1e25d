/** Which snapshots a TIME of `varve prune` is looked for among, and what is said of the verdicts. */
import { beforeAll, describe, expect, test } from 'vitest';
import { createInProcess } from '../../support/in-process.js';

const { run, json, path, write } = createInProcess();

interface Pruned {
  readonly removed: readonly number[];
}

/** Source 1 of host `one` has the snapshots 1, 3 and 5; source 2 of host `two` has 2, 4 and 6. */
beforeAll(async () => {
  write({ 'tree/file': 'x' });
  for (let round = 0; round < 3; round += 1) {
    for (const host of ['one', 'two']) await run(['-q', 'backup', 'tree', '--host', host]);
  }
});

const removedBy = async (...args: string[]): Promise<readonly number[]> =>
  (await json<Pruned>('prune', '-n', ...args)).removed;

describe('--older-than', () => {
  test.each([
    [['--host', 'one'], [1, 3], [1]],
    [['--host', 'two'], [2, 4], [2]],
    [['--source', '1'], [1, 3], [1]],
    [['--source', `two:${path('tree')}`], [2, 4], [2]],
    [['--source', '2', '--host', 'two'], [2, 4], [2]],
  ])('latest and 1B are those of what is meant: %j', async (meant, latest, back) => {
    expect(await removedBy('--older-than', 'latest', ...meant)).toEqual(latest);
    expect(await removedBy('--older-than', '1B', ...meant)).toEqual(back);
  });

  test('a number is that of any snapshot', async () => {
    expect(await removedBy('--older-than', '4', '--host', 'one')).toEqual([1, 3]);
    expect(await removedBy('--older-than', '5', '--source', '2')).toEqual([2, 4]);
    expect(await removedBy('--older-than', '4')).toEqual([1, 2, 3]);
  });

  test.each(['latest', '1B'])('%s is refused where it would be several times', async (time) => {
    const { code, stderr } = await run(['prune', '-n', '--older-than', time]);
    expect(code).toBe(2);
    expect(stderr).toContain('means a different time for each source');
  });
});

describe('the verdicts', () => {
  /** Number, source, verdict and reason of each row. */
  const rows = async (...args: string[]): Promise<string[]> =>
    (await run(['prune', '-n', ...args])).stdout
      .split('\n')
      .map((line) => line.trim().split(/ +/))
      .filter(([, day = '']) => /^\d{4}-/.test(day))
      .map(([number, , , ...rest]) => [number, ...rest].join(' '));

  test('come in the order of the snapshots, each with its reason', async () => {
    expect(await rows('--keep-last', '1')).toEqual([
      '1 1 removed no rule keeps it',
      '2 2 removed no rule keeps it',
      '3 1 removed no rule keeps it',
      '4 2 removed no rule keeps it',
      '5 1 kept last snapshot',
      '6 2 kept last snapshot',
    ]);
  });

  test('of what is named are as asked', async () => {
    for (const [args, numbers] of [
      [
        ['3', '2'],
        [2, 3],
      ],
      [
        ['--source', '1', '--all'],
        [1, 3, 5],
      ],
      [
        ['--host', 'two', '--all'],
        [2, 4, 6],
      ],
    ] as const) {
      const removed = (await rows(...args)).filter((row) => row.includes('removed'));
      expect(removed).toEqual(
        numbers.map((number) => `${number} ${2 - (number % 2)} removed as asked`),
      );
    }
  });
});
