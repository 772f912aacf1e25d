import { expect, test } from 'vitest';
import { findContent, findPaths, logPath } from '../../../support/by-path.js';
import { createLab } from '../../../support/lab.js';

test('each end of a span has the time of its snapshot, in log and in find', async () => {
  const lab = createLab({ lanes: 1 });
  const timeOf = (snapshot: number): number => Date.UTC(2020, 0, snapshot, 1, 2, 3, 4);
  const backUp = async (snapshot: number, host = 'lab'): Promise<void> => {
    lab.setClock(timeOf(snapshot));
    await lab.backup({ host });
  };
  lab.write('a', 'one');
  await backUp(1);
  await backUp(2);
  lab.write('a', 'other');
  await backUp(3, 'elsewhere');
  lab.write('a', 'two');
  await backUp(4);
  await backUp(5);
  const { repository, platform } = lab;
  const source = { type: 'number', id: 1 } as const;
  const span = (first: number, last: number) => ({
    firstSnapshot: first,
    lastSnapshot: last,
    firstMs: timeOf(first),
    lastMs: timeOf(last),
  });
  const path = lab.path('a');
  const { versions, latestSnapshot } = await logPath(repository, platform, { path, source });
  expect(versions).toMatchObject([span(1, 2), span(4, 5)]);
  expect(latestSnapshot).toBe(5);
  const found = await findPaths(repository, platform, { pattern: 'a', source });
  expect(found).toEqual([{ path: lab.bytes('a'), source: 1, sizeBytes: 3, ...span(1, 5) }]);
  const same = await findContent(repository, platform, { file: path });
  expect(same).toEqual([{ path: lab.bytes('a'), source: 1, sizeBytes: 3, ...span(4, 5) }]);
});
