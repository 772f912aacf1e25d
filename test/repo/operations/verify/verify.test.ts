import * as fs from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import type { Damage, VerifyProgress } from '../../../../src/repo/operations/verify/verify.js';
import { packFileName } from '../../../../src/repo/packs/pack-store.js';
import { verify } from '../../../support/by-path.js';
import { flipByte, truncateTo } from '../../../support/damage.js';
import { queryIndex } from '../../../support/index-facts.js';
import { backupOf, createLab, type Lab } from '../../../support/lab.js';
import { noise, prose } from '../../../support/seed.js';

/** A blob of this length has a frame of its own. */
const ALONE = 530_000;
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const CONTENTS = NAMES.map((_, position) => noise(ALONE, position + 1));

interface Frame {
  readonly id: number;
  readonly pack: number;
  readonly start: number;
  readonly length: number;
  readonly head: number;
  readonly kind: number;
  readonly verified: number;
}

const framesOf = (lab: Lab, kinds = '1, 2'): Frame[] =>
  queryIndex(
    lab.repository,
    `SELECT id, pack, start, length, head, kind, verified_ms AS verified
     FROM frame WHERE kind IN (${kinds}) ORDER BY pack, start`,
  );
const verifiedAt = (lab: Lab): number[] => framesOf(lab).map(({ verified }) => verified);
const packOf = (lab: Lab, number = 1): string => join(lab.packs, packFileName(number));

/** Eight frames of the same length, of a file each, in the order of their names. */
async function eightFrames(): Promise<Lab> {
  const lab = createLab({ lanes: 1 });
  for (const [position, name] of NAMES.entries()) lab.write(name, CONTENTS[position]!);
  await lab.backup();
  expect(framesOf(lab)).toHaveLength(NAMES.length);
  return lab;
}

/** Breaks the payload of the frame of a file; gives what mends it. */
function breakFrame(lab: Lab, position: number): () => void {
  const frame = framesOf(lab)[position]!;
  const flip = (): void => flipByte(packOf(lab, frame.pack), frame.start + frame.head + 50);
  flip();
  return flip;
}

describe('a sample', () => {
  test('takes the frames that were verified longest ago, until all were', async () => {
    const lab = await eightFrames();
    const times: number[][] = [];
    for (const clockMs of [1000, 2000, 3000, 4000, 5000]) {
      lab.setClock(clockMs);
      const { ok, blobs, bytes } = await lab.verify({ sample: { type: 'share', fraction: 0.25 } });
      expect({ ok, blobs, bytes }).toEqual({ ok: true, blobs: 2, bytes: 2 * ALONE });
      times.push(verifiedAt(lab));
    }
    expect(times).toEqual([
      [1000, 1000, 0, 0, 0, 0, 0, 0],
      [1000, 1000, 2000, 2000, 0, 0, 0, 0],
      [1000, 1000, 2000, 2000, 3000, 3000, 0, 0],
      [1000, 1000, 2000, 2000, 3000, 3000, 4000, 4000],
      [5000, 5000, 2000, 2000, 3000, 3000, 4000, 4000],
    ]);
  });

  test.each([
    ['a share, however small, is at least a frame', { type: 'share', fraction: 1e-9 }, 1],
    ['half of it', { type: 'share', fraction: 0.5 }, 4],
    ['a little more than half of it', { type: 'share', fraction: 0.5001 }, 5],
    ['all of it', { type: 'share', fraction: 1 }, 8],
    ['a byte', { type: 'bytes', bytes: 1 }, 1],
    ['more bytes than there are', { type: 'bytes', bytes: 2 ** 40 }, 8],
    ['no time', { type: 'time', durationMs: 0 }, 0],
  ] as const)('%s', async (_, sample, blobs) => {
    const lab = await eightFrames();
    lab.setClock(7000);
    expect(await lab.verify({ sample })).toMatchObject({ ok: true, blobs });
    expect(verifiedAt(lab).filter((time) => time === 7000)).toHaveLength(blobs);
  });

  test('of bytes ends with the frame that reaches them', async () => {
    const lab = await eightFrames();
    const { length } = framesOf(lab)[0]!;
    expect(await lab.verify({ sample: { type: 'bytes', bytes: length } })).toMatchObject({
      blobs: 1,
    });
    expect(await lab.verify({ sample: { type: 'bytes', bytes: length + 1 } })).toMatchObject({
      blobs: 2,
    });
  });

  test('of time ends when it is up', async () => {
    const lab = await eightFrames();
    let now = 0;
    // Each look at the clock is a millisecond; the first one is the beginning.
    const platform = { ...lab.platform, clock: { nowMs: () => now++ } };
    const sample = { type: 'time', durationMs: 4 } as const;
    const { blobs } = await verify(lab.repository, platform, {
      sample,
      jobs: 1,
      createPool: lab.createPool,
    });
    expect(blobs).toBe(3);
  });

  test('verifies each blob of a chain once, though its frames are many', async () => {
    const lab = createLab({ lanes: 1 });
    for (const state of [1, 2, 3, 4, 5]) {
      lab.write('log.txt', prose(200 + state, 1));
      await lab.backup();
    }
    const whole = await lab.verify();
    expect(whole.blobs).toBe(5);
    lab.setClock(8000);
    expect(await lab.verify({ sample: { type: 'share', fraction: 1 } })).toMatchObject({
      ok: true,
      blobs: 5,
      bytes: whole.bytes,
    });
    expect(framesOf(lab, '2').length).toBeGreaterThan(0);
    expect(new Set(verifiedAt(lab))).toEqual(new Set([8000]));
  });
});

describe('what is noted', () => {
  test('of damage is the damaged frame alone: no other counts as verified', async () => {
    const lab = await eightFrames();
    lab.setClock(1000);
    await lab.verify({ sample: { type: 'share', fraction: 0.25 } });
    const mend = breakFrame(lab, 4);
    lab.setClock(2000);
    expect((await lab.verify()).ok).toBe(false);
    expect(verifiedAt(lab)).toEqual([1000, 1000, 0, 0, -2000, 0, 0, 0]);
    // What was found damaged is looked at first, and again.
    lab.setClock(3000);
    const sample = { type: 'bytes', bytes: 1 } as const;
    expect(await lab.verify({ sample })).toMatchObject({ ok: false, blobs: 1 });
    expect(verifiedAt(lab)).toEqual([1000, 1000, 0, 0, -3000, 0, 0, 0]);
    mend();
    lab.setClock(4000);
    expect(await lab.verify({ sample })).toMatchObject({ ok: true, blobs: 1 });
    expect(verifiedAt(lab)).toEqual([1000, 1000, 0, 0, 4000, 0, 0, 0]);
  });

  test('by a full verification is every frame, those of manifests too', async () => {
    const lab = await eightFrames();
    lab.setClock(5000);
    await lab.verify();
    const all = framesOf(lab, '1, 2, 3, 4');
    expect(all.length).toBeGreaterThan(NAMES.length);
    expect(new Set(all.map(({ verified }) => verified))).toEqual(new Set([5000]));
  });

  test('by a quick one is nothing, and nothing is read', async () => {
    const lab = await eightFrames();
    breakFrame(lab, 0);
    lab.setClock(5000);
    expect(await lab.verify({ isQuick: true })).toMatchObject({ ok: true, blobs: 8, bytes: 0 });
    expect(verifiedAt(lab)).toEqual(NAMES.map(() => 0));
    truncateTo(packOf(lab), 100);
    expect(await lab.verify({ isQuick: true })).toMatchObject({ ok: false, blobs: 8, bytes: 0 });
    expect(verifiedAt(lab)).toEqual(NAMES.map(() => 0));
  });

  test('is nothing while somebody writes the index, and the finding stands', async () => {
    const lab = await eightFrames();
    const db = new Database(lab.indexPath);
    db.exec('BEGIN IMMEDIATE');
    expect(await lab.verify()).toMatchObject({ ok: true, blobs: 8 });
    breakFrame(lab, 2);
    expect(await lab.verify()).toMatchObject({ ok: false, blobs: 8 });
    db.exec('ROLLBACK');
    db.close();
    expect(verifiedAt(lab)).toEqual(NAMES.map(() => 0));
  });

  test('is nothing where it was interrupted, which ends it', async () => {
    const lab = await eightFrames();
    const stop = new AbortController();
    const stopped = lab.verify({ signal: stop.signal, onStart: () => stop.abort() });
    await expect(stopped).rejects.toMatchObject({
      code: 'INTERRUPTED',
      message: 'The verification was interrupted; nothing was changed.',
    });
    expect(verifiedAt(lab)).toEqual(NAMES.map(() => 0));
    await lab.expectSound();
  });
});

test('progress begins with all blobs and ends with those that were rebuilt', async () => {
  const lab = await eightFrames();
  const expected: VerifyProgress[] = [];
  const seen: VerifyProgress[] = [];
  await lab.verify({
    onStart: (totals) => expected.push(totals),
    onProgress: (progress) => seen.push(progress),
  });
  expect(expected).toEqual([{ files: 8, bytes: 0 }]);
  expect(seen.at(-1)).toEqual({ files: 8, bytes: 8 * ALONE });
});

test('the result counts what there is, what was rebuilt, and how long that took', async () => {
  const lab = createLab({ lanes: 1 });
  lab.setClock(1000);
  lab.write('a', noise(20_000, 1));
  lab.write('same as a', noise(20_000, 1));
  lab.write('b', noise(300, 2));
  lab.write('empty', '');
  await lab.backup();
  await lab.backup({ host: 'other' });
  const counts = { ok: true, snapshots: 2, versions: 10, blobs: 2, damage: [] };
  const asked = {
    damagedBlobs: [],
    brokenBlobs: [],
    damagedManifests: [],
  };
  const onProgress = (): void => lab.setClock(4500);
  expect(await lab.verify({ onProgress })).toEqual({
    ...counts,
    ...asked,
    bytes: 20_300,
    durationMs: 3500,
  });
  const quick = await lab.verify({ isQuick: true });
  expect(quick).toEqual({ ...counts, ...asked, bytes: 0, durationMs: 0 });
});

describe('damage names', () => {
  const named = (lab: Lab, damage: readonly Damage[]) =>
    damage.map(({ code, pack, offset, paths, snapshots }) => ({
      code,
      pack,
      offset,
      paths: paths.map((path) => path.replace(lab.bytes(), '').slice(1)).sort(),
      snapshots,
    }));

  test.each([
    ['within a frame', (frames: Frame[]) => frames[5]!.start + 1, ['f', 'g', 'h']],
    ['at the end of a frame', (frames: Frame[]) => frames[5]!.start, ['f', 'g', 'h']],
    ['a byte before that', (frames: Frame[]) => frames[5]!.start - 1, ['e', 'f', 'g', 'h']],
    ['to nothing', () => 0, NAMES],
    ['within its header', () => 17, NAMES],
  ])('of a pack cut %s where it ends, and what lay beyond', async (_, lengthOf, paths) => {
    const lab = await eightFrames();
    const offset = lengthOf(framesOf(lab));
    truncateTo(packOf(lab), offset);
    const found = { code: 'PACK_CORRUPT', pack: 1, offset, paths, snapshots: [1] };
    const quick = await lab.verify({ isQuick: true });
    expect(named(lab, quick.damage)).toEqual([found]);
    expect(quick.damagedBlobs).toHaveLength(paths.length);
    // Read in full, the same blobs are not told again, but the manifests beyond are.
    const { damage, damagedManifests } = await lab.verify();
    expect(named(lab, damage)[0]).toEqual(found);
    expect(damage.slice(1).map(({ paths: of }) => of)).toEqual(damagedManifests.map(() => []));
  });

  test('of a pack that is missing, and of one with another header, all that it held', async () => {
    const lab = await eightFrames();
    flipByte(packOf(lab), 12);
    const found = { code: 'PACK_CORRUPT', pack: 1, offset: 0, paths: NAMES, snapshots: [1] };
    expect(named(lab, (await lab.verify({ isQuick: true })).damage)).toEqual([found]);
    fs.rmSync(packOf(lab));
    expect(named(lab, (await lab.verify({ isQuick: true })).damage)).toEqual([
      { ...found, code: 'PACK_MISSING' },
    ]);
  });

  test('of a blob, the snapshots of its source that have it, and no others', async () => {
    const lab = createLab({ lanes: 1 });
    const other = join(lab.directory, 'other');
    fs.mkdirSync(other);
    fs.writeFileSync(join(other, 'x'), 'x');
    await lab.backup({ paths: [other] });
    lab.write('old', noise(ALONE, 1));
    await lab.backup();
    await lab.backup({ paths: [other] });
    lab.write('more', 'more');
    await lab.backup();
    lab.write('old', noise(ALONE, 2));
    await lab.backup();
    await lab.backup({ paths: [other] });
    lab.write('still', 'more');
    await lab.backup();
    const [first, second] = framesOf(lab).filter(({ length }) => length > ALONE);
    flipByte(packOf(lab, first!.pack), first!.start + first!.head + 9);
    expect(named(lab, (await lab.verify()).damage)).toMatchObject([
      { paths: ['old'], snapshots: [2, 4] },
    ]);
    flipByte(packOf(lab, second!.pack), second!.start + second!.head + 9);
    expect(named(lab, (await lab.verify()).damage)).toMatchObject([
      { paths: ['old'], snapshots: [2, 4] },
      { paths: ['old'], snapshots: [5, 7] },
    ]);
  });

  test('of what very many files hold, a hundred of them', async () => {
    const lab = createLab({ lanes: 1 });
    for (let number = 0; number < 130; number += 1) lab.write(`copy-${number}`, prose(9, 1));
    await backupOf(lab);
    breakFrame(lab, 0);
    const { damage } = await lab.verify();
    expect(damage.map(({ paths }) => paths.length)).toEqual([100]);
  });

  test('of a manifest its frame', async () => {
    const lab = await eightFrames();
    const [part] = framesOf(lab, '3, 4');
    flipByte(packOf(lab, part!.pack), part!.start + part!.head + 4);
    const { ok, damage, damagedManifests } = await lab.verify();
    expect({ ok, damagedManifests }).toEqual({ ok: false, damagedManifests: [part!.id] });
    expect(damage).toMatchObject([
      { code: 'FRAME_CORRUPT', pack: part!.pack, offset: part!.start, paths: [], snapshots: [] },
    ]);
  });
});

describe('in a chain', () => {
  async function chain(): Promise<Lab> {
    const lab = createLab({ lanes: 1 });
    for (const state of [1, 2, 3, 4, 5]) {
      lab.write('log.txt', prose(200 + state, 1));
      await lab.backup();
    }
    return lab;
  }
  /** Of the blob of each snapshot: its frame, and how often the frame was found. */
  const blobOf = (lab: Lab, snapshot: number) =>
    queryIndex<Frame & { readonly blob: number }>(
      lab.repository,
      `SELECT b.id AS blob, f.* FROM version v JOIN blob b ON b.id = v.blob
       JOIN frame f ON f.id = b.frame WHERE v.first = ${snapshot}
       AND v.path IN (SELECT id FROM path WHERE CAST(name AS TEXT) = 'log.txt')`,
    )[0]!;

  test.each([5, 4, 3, 2, 1])(
    'all blobs that rest on a damaged one are lost with it, and only it is broken: %i',
    async (snapshot) => {
      const lab = await chain();
      const { blob, pack, start, head, length } = blobOf(lab, snapshot);
      flipByte(packOf(lab, pack), start + Math.floor((head + length) / 2));
      lab.setClock(9000);
      const { damagedBlobs, brokenBlobs, damage } = await lab.verify();
      expect(brokenBlobs).toEqual([blob]);
      const lost = Array.from({ length: snapshot }, (_, i) => blobOf(lab, i + 1).blob);
      expect([...damagedBlobs].sort()).toEqual(lost.sort());
      expect(damage.flatMap(({ snapshots }) => snapshots).sort()).toEqual(
        Array.from({ length: snapshot }, (_, i) => i + 1),
      );
      const noted = framesOf(lab).filter(({ verified }) => verified === -9000);
      expect(noted.map(({ id }) => id)).toEqual([blobOf(lab, snapshot).id]);
      expect(verifiedAt(lab).every((time) => time <= 0)).toBe(true);
    },
  );

  test('a basis of several deltas is kept until the last of them, and every blob counts', async () => {
    const lab = createLab({ lanes: 1 });
    const states = [1, 2, 3];
    for (const state of states) {
      for (const name of ['one', 'two', 'three']) {
        // The newest state of all is the same bytes: what was before rests on it, side by side.
        const own = state === states.length ? 9 : name.length + 10 * state;
        lab.write(name, Buffer.concat([prose(300, 1), prose(3, own)]));
      }
      await lab.backup();
    }
    const stored = queryIndex<{ kind: number; basis: number }>(
      lab.repository,
      'SELECT kind, basis FROM blob',
    );
    const bases = stored.filter(({ kind }) => kind === 2).map(({ basis }) => basis);
    expect(bases.length).toBeGreaterThan(new Set(bases).size);
    const { ok, blobs, bytes } = await lab.verify();
    const [sum] = queryIndex<{ bytes: number }>(
      lab.repository,
      'SELECT sum(length) AS bytes FROM blob',
    );
    expect({ ok, blobs, bytes }).toEqual({ ok: true, blobs: stored.length, bytes: sum!.bytes });
  });
});
