/** Whoever appends to packs has numbers of his own, however many packs a run fills. */
import { expect, test } from 'vitest';
import { openRepository } from '../../../src/repo/repository/repository.js';
import { beginRun } from '../../../src/repo/repository/writing-run.js';
import type { PackLane } from '../../../src/repo/packs/pack-writer.js';
import { PackKind } from '../../../src/repo/packs/pack-store.js';
import { createLab } from '../../support/lab.js';
import { packRows } from '../../support/index-facts.js';

/** The lanes of a run of so many workers, as they are begun. */
async function lanesOf(
  lab: ReturnType<typeof createLab>,
  jobs: number,
  startsPacks = false,
): Promise<PackLane[]> {
  const lanes: PackLane[] = [];
  const opened = openRepository(lab.repository, lab.platform, { access: 'write' });
  await opened.write(async (held) => {
    const createPool: typeof lab.createPool = (count, begin) => {
      for (let lane = 0; lane < count; lane += 1) lanes.push(begin!(lane).lane);
      return lab.createPool(count, begin);
    };
    await beginRun(held, { jobs, createPool }, { startsPacks }).abort();
  });
  opened.close();
  return lanes;
}

test.each([1, 2, 5])('%i workers and the manifest never share a number', async (jobs) => {
  const lab = createLab();
  lab.write('file', 'x');
  await lab.backup();
  const last = Math.max(...packRows(lab.repository).map(({ number }) => number));
  const lanes = await lanesOf(lab, jobs);
  expect(lanes).toHaveLength(jobs);
  const numbers = lanes.flatMap(({ firstNumber, step }) =>
    Array.from({ length: 20 }, (_, turn) => firstNumber + turn * step),
  );
  expect(new Set(numbers).size).toBe(numbers.length);
  expect(Math.min(...numbers)).toBe(last + 1);
  // One number in each round is left for the manifest's packs.
  const manifests = Array.from({ length: 20 }, (_, turn) => last + 1 + jobs + turn * (jobs + 1));
  expect(numbers.filter((number) => manifests.includes(number))).toEqual([]);
  expect(lanes.every(({ kind }) => kind === PackKind.blobs)).toBe(true);
});

test('packs that are not full go on, one for each worker, unless new ones are asked for', async () => {
  const lab = createLab({ lanes: 2 });
  for (let file = 0; file < 20; file += 1) lab.write(`file${file}`, String(file).repeat(300_000));
  await lab.backup();
  const blobs = packRows(lab.repository).filter(({ kind }) => kind === PackKind.blobs);
  const resumed = (lanes: readonly PackLane[]): (number | undefined)[] =>
    lanes.map(({ resume }) => resume?.pack);
  const numbers = blobs.map(({ number }) => number);
  expect(resumed(await lanesOf(lab, 2))).toEqual(numbers);
  expect(resumed(await lanesOf(lab, 3))).toEqual([...numbers, undefined]);
  expect(resumed(await lanesOf(lab, 2, true))).toEqual([undefined, undefined]);
  for (const { resume } of await lanesOf(lab, 2)) {
    expect(resume?.lengthBytes).toBe(blobs.find(({ number }) => number === resume?.pack)?.length);
  }
});
