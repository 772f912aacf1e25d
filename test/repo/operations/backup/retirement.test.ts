import { describe, expect, test } from 'vitest';
import { BlobKind, type PlacedBlob } from '../../../../src/repo/index/blobs.js';
import type { Index } from '../../../../src/repo/index/index.js';
import type { ContentRef } from '../../../../src/repo/model.js';
import {
  pairVanished,
  retireReplaced,
  type Replacement,
} from '../../../../src/repo/operations/backup/retirement.js';
import type { Vanished } from '../../../../src/repo/operations/backup/recorder.js';
import type { RetirementAhead } from '../../../../src/repo/operations/backup/retirement-ahead.js';
import type { WritingRun } from '../../../../src/repo/repository/writing-run.js';
import type { RetireJob } from '../../../../src/repo/worker/jobs.js';
import type { ByteString } from '../../../../src/platform/bytes.js';
import { savedEntry } from '../../../support/nodes.js';

const content = (blob: number): ContentRef => ({ type: 'blob', blob });
const NONE: ContentRef = { type: 'none' };

describe('what vanished is paired', () => {
  const gone = (name: string, inode: number): Vanished => ({
    name: name as ByteString,
    inode,
    content: content(1),
    directory: 5,
  });
  const appeared = [
    { name: 'renamed' as ByteString, inode: 31, content: content(2) },
    { name: 'same' as ByteString, inode: 32, content: content(3) },
  ];

  test.each<[string, Vanished, ContentRef]>([
    ['with the file of its inode', gone('other', 31), content(2)],
    ['with that rather than with one of its name', gone('same', 31), content(2)],
    ['else with one of its name', gone('same', 99), content(3)],
    ['else with nothing', gone('other', 99), NONE],
  ])('%s', (_, vanished, newer) => {
    const expected = { old: content(1), newer, directory: 5 };
    expect(pairVanished([vanished], appeared)).toEqual([expected]);
  });
});

const KIB = 1024;

function blob(id: number, more: Partial<PlacedBlob> & { pack?: number; offset?: number } = {}) {
  const { pack = 1, offset = id * 100, lengthBytes = 1000, ...rest } = more;
  const hash = Buffer.alloc(32, id);
  return {
    id,
    hash,
    kind: BlobKind.full,
    lengthBytes,
    frame: 1,
    member: 0,
    basis: undefined,
    storedBytes: id,
    tailLinks: 0,
    tailBytes: 0,
    address: { hash, lengthBytes, frame: { pack, offset, lengthBytes: 100 }, member: 0 },
    ...rest,
  } satisfies PlacedBlob;
}

interface Facts {
  /** Of the index; those that are current cannot be retired. */
  readonly blobs: readonly PlacedBlob[];
  readonly current?: readonly number[];
  /** Of the directory 5: blobs of its files. */
  readonly beside?: readonly number[];
  readonly started?: number;
  readonly hasDelta?: readonly number[];
  /** `old>newer` */
  readonly tried?: readonly string[];
  /** For each pair of a job, by position: which of its newer blobs the worker took. */
  readonly taken?: readonly number[];
}

/** The jobs that are given: each pair as `old>newer,newer`. */
async function jobsOf(replacements: readonly Replacement[], facts: Facts) {
  const { blobs, current = [], beside = [], hasDelta = [], tried = [] } = facts;
  const of = (id: number) => blobs.find((one) => one.id === id);
  const jobs: string[][] = [];
  const hung: string[] = [];
  const stored: number[] = [];
  let hasFinished = false;
  const index = {
    blobs: { get: of, placed: of, isCurrent: (id: number) => current.includes(id) },
    versions: {
      current: (directory: number) =>
        directory !== 5
          ? []
          : beside.map((id) =>
              savedEntry(`${id}`, { content: content(id), sizeBytes: of(id)!.lengthBytes }),
            ),
    },
  };
  const run = {
    pool: {
      laneCount: 2,
      startedLanes: () => Array.from({ length: facts.started ?? 1 }, (_, lane) => lane),
      run({ pairs }: RetireJob) {
        expect(hasFinished).toBe(true);
        stored.push(...pairs.map(({ oldStoredBytes }) => oldStoredBytes));
        jobs.push(
          pairs.map(
            ({ old, newers }) => `${old.hash[0]}>${newers.map(({ hash }) => hash[0]).join()}`,
          ),
        );
        const taken = new Map(facts.taken?.entries());
        return Promise.resolve({ frames: facts.taken ? [[...taken.keys()]] : [], taken });
      },
    },
    /** A frame is the positions of its members. */
    register(frame: unknown, place: () => boolean, basisOf: (position: number) => number) {
      for (const position of frame as number[]) hung.push(`${position} on ${basisOf(position)}`);
      expect(place).toBeTypeOf('function');
    },
  };
  const ahead: RetirementAhead = {
    plan: () => [],
    keep: () => undefined,
    finish: () => void (hasFinished = true),
    hasDelta: (old) => hasDelta.includes(old),
    wasTried: (old, newer) => tried.includes(`${old}>${newer}`),
  };
  await retireReplaced(
    run as unknown as WritingRun,
    index as unknown as Index,
    replacements,
    ahead,
  );
  expect(hasFinished).toBe(true);
  return { jobs, stored, hung };
}

const replaced = (old: number, newer: number | undefined): Replacement => ({
  old: content(old),
  newer: newer === undefined ? NONE : content(newer),
  directory: 5,
});

describe('an old blob is tried', () => {
  const two = [blob(1), blob(2)];

  test('against the one that replaced it', async () => {
    const { jobs, stored } = await jobsOf([replaced(1, 2)], { blobs: two });
    expect(jobs).toEqual([['1>2']]);
    expect(stored).toEqual([1]);
  });

  test('once, however many replaced it', async () => {
    const { jobs } = await jobsOf([replaced(1, 2), replaced(1, 3)], { blobs: [...two, blob(3)] });
    expect(jobs).toEqual([['1>2']]);
  });

  test.each<[string, Partial<Facts>, number | undefined]>([
    ['it is current', { current: [1] }, 2],
    ['a delta of it was made ahead', { hasDelta: [1] }, 2],
    ['this was tried ahead and did not pay', { tried: ['1>2'] }, 2],
    ['the new content has it', {}, 1],
    ['nothing replaced it', {}, undefined],
    ['what replaced it is not whole', { blobs: [blob(1), blob(2, { kind: BlobKind.delta })] }, 2],
    ['it is too small', { blobs: [blob(1, { lengthBytes: 255 }), blob(2)] }, 2],
  ])('not where %s', async (_, facts, newer) => {
    const { jobs } = await jobsOf([replaced(1, newer)], { blobs: two, ...facts });
    expect(jobs).toEqual([]);
  });

  test('in the order in which the packs hold them', async () => {
    const places = [
      { pack: 2, offset: 5 },
      { pack: 1, offset: 900 },
      { pack: 2, offset: 1 },
      { pack: 1, offset: 20 },
    ];
    const blobs = [...places.map((place, at) => blob(at + 1, place)), blob(9)];
    const { jobs } = await jobsOf(
      [1, 2, 3, 4].map((id) => replaced(id, 9)),
      { blobs },
    );
    expect(jobs).toEqual([['4>9', '2>9', '3>9', '1>9']]);
  });
});

describe('a large old blob is tried against its neighbours', () => {
  const size = 64 * KIB;
  const old = blob(1, { lengthBytes: size });
  const beside = (...sizes: number[]) => {
    const blobs = sizes.map((lengthBytes, at) => blob(at + 2, { lengthBytes }));
    return { blobs: [old, ...blobs], beside: blobs.map(({ id }) => id) };
  };

  test('three at most, the nearest in size first, behind what replaced it', async () => {
    const { jobs } = await jobsOf([replaced(1, 2)], beside(size * 3, size * 2, size, size * 1.5));
    expect(jobs).toEqual([['1>2,4,5,3']]);
  });

  test('also where nothing replaced it, or that was tried', async () => {
    const facts = beside(size);
    expect((await jobsOf([replaced(1, undefined)], facts)).jobs).toEqual([['1>2']]);
    const tried = { ...beside(size, size * 2), tried: ['1>3'] };
    expect((await jobsOf([replaced(1, 3)], tried)).jobs).toEqual([['1>2,3']]);
  });

  test('once, where one of them replaced it', async () => {
    expect((await jobsOf([replaced(1, 2)], beside(size))).jobs).toEqual([['1>2']]);
  });

  test('that are at most four times larger or smaller', async () => {
    const { jobs } = await jobsOf(
      [replaced(1, undefined)],
      beside(size * 4, size / 4, size * 4 + 1, size / 4 - 1),
    );
    expect(jobs).toEqual([['1>2,3']]);
  });

  test('from 64 KiB on', async () => {
    const small = blob(1, { lengthBytes: size - 1 });
    const { blobs, ...rest } = beside(size);
    const facts = { ...rest, blobs: [small, ...blobs.slice(1)] };
    expect((await jobsOf([replaced(1, undefined)], facts)).jobs).toEqual([]);
  });
});

describe('a delta that paid', () => {
  const size = 64 * KIB;
  const blobs = [1, 2, 3, 4].map((id) => blob(id, { lengthBytes: size }));
  const facts = { blobs, beside: [3, 4] };

  test('hangs on the one of its newer blobs that the worker took', async () => {
    const { jobs, hung } = await jobsOf([replaced(1, 3), replaced(2, 4)], {
      ...facts,
      taken: [1, 0],
    });
    expect(jobs).toEqual([['1>3,4', '2>4,3']]);
    expect(hung).toEqual(['0 on 4', '1 on 4']);
  });

  test.each([
    ['a pair that was not asked for', [0, 0]],
    ['a blob that was not offered', [2]],
  ])('of %s is a mistake', async (_, taken) => {
    await expect(jobsOf([replaced(1, 3)], { ...facts, taken })).rejects.toThrow(/^no pair \d$/);
  });
});

describe('a job', () => {
  const many = (count: number, lengthBytes: number) => {
    const olds = Array.from({ length: count }, (_, at) => blob(at + 1, { lengthBytes }));
    return {
      blobs: [...olds, blob(200, { lengthBytes })],
      all: olds.map(({ id }) => replaced(id, 200)),
    };
  };
  const sizes = async (count: number, lengthBytes: number, started: number) => {
    const { blobs, all } = many(count, lengthBytes);
    const { jobs } = await jobsOf(all, { blobs, started });
    return jobs.map((job) => job.length);
  };

  test('has at most 64 pairs', async () => {
    expect(await sizes(130, 1000, 1)).toEqual([64, 64, 2]);
  });

  test('ends with the pair that brings it to 8 MiB of texts', async () => {
    expect(await sizes(5, 2 * KIB * KIB, 1)).toEqual([2, 2, 1]);
    expect(await sizes(5, 2 * KIB * KIB - 1, 1)).toEqual([3, 2]);
  });

  test('is shared out to the threads that run', async () => {
    expect(await sizes(8, 1000, 2)).toEqual([4, 4]);
    expect(await sizes(8, 1000, 1)).toEqual([8]);
    expect(await sizes(8, 1000, 0)).toEqual([8]);
  });
});
