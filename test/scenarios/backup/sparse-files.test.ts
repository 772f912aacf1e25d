import * as fs from 'node:fs';
import { describe, expect, test } from 'vitest';
import { filesWithAt } from '../../support/faulty-files.js';
import { expectInvariants, logicalIndex, queryIndex } from '../../support/index-facts.js';
import { createLab, type Lab } from '../../support/lab.js';
import { runProgram } from '../../support/machine.js';
import { noise } from '../../support/seed.js';
import { catFile, diffLive, findContent } from '../../support/by-path.js';

const KIB = 1024;
const MIB = 1024 * KIB;
/** Files of more than 6000 bytes are cut, in segments that are long enough for holes. */
const PIECES = {
  whole_file_bytes: 6000,
  segment_bytes: MIB,
  least_bytes: 2048,
  average_bytes: 4096,
  most_bytes: 16_384,
};

/** Writes `parts` at their offsets into a file of `sizeBytes` that is a hole everywhere else. */
function writeSparse(path: string, sizeBytes: number, parts: readonly [number, Buffer][]): void {
  const descriptor = fs.openSync(path, 'w');
  for (const [offset, bytes] of parts) fs.writeSync(descriptor, bytes, 0, bytes.length, offset);
  fs.ftruncateSync(descriptor, sizeBytes);
  fs.closeSync(descriptor);
}

/** Lengths of the holes and blobs that the current version of a file is made of, holes negative. */
function pieces(lab: Lab, name: string): number[] {
  return queryIndex<{ length: number }>(
    lab.repository,
    `SELECT CASE b.kind WHEN 4 THEN -b.length ELSE b.length END AS length
     FROM path p JOIN version v ON v.path = p.id AND v.last = 0
     LEFT JOIN content_blob c ON c.content = v.content
     JOIN blob b ON b.id = coalesce(v.blob, c.blob)
     WHERE p.name = CAST('${name}' AS BLOB) ORDER BY c.position`,
  ).map(({ length }) => length);
}

const holesOf = (lab: Lab, name: string): number[] =>
  pieces(lab, name)
    .filter((length) => length < 0)
    .map((length) => -length);

async function expectSameBytes(lab: Lab, name: string, snapshot = 1): Promise<void> {
  const to = lab.newTarget();
  const { issues } = await lab.restore(snapshot, { to });
  expect(issues).toEqual([]);
  runProgram('cmp', [lab.path(name), `${to}/${name}`]);
}

describe('a large file with holes', () => {
  test.each<[string, number, [number, Buffer][], number[]]>([
    ['at the start', 3 * MIB, [[2 * MIB, noise(MIB, 1)]], [2 * MIB]],
    [
      'in the middle',
      3 * MIB,
      [
        [0, noise(MIB, 1)],
        [2 * MIB, noise(MIB, 2)],
      ],
      [MIB],
    ],
    ['at the end', 3 * MIB - 77, [[0, noise(100_000, 1)]], [3 * MIB - 77 - 102_400]],
    ['and nothing else', 5 * MIB - 1, [], [5 * MIB - 1]],
  ])('%s: zeros are stored nowhere', async (_, sizeBytes, parts, holes) => {
    const lab = createLab({ chunking: PIECES });
    writeSparse(lab.path('file'), sizeBytes, parts);
    const { bytes, bytesRead } = await lab.backup();
    expect(bytes).toBe(sizeBytes);
    expect(bytesRead).toBeLessThan(
      parts.reduce((sum, [, { length }]) => sum + length, 0) * 1.5 + 1,
    );
    expect(holesOf(lab, 'file')).toEqual(holes);
    await expectSameBytes(lab, 'file');
    await lab.expectSound();
    expectInvariants(lab.repository);
    const before = logicalIndex(lab.repository);
    await lab.rebuild();
    expect(logicalIndex(lab.repository)).toEqual(before);
    await expectSameBytes(lab, 'file');
  });

  test('has the same pieces when its zeros are written out', async () => {
    const lab = createLab({ chunking: PIECES });
    const parts: [number, Buffer][] = [
      [300_000, noise(200_000, 1)],
      [1_500_000, noise(10_000, 2)],
    ];
    writeSparse(lab.path('sparse'), 3 * MIB, parts);
    fs.writeFileSync(lab.path('dense'), fs.readFileSync(lab.path('sparse')));
    await lab.backup();
    expect(pieces(lab, 'dense')).toEqual(pieces(lab, 'sparse'));
    const contents = 'SELECT DISTINCT content FROM version WHERE type = 1';
    expect(queryIndex(lab.repository, contents)).toHaveLength(1);
  });

  test('can be found by its content, printed, compared and listed', async () => {
    const lab = createLab({ chunking: PIECES });
    const { repository, platform } = lab;
    writeSparse(lab.path('file'), 4 * MIB, [[MIB + 5000, noise(50_000, 1)]]);
    writeSparse(lab.path('empty'), 2 * MIB, []);
    await lab.backup();
    for (const name of ['file', 'empty']) {
      const found = await findContent(repository, platform, { file: lab.path(name) });
      expect(found.map(({ path }) => path)).toEqual([lab.bytes(name)]);
      const printed: Buffer[] = [];
      const at = { type: 'latest' } as const;
      const write = (bytes: Uint8Array): void => void printed.push(Buffer.from(bytes));
      await catFile(repository, platform, { path: lab.path(name), at, write });
      expect(Buffer.concat(printed).equals(fs.readFileSync(lab.path(name)))).toBe(true);
    }
    const from = { type: 'latest' } as const;
    const same = await diffLive(repository, platform, { from, readsAll: true });
    expect(same.changes).toEqual([]);
  });

  test('changes in a few blobs, and its older state is kept as deltas', async () => {
    const lab = createLab({ chunking: PIECES });
    const parts: [number, Buffer][] = [
      [MIB, noise(200_000, 1)],
      [4 * MIB, noise(600_000, 2)],
      [7 * MIB, noise(200_000, 3)],
    ];
    writeSparse(lab.path('file'), 9 * MIB, parts);
    await lab.backup();
    const old = fs.readFileSync(lab.path('file'));
    const descriptor = fs.openSync(lab.path('file'), 'r+');
    fs.writeSync(descriptor, 'x'.repeat(10), 4 * MIB + 500_000);
    fs.writeSync(descriptor, 'into a hole', 6 * MIB + 500_000);
    fs.closeSync(descriptor);
    const { bytesStored } = await lab.backup();
    expect(bytesStored).toBeLessThan(100_000);
    const to = lab.newTarget();
    await lab.restore(1, { to });
    expect(fs.readFileSync(`${to}/file`).equals(old)).toBe(true);
    await expectSameBytes(lab, 'file', 2);
    expect(queryIndex(lab.repository, 'SELECT id FROM blob WHERE kind = 2').length).toBeGreaterThan(
      0,
    );
    await lab.expectSound();
    expectInvariants(lab.repository);
  });

  test('loses the rows of its holes when it is pruned', async () => {
    const lab = createLab({ chunking: PIECES });
    writeSparse(lab.path('file'), 4 * MIB, [[MIB, noise(MIB, 1)]]);
    await lab.backup();
    lab.write('file', 'small now');
    await lab.backup();
    await lab.prune({ keepLast: 1 });
    expect(queryIndex(lab.repository, 'SELECT id FROM blob WHERE kind = 4')).toEqual([]);
    await lab.expectSound();
    expectInvariants(lab.repository);
  });
});

describe('what a file system says of holes', () => {
  /** The calls of a file system that is wrong about the first file that is asked for. */
  function misled(
    lab: Lab,
    seek: (offset: number, next: 'data' | 'hole') => number | undefined,
  ): void {
    lab.useFiles(filesWithAt(() => ({ seek: (_, offset, next) => seek(offset, next) })));
  }

  test('is not believed when it leaves out data that takes space', async () => {
    const lab = createLab({ chunking: PIECES });
    writeSparse(lab.path('file'), 4 * MIB, [[MIB, noise(MIB, 1)]]);
    misled(lab, () => undefined);
    await lab.backup();
    lab.useRealFiles();
    await expectSameBytes(lab, 'file');
  });

  test('is not used when it changes while the file is read', async () => {
    const lab = createLab({ chunking: PIECES });
    writeSparse(lab.path('file'), 4 * MIB, [[2 * MIB, noise(32 * KIB, 1)]]);
    let asked = 0;
    // Data at its real place, and a hole that is one page shorter each time.
    misled(lab, (offset, next) => {
      if (next === 'hole') return 4 * MIB;
      return offset === 0 ? 2 * MIB - 4096 * (10 - asked++) : offset;
    });
    const { issues, bytesRead } = await lab.backup();
    lab.useRealFiles();
    expect(issues).toEqual([]);
    // Twice by a map that did not last, then as a whole.
    expect(bytesRead).toBeGreaterThan(4 * MIB + 2 * 2 * MIB);
    await expectSameBytes(lab, 'file');
  });

  test('is not asked where libc is not to be had: all is read', async () => {
    const lab = createLab({ chunking: PIECES });
    writeSparse(lab.path('file'), 4 * MIB, [[2 * MIB, noise(32 * KIB, 1)]]);
    lab.useFiles(filesWithAt(() => ({ seeksHoles: false })));
    const { bytesRead } = await lab.backup();
    expect(bytesRead).toBe(4 * MIB);
    expect(holesOf(lab, 'file')).toHaveLength(2);
  });

  test('may fail: all is read', async () => {
    const lab = createLab({ chunking: PIECES });
    writeSparse(lab.path('file'), 4 * MIB, [[2 * MIB, noise(32 * KIB, 1)]]);
    misled(lab, () => {
      throw Object.assign(new Error('EINVAL: injected'), { code: 'EINVAL' });
    });
    const { bytesRead, issues } = await lab.backup();
    expect({ bytesRead, issues }).toEqual({ bytesRead: 4 * MIB, issues: [] });
  });
});

test('a file of 1 PiB takes no more than its data either', async () => {
  const lab = createLab();
  const middle = 2 ** 49 + 12_345;
  try {
    writeSparse(lab.path('image'), 2 ** 50, [[middle, noise(MIB, 1)]]);
  } catch (error) {
    expect(error, 'the file system takes no file of 1 PiB').toMatchObject({ code: 'EFBIG' });
    return;
  }
  await lab.backup();
  const { repository, platform } = lab;
  const found = await findContent(repository, platform, { file: lab.path('image') });
  expect(found.map(({ path }) => path)).toEqual([lab.bytes('image')]);
  const to = lab.newTarget();
  await lab.restore(1, { to });
  expect(fs.statSync(`${to}/image`)).toMatchObject({
    size: 2 ** 50,
    blocks: fs.statSync(lab.path('image')).blocks,
  });
});

test('a file of 1 TiB with 10 MB of data is stored by its data', async () => {
  const lab = createLab();
  const parts = Array.from({ length: 10 }, (_, part): [number, Buffer] => [
    part * 100 * 1024 * MIB + 12_345,
    noise(MIB, part),
  ]);
  try {
    writeSparse(lab.path('image'), 1024 * 1024 * MIB, parts);
  } catch (error) {
    expect(error, 'the file system takes no file of 1 TiB').toMatchObject({ code: 'EFBIG' });
    return;
  }
  const { bytes, bytesRead } = await lab.backup();
  expect(bytes).toBe(1024 * 1024 * MIB);
  expect(bytesRead).toBeLessThan(11 * MIB);
  expect(pieces(lab, 'image').length).toBeLessThan(150);
  const to = lab.newTarget();
  await lab.restore(1, { to });
  const descriptor = fs.openSync(`${to}/image`, 'r');
  for (const [offset, bytesThere] of parts) {
    const found = Buffer.alloc(MIB);
    fs.readSync(descriptor, found, 0, MIB, offset);
    expect(found.equals(bytesThere)).toBe(true);
  }
  fs.closeSync(descriptor);
  expect(fs.statSync(`${to}/image`).size).toBe(1024 * 1024 * MIB);
});
