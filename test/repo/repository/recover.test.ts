/** What a dead run left is taken up as if it had been stored just now, and nothing else of it counts. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import {
  openDirectoryPackStore,
  PackKind,
  packFileName,
} from '../../../src/repo/packs/pack-store.js';
import { openRepository } from '../../../src/repo/repository/repository.js';
import { createInlinePool } from '../../../src/repo/worker/pool.js';
import { saveFiles } from '../../support/damage.js';
import { watchedFiles } from '../../support/disk/watched-files.js';
import { deadFrom } from '../../support/faulty-files.js';
import {
  expectExactLiveBytes,
  expectNoGaps,
  packRows,
  queryIndex,
} from '../../support/index-facts.js';
import { expectKept, recordSnapshots } from '../../support/kept-snapshots.js';
import { createLab, SMALL_PIECES, type Lab } from '../../support/lab.js';
import { noise, prose } from '../../support/seed.js';

const PACK = '00000001.pack';
const packOf = ({ packs }: Lab): string => join(packs, PACK);

/** A large file and small ones, which are stored by two jobs, each with deltas of what was before. */
function write(lab: Lab, state: number): void {
  lab.write('large', Buffer.concat([noise(2000, state), noise(20_000, 50)]));
  lab.write('text', prose(100 + state, 1));
  lab.write(`new${state}`, noise(3000, 100 + state));
}

async function prepare() {
  const lab = createLab({ lanes: 1, chunking: SMALL_PIECES });
  const recorded = recordSnapshots(lab);
  write(lab, 1);
  await recorded.backup();
  return { lab, ...recorded };
}

describe('after a backup that died', () => {
  test('at any call, another of a source that moved on is right, and so is its rebuilt index', async () => {
    const { lab, trees, backup } = await prepare();
    write(lab, 2);
    const putBack = saveFiles(lab.repository);
    for (let position = 1; ; position += 1) {
      const dead = deadFrom(position, 20);
      lab.useFiles(dead.files);
      await lab.backup().catch(() => undefined);
      lab.useRealFiles();
      if (!dead.wasHit()) {
        expect(position).toBeGreaterThan(8);
        break;
      }
      write(lab, 3);
      trees.delete(2);
      await backup();
      await lab.expectSound();
      expectExactLiveBytes(lab.repository);
      expectNoGaps(lab.repository);
      // What nobody uses goes with the next prune, or when the index is rebuilt.
      await lab.prune({ keepLast: 10 });
      await expectKept(lab, trees);
      putBack();
      write(lab, 2);
    }
  });

  test('no blob is there twice, though it stored again what had been a delta', async () => {
    const { lab, trees, backup } = await prepare();
    lab.write('text', prose(140, 1));
    await backup();
    // As it was at first, and with something new in the same frame.
    lab.write('text', prose(101, 1));
    lab.write('more', prose(50, 9));
    // The first of its writes is whole.
    let writes = 0;
    const { files } = lab.platform;
    lab.useFiles({
      ...files,
      write(...of) {
        if (++writes > 1) throw Object.assign(new Error('EIO: injected'), { code: 'EIO' });
        files.write(...of);
      },
    });
    await expect(lab.backup()).rejects.toMatchObject({ code: 'DISK_FAILED' });
    lab.useRealFiles();
    lab.write('text', prose(170, 1));
    const { bytesStored } = await lab.backup();
    expect(bytesStored).toBeLessThan(5000);
    expectExactLiveBytes(lab.repository);
    const twice = 'SELECT hash FROM blob GROUP BY hash HAVING count(*) > 1';
    expect(queryIndex(lab.repository, twice)).toEqual([]);
    await lab.expectSound();
    for (const [number, tree] of trees) expect(await lab.treeAt(number)).toEqual(tree);
  });
});

describe('behind what is committed', () => {
  /** A frame as another run of the repository would append it, of a file that nobody has. */
  async function strayFrame(): Promise<{ lab: Lab; frame: Buffer; committed: number }> {
    const { lab } = await prepare();
    const committed = fs.statSync(packOf(lab)).size;
    const putBack = saveFiles(lab.repository);
    lab.write('stray', noise(4000, 77));
    await lab.backup();
    const frame = fs.readFileSync(packOf(lab)).subarray(committed);
    lab.remove('stray');
    putBack();
    return { lab, frame, committed };
  }

  const sizeAfter = async (lab: Lab): Promise<number> => {
    await lab.verify();
    // A run that stores nothing.
    await lab.prune({ keepLast: 10 }).catch(() => undefined);
    return fs.statSync(packOf(lab)).size;
  };

  test('whole frames are taken up, and the blobs in them are not stored again', async () => {
    const { lab, frame, committed } = await strayFrame();
    fs.appendFileSync(packOf(lab), frame);
    lab.write('stray', noise(4000, 77));
    await lab.backup();
    expect(fs.statSync(packOf(lab)).size).toBe(committed + frame.length);
    await lab.expectSound();
    expectExactLiveBytes(lab.repository);
  });

  test('a frame of no use before one that is taken up is space that a prune gives back', async () => {
    const { lab, frame } = await strayFrame();
    lab.write('stray', noise(4000, 77));
    await lab.backup();
    const { size } = fs.statSync(packOf(lab));
    const putBack = saveFiles(lab.repository);
    lab.write('another', noise(5000, 78));
    await lab.backup();
    const another = fs.readFileSync(packOf(lab)).subarray(size);
    putBack();
    fs.appendFileSync(packOf(lab), Buffer.concat([frame, another]));
    const { bytesStored } = await lab.backup();
    expect(bytesStored).toBeLessThan(5000);
    expectNoGaps(lab.repository);
    expectExactLiveBytes(lab.repository);
    const dead = queryIndex<{ total: number; payload: number }>(
      lab.repository,
      'SELECT total, length - head AS payload FROM frame WHERE live = 0 ORDER BY start',
    );
    expect(dead.length).toBeGreaterThan(0);
    for (const { total, payload } of dead) expect(total).toBe(payload);
    await lab.expectSound();
  });

  test('a generation that a dead run used is not used again', async () => {
    const { lab, frame } = await strayFrame();
    const generation = (): number =>
      queryIndex<{ value: number }>(
        lab.repository,
        "SELECT value FROM counter WHERE name = 'generation'",
      )[0]!.value;
    const before = generation();
    fs.appendFileSync(packOf(lab), frame);
    lab.write('other', 'x');
    await lab.backup();
    // The dead run had the next.
    expect(generation()).toBe(before + 2);
  });

  test('no pack of a run with more threads is begun anew by one with fewer', async () => {
    const lab = createLab({ lanes: 4 });
    const { trees, backup } = recordSnapshots(lab);
    for (let i = 0; i < 8; i += 1) lab.write(`file${i}`, noise(2_000_000, i));
    const putBack = saveFiles(lab.repository);
    await backup();
    const blobPacks = packRows(lab.repository)
      .filter(({ kind }) => kind === PackKind.blobs)
      .map(({ number }) => packFileName(number));
    expect(blobPacks.length).toBeGreaterThan(2);
    const bytes = blobPacks.map((name) => fs.readFileSync(join(lab.packs, name)));
    // As if it had died before its manifest.
    putBack();
    fs.mkdirSync(lab.packs, { recursive: true });
    blobPacks.forEach((name, i) => fs.writeFileSync(join(lab.packs, name), bytes[i]!));
    const openStore = () => openDirectoryPackStore(lab.platform.files, lab.packs, lab.id);
    const { bytesStored } = await lab.backup({
      jobs: 1,
      createPool: (_, begin) => createInlinePool(lab.platform.files, openStore, 1, begin),
    });
    expect(bytesStored).toBeLessThan(100_000);
    blobPacks.forEach((name, i) => {
      const now = fs.readFileSync(join(lab.packs, name));
      expect(now.subarray(0, bytes[i]!.length).equals(bytes[i]!), name).toBe(true);
    });
    expectNoGaps(lab.repository);
    await lab.expectSound();
    expect(await lab.treeAt(1)).toEqual(trees.get(1));
  });

  test('the number of a pack that was taken up is not given again', async () => {
    const lab = createLab({ lanes: 4 });
    for (let i = 0; i < 8; i += 1) lab.write(`file${i}`, noise(300_000, i));
    const putBack = saveFiles(lab.repository);
    await lab.backup();
    const numbers = packRows(lab.repository)
      .filter(({ kind }) => kind === PackKind.blobs)
      .map(({ number }) => number);
    const saved = numbers.map((number) => fs.readFileSync(join(lab.packs, packFileName(number))));
    putBack();
    fs.mkdirSync(lab.packs, { recursive: true });
    numbers.forEach((number, at) =>
      fs.writeFileSync(join(lab.packs, packFileName(number)), saved[at]!),
    );
    const opened = openRepository(lab.repository, lab.platform, { access: 'write' });
    await opened.write(() => undefined);
    opened.close();
    const [counter] = queryIndex<{ value: number }>(
      lab.repository,
      "SELECT value FROM counter WHERE name = 'pack'",
    );
    expect(counter?.value).toBeGreaterThanOrEqual(Math.max(...numbers));
  });

  test.each<[string, (frame: Buffer) => Buffer[]]>([
    ['half a frame', (frame) => [frame.subarray(0, 3000)]],
    ['a frame with a wrong byte in its payload', (frame) => [withWrongByte(frame, 2000)]],
    ['a frame with a wrong byte in its header', (frame) => [withWrongByte(frame, 20)]],
    ['something, and then a frame', (frame) => [Buffer.alloc(10), frame]],
  ])('%s is cut off', async (_, make) => {
    const { lab, frame, committed } = await strayFrame();
    fs.appendFileSync(packOf(lab), Buffer.concat(make(frame)));
    expect(await sizeAfter(lab)).toBe(committed);
    await lab.expectSound();
    lab.write('stray', noise(4000, 77));
    const { snapshot } = await lab.backup();
    expect((await lab.treeAt(snapshot!)).get('stray')!.content.length).toBe(4000);
    await lab.expectSound();
  });
});

function withWrongByte(frame: Buffer, at: number): Buffer {
  const wrong = Buffer.from(frame);
  wrong[at]! ^= 1;
  return wrong;
}

test('a pack that was cut is not continued, or bytes would be missing in its midst', async () => {
  const { lab } = await prepare();
  const { size } = fs.statSync(packOf(lab));
  fs.truncateSync(packOf(lab), size - 10);
  lab.write('later', noise(4000, 5));
  const { snapshot } = await lab.backup();
  expect(fs.statSync(packOf(lab)).size).toBe(size - 10);
  const to = lab.newTarget();
  await lab.restore(snapshot!, { to });
  expect(fs.readFileSync(join(to, 'later')).equals(noise(4000, 5))).toBe(true);
});

describe('an index that does not know what its packs contain', () => {
  /** A repository of four runs whose index has forgotten the manifests behind the first `known`. */
  async function forgetting(known: number, change = '') {
    const lab = createLab({ lanes: 1 });
    const sizes: number[] = [];
    let manifests = 0;
    for (let run = 0; run < 4; run += 1) {
      lab.write('file', `state ${run}`);
      await lab.backup();
      const row = packRows(lab.repository).find(({ kind }) => kind === PackKind.manifests)!;
      manifests = row.number;
      sizes.push(row.length);
    }
    const db = new Database(lab.indexPath);
    db.exec(`UPDATE pack SET length = ${sizes[known - 1]!} WHERE number = ${manifests}; ${change}`);
    db.close();
    return { lab, size: () => fs.statSync(join(lab.packs, packFileName(manifests))).size, sizes };
  }

  test.each([
    [3, 'a run'],
    [2, '2 runs'],
    [1, '3 runs'],
  ])(
    'behind %i runs, all of which it once knew, is refused, and nothing is cut',
    async (known, what) => {
      const { lab, size, sizes } = await forgetting(known);
      await expect(lab.backup()).rejects.toMatchObject({
        code: 'INDEX_CORRUPT',
        message: `The index of ${lab.repository} does not know ${what} that its packs contain.`,
        hint: 'Run `varve repair --rebuild-index` to rebuild it from the packs.',
      });
      expect(size()).toBe(sizes[3]);
    },
  );

  test.each([
    [3, undefined],
    [2, '2 runs'],
  ])(
    'behind %i runs, as if they had died, is refused for more than one: %s',
    async (known, what) => {
      const { lab, size, sizes } = await forgetting(
        known,
        `UPDATE counter SET value = ${known} WHERE name = 'generation'`,
      );
      const recovered = lab.prune({ keepLast: 10 });
      if (what === undefined) {
        await recovered;
        expect(size()).not.toBe(sizes[3]);
        return;
      }
      await expect(recovered).rejects.toMatchObject({
        message: expect.stringContaining(`does not know ${what}`) as string,
      });
      expect(size()).toBe(sizes[3]);
    },
  );

  test('is not where the last manifest is torn, which is cut off', async () => {
    const { lab, size, sizes } = await forgetting(3);
    const isManifests = ({ kind }: { kind: number }): boolean => kind === PackKind.manifests;
    const { number } = packRows(lab.repository).find(isManifests)!;
    const path = join(lab.packs, packFileName(number));
    const bytes = fs.readFileSync(path);
    bytes[bytes.length - 1]! ^= 1;
    fs.writeFileSync(path, bytes);
    await lab.prune({ keepLast: 10 });
    expect(size()).toBe(sizes[2]);
    expect(packRows(lab.repository).find((row) => row.number === number)?.length).toBe(size());
  });
});

test('what is taken up is durable before the index says so, its name as well', async () => {
  const { lab } = await prepare();
  const putBack = saveFiles(lab.repository);
  lab.write('stray', noise(4000, 77));
  await lab.backup();
  const grown = fs.readFileSync(packOf(lab));
  putBack();
  fs.writeFileSync(packOf(lab), grown);
  const committed = (): number | undefined =>
    packRows(lab.repository).find(({ number }) => number === 1)?.length;
  const before = committed();
  const synced: string[] = [];
  lab.useFiles(
    watchedFiles((call, act) => {
      const isOfPacks = call.path === packOf(lab) || call.path === lab.packs;
      if ((call.name === 'sync' || call.name === 'sync-names') && isOfPacks) {
        synced.push(call.path.slice(lab.packs.length));
        if (synced.length <= 2) expect(committed()).toBe(before);
      }
      return act();
    }),
  );
  await lab.prune({ keepLast: 10 });
  lab.useRealFiles();
  expect(synced.slice(0, 2)).toEqual([`/${PACK}`, '']);
  expect(committed()).toBeGreaterThan(before!);
});
