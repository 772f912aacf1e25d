import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RestoreProgress } from '../../../../src/repo/operations/restore/restore.js';
import { filesWithAt, systemError } from '../../../support/faulty-files.js';
import { createLab, SMALL_PIECES, type Lab } from '../../../support/lab.js';
import { noise } from '../../../support/seed.js';
import { openFilesBelow } from '../../../support/open-files.js';
import { makeFifo } from '../../../support/special-files.js';

/** A small file, an empty and a large one, a link, a fifo and a directory with a file. */
async function prepare({ lanes = 2 } = {}): Promise<Lab> {
  const lab = createLab({ chunking: SMALL_PIECES, lanes });
  lab.write('small', 'text');
  lab.write('empty', '');
  lab.write('large', noise(20_000, 1));
  lab.write('dir/file', 'below');
  fs.symlinkSync('small', lab.path('link'));
  makeFifo(lab.path('fifo'));
  await lab.backup();
  return lab;
}

const ALL = { files: 4, directories: 2, symlinks: 1, specials: 1, removed: [], issues: [] };
const BYTES = 4 + 20_000 + 5;

describe('what is done is counted', () => {
  test('of a fresh target', async () => {
    const lab = await prepare();
    lab.setClock(5000);
    const result = await lab.restore(1, { onStart: () => lab.setClock(5070) });
    expect(result).toMatchObject({
      ...ALL,
      filesUnchanged: 0,
      kept: 0,
      bytesWritten: BYTES,
      bytesUnchanged: 0,
      snapshot: 1,
      isEvident: true,
      source: { host: 'lab', roots: [lab.bytes()] },
      durationMs: 70,
    });
  });

  test('of one that is as it should be', async () => {
    const lab = await prepare();
    const to = lab.newTarget();
    await lab.restore(1, { to });
    const again = await lab.restoreInPlace(1, { overwrite: 'always' }, { to });
    expect(again).toMatchObject({
      ...ALL,
      filesUnchanged: 4,
      kept: 0,
      bytesWritten: 0,
      bytesUnchanged: BYTES,
    });
  });

  test('of one in which a part differs', async () => {
    const lab = await prepare();
    const to = lab.newTarget();
    await lab.restore(1, { to });
    fs.writeFileSync(join(to, 'small'), 'TEXT');
    const again = await lab.restoreInPlace(1, { overwrite: 'always' }, { to });
    expect(again).toMatchObject({
      ...ALL,
      filesUnchanged: 3,
      bytesWritten: 4,
      bytesUnchanged: BYTES - 4,
    });
  });

  test('of what is kept', async () => {
    const lab = await prepare();
    const to = lab.newTarget();
    await lab.restore(1, { to });
    const again = await lab.restoreInPlace(1, { overwrite: 'never' }, { to });
    expect(again).toMatchObject({ kept: 6, files: 0, symlinks: 0, specials: 0, issues: [] });
  });

  test('and nothing else is there where a source is not the only one', async () => {
    const lab = await prepare();
    await lab.backup({ paths: [lab.path('dir')] });
    const { isEvident } = await lab.restore(1);
    expect(isEvident).toBe(false);
    const chosen = { type: 'number', id: 1 } as const;
    expect((await lab.restore(1, { source: chosen })).isEvident).toBe(true);
  });
});

describe('progress', () => {
  test('begins with what the snapshot holds, and never goes back', async () => {
    const lab = await prepare({ lanes: 1 });
    const told: RestoreProgress[] = [];
    const to = lab.newTarget();
    let expected: RestoreProgress | undefined;
    await lab.restore(1, {
      to,
      onStart: (progress) => void (expected = progress),
      onProgress: (progress) => void told.push({ ...progress }),
    });
    expect(expected).toEqual({ files: 4, bytes: BYTES });
    const bytes = told.map((one) => one.bytes);
    expect(bytes).toEqual(bytes.toSorted((a, b) => a - b));
    expect(told.at(-1)).toMatchObject({ files: 4, bytes: BYTES });
    const large = join(to, 'large');
    // Once for its parts, and once for it as a whole.
    expect(told.filter(({ current }) => current === large).length).toBe(2);
    expect(told.filter(({ current }) => current === large)[0]!.files).toBeLessThan(4);
  });

  test('sums the parts of a large file', async () => {
    const lab = createLab({ lanes: 1, answersAtOnce: true });
    const size = 17 * 1024 * 1024;
    lab.write('large', noise(size, 3));
    await lab.backup();
    const told: number[] = [];
    await lab.restore(1, { onProgress: ({ bytes }) => void told.push(bytes) });
    expect(told.length).toBeGreaterThan(3);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
    expect(new Set(told).size).toBeGreaterThanOrEqual(told.length - 1);
    expect(told.slice(-2)).toEqual([size, size]);
  });
});

/** Restores with reading back, and does `meddle` to the target between writing and reading. */
async function readBack(
  lab: Lab,
  meddle: (to: string) => void,
  inPlace?: { overwrite: 'never' | 'if-newer' },
) {
  const to = lab.newTarget();
  if (inPlace) await lab.restore(1, { to });
  const { files } = lab.platform;
  let opened = 0;
  lab.useFiles({
    ...files,
    makeDirectories(path) {
      if (path === to && ++opened === 2) meddle(to);
      files.makeDirectories(path);
    },
  });
  const options = { verifies: true, ...(inPlace && { inPlace }) };
  const { issues, ...counts } = await lab.restore(1, { to, ...options });
  expect(opened).toBe(2);
  return { to, counts, issues: issues.map(({ path, code }) => `${code} ${path}`) };
}

/** Makes something in the place of what is there. */
function put(path: string, make: (path: string) => void): void {
  fs.rmSync(path);
  make(path);
}

describe('reading back', () => {
  test('finds nothing where nobody meddled, and counts nothing twice', async () => {
    const lab = await prepare();
    const { issues, counts } = await readBack(lab, () => undefined);
    expect(issues).toEqual([]);
    expect(counts).toMatchObject({ files: 4, directories: 2, symlinks: 1, specials: 1 });
    expect(counts).toMatchObject({ bytesWritten: BYTES, bytesUnchanged: 0, kept: 0 });
  });

  test.each<[string, (to: string) => void]>([
    ['small', (to) => fs.writeFileSync(join(to, 'small'), 'tExt')],
    ['large', (to) => fs.truncateSync(join(to, 'large'), 19_999)],
    ['empty', (to) => fs.writeFileSync(join(to, 'empty'), 'x')],
    ['dir/file', (to) => fs.rmSync(join(to, 'dir/file'))],
    ['link', (to) => put(join(to, 'link'), (path) => fs.symlinkSync('other', path))],
    ['fifo', (to) => put(join(to, 'fifo'), (path) => fs.writeFileSync(path, ''))],
    ['dir', (to) => fs.rmSync(join(to, 'dir'), { recursive: true })],
  ])('finds another %s, with the time that it had', async (name, meddle) => {
    const lab = await prepare();
    const { issues } = await readBack(lab, (to) => {
      const there = fs.lstatSync(join(to, name));
      meddle(to);
      if (fs.existsSync(join(to, name))) {
        if (name === 'fifo') fs.chmodSync(join(to, name), there.mode & 0o7777);
        fs.lutimesSync(join(to, name), there.atimeMs / 1000, there.mtimeMs / 1000);
      }
    });
    expect(issues).toContain(`READ_BACK_DIFFERS ${name}`);
    expect(issues.filter((issue) => issue.endsWith(` ${name}`)).length).toBe(1);
  });

  test.each<[string, (path: string) => void]>([
    ['permissions', (path) => fs.chmodSync(path, 0o611)],
    ['time', (path) => fs.lutimesSync(path, 1, 1)],
  ])('finds other %s of what has its bytes', async (_, change) => {
    const lab = await prepare();
    for (const name of ['small', 'dir/file']) fs.chmodSync(lab.path(name), 0o644);
    const { issues } = await readBack(lab, (to) => change(join(to, 'small')));
    expect(issues).toEqual(['METADATA_NOT_RESTORED small']);
  });

  test('finds what stands in the place of a file, though nobody may remove it', async () => {
    const lab = await prepare();
    const { issues } = await readBack(lab, (to) => {
      put(join(to, 'small'), (path) => fs.mkdirSync(path));
      fs.writeFileSync(join(to, 'small/mine'), 'x');
    });
    expect(issues).toContain('READ_BACK_DIFFERS small');
  });

  test('says nothing of what was kept, and is known to differ', async () => {
    const lab = await prepare();
    const { issues } = await readBack(lab, (to) => fs.writeFileSync(join(to, 'small'), 'other'), {
      overwrite: 'never',
    });
    expect(issues).toEqual([]);
  });

  test('says what could not be restored only once', async () => {
    const lab = await prepare();
    const to = lab.newTarget();
    lab.useFiles(
      filesWithAt((real) => ({
        makeSymlink() {
          throw systemError('EACCES');
        },
        open(directory, name, mode) {
          if (name === 'small' && mode === 'create-file') throw systemError('EIO');
          return real.open(directory, name, mode);
        },
      })),
    );
    const { issues } = await lab.restore(1, { to, verifies: true });
    expect(issues.map(({ path, code }) => `${code} ${path}`).toSorted()).toEqual([
      'NOT_RESTORED link',
      'NOT_RESTORED small',
    ]);
  });

  test('says what metadata could not be set only once', async () => {
    const lab = await prepare();
    fs.utimesSync(lab.path('small'), 1, 1);
    await lab.backup();
    lab.useFiles(
      filesWithAt(() => ({
        setMtimeOpen() {
          throw systemError('EPERM');
        },
        setMtime() {
          throw systemError('EPERM');
        },
      })),
    );
    const { issues } = await lab.restore(2, { verifies: true });
    expect(issues.length).toBe(1);
    expect(issues[0]!.message).toMatch(/: times( \(.*?\))?: 8; the first is for/);
    expect(issues[0]!.message).not.toContain('not kept');
  });

  test('is left out of a dry run', async () => {
    const lab = await prepare();
    const to = lab.newTarget();
    const { files } = lab.platform;
    let looks = 0;
    lab.useFiles({ ...files, stat: (path) => ((looks += Number(path === to)), files.stat(path)) });
    await lab.restore(1, { to, verifies: true, isDryRun: true });
    expect(looks).toBe(1);
  });
});

describe('special files that cannot be made', () => {
  test('are one issue, which names the first and counts all, and no node that is there', async () => {
    const lab = createLab({ lanes: 1 });
    for (const name of ['a', 'b', 'c']) makeFifo(lab.path(name));
    await lab.backup();
    const { files } = lab.platform;
    const faults = ['EPERM', 'EACCES', 'EPERM'];
    const make = (): never => {
      throw systemError(faults.shift() ?? 'EPERM');
    };
    lab.useFiles({ ...files, at: { ...files.at, makeSpecial: make } });
    const { issues, specials } = await lab.restore(1, { verifies: true });
    expect(specials).toBe(0);
    expect(issues).toEqual([
      {
        path: 'a',
        code: 'SPECIAL_NOT_RESTORED',
        message:
          'Special files not created (EPERM): 3; only the superuser can create devices. The first is a.',
      },
    ]);
  });
});

describe('a restore that cannot go on', () => {
  test('for want of space says what to do', async () => {
    const lab = await prepare();
    const cause = systemError('ENOSPC');
    lab.useFiles(
      filesWithAt(() => ({
        makeDirectory() {
          throw cause;
        },
      })),
    );
    await expect(lab.restore(1)).rejects.toMatchObject({
      code: 'DISK_FULL',
      message: 'No space is left in the restore target.',
      hint: expect.stringContaining('--in-place to finish it') as string,
      cause,
    });
    expect(openFilesBelow(lab.directory)).toEqual([]);
  });

  test.each([true, false])('since it was interrupted says where (in place: %s)', async (isIn) => {
    const lab = await prepare();
    const to = lab.newTarget();
    const controller = new AbortController();
    const how = { signal: controller.signal, onStart: () => controller.abort() };
    const restored = isIn
      ? lab.restoreInPlace(1, { overwrite: 'always' }, how)
      : lab.restore(1, { to, ...how });
    await expect(restored).rejects.toMatchObject({
      code: 'INTERRUPTED',
      message: `The restore ${isIn ? 'onto the original' : `into ${to}`} was interrupted.`,
      hint: 'The target is incomplete; run the same command with --in-place to finish it.',
    });
    expect(openFilesBelow(lab.directory)).toEqual([]);
  });
});

test('nothing stays open, with one site or several', async () => {
  const lab = createLab();
  for (const name of ['one/a', 'two/deep/b']) lab.write(name, name);
  await lab.backup({ paths: [lab.path('one'), lab.path('two/deep')] });
  await lab.restoreInPlace(1, { overwrite: 'always' }, { verifies: true });
  expect(openFilesBelow(lab.directory)).toEqual([]);
});

describe('rules of a restore', () => {
  test('take in again what they left out', async () => {
    const lab = createLab();
    for (const name of ['a.txt', 'b.jpg', 'sub/c.txt']) lab.write(name, name);
    await lab.backup();
    const to = lab.newTarget();
    const rules = [
      { type: 'exclude', pattern: '*.txt' },
      { type: 'include', pattern: 'c.txt' },
    ] as const;
    await lab.restore(1, { to, rules });
    const names = fs.readdirSync(to, { recursive: true, encoding: 'utf8' });
    expect(names.toSorted()).toEqual(['b.jpg', 'sub', 'sub/c.txt']);
  });
});

test.each([
  ['/some where', "varve restore %s --at 1 --to '/some where'"],
  [undefined, 'varve restore %s --at 1 --in-place'],
])('a path that another snapshot has is offered with what to type (%s)', async (to, command) => {
  const lab = await prepare();
  lab.remove('small');
  await lab.backup();
  const paths = [lab.path('small')];
  const restored =
    to === undefined ? lab.restoreInPlace(2, {}, { paths }) : lab.restore(2, { to, paths });
  await expect(restored).rejects.toMatchObject({
    code: 'PATH_NOT_FOUND',
    hint: expect.stringContaining(command.replace('%s', paths[0]!)) as string,
  });
});
