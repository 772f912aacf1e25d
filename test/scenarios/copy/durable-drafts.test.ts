/** A copy's new file, and what is left of it and of the old one when the power goes at any moment. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openFileSystem, type FileSystem } from '../../../src/platform/files.js';
import { openDraft, openLeftDraft, type DraftPlace } from '../../../src/remote/copy/draft/draft.js';
import { localPlace, openFile } from '../../../src/remote/copy/file/place.js';
import { crashEverywhere } from '../../support/disk/crash-loop.js';
import { SimulatedDisk } from '../../support/disk/simulated-disk.js';
import { scratchDirectory } from '../../support/directory.js';
import { noise, testSeed } from '../../support/seed.js';

const OLD = noise(3000, 1);
const NEW = noise(5000, 2);
const MTIME = { seconds: 1_000_000_000, nanoseconds: 0 };

/** Writes the new bytes into the target's draft and publishes it. */
function copyTo(path: string, where: DraftPlace, files: FileSystem): void {
  const place = localPlace(files, path);
  try {
    const old = openFile(files, place);
    const draft = openDraft(files, place, where, old);
    try {
      files.write(draft.descriptor, NEW.subarray(0, 2000), 0);
      files.write(draft.descriptor, NEW.subarray(2000), 2000);
      draft.publish(NEW.length, { mode: 0o640, mtime: MTIME });
    } finally {
      draft.close();
      old?.close();
    }
  } finally {
    place.close();
  }
}

/** A directory with a target, unless there is none. */
function makeTarget(bytes: Buffer | undefined) {
  const root = join(scratchDirectory(), 'disk');
  fs.mkdirSync(root);
  const path = join(root, 'target');
  if (bytes) {
    fs.writeFileSync(path, bytes);
    fs.chmodSync(path, 0o640);
  }
  return { root, path };
}

function readTarget(path: string): Buffer | undefined {
  return fs.existsSync(path) ? fs.readFileSync(path) : undefined;
}

describe('whatever a disk keeps when the power goes', () => {
  test.each([
    ['replaced', 'beside', OLD],
    ['new', 'beside', undefined],
    ['new, and made in place', 'in-place', undefined],
    ['changed in place', 'in-place', OLD],
  ] as const)('a target that is %s is whole once the copy has ended', async (_, where, before) => {
    const { root, path } = makeTarget(before);
    const calls = await crashEverywhere(
      {
        root,
        run: (files) => Promise.resolve().then(() => copyTo(path, where, files)),
        check: ({ label, isDone }) => {
          const found = readTarget(path);
          if (isDone) expect(found, label).toEqual(NEW);
          if (isDone) expect(fs.statSync(path).mtimeMs, label).toBe(1e12);
          // In place, the only copy is what is changed.
          const states = where === 'in-place' ? [found] : [before, NEW];
          expect(states, label).toContainEqual(found);
          copyTo(path, 'beside', openFileSystem());
          expect(readTarget(path), label).toEqual(NEW);
          expect(fs.readdirSync(root), label).toEqual(['target']);
          return Promise.resolve();
        },
      },
      { sample: 25, seed: testSeed },
    );
    expect(calls).toBeGreaterThan(5);
  });

  test('a draft that was left is taken up, and published as any other', async () => {
    const { root, path } = makeTarget(OLD);
    const files = openFileSystem();
    const place = localPlace(files, path);
    const left = openDraft(files, place, 'beside', undefined);
    files.write(left.descriptor, NEW.subarray(0, 100), 0);
    left.close();
    openLeftDraft(files, place)!.close();
    place.close();
    await crashEverywhere(
      {
        root,
        run: (disk) => Promise.resolve().then(() => copyTo(path, 'resume', disk)),
        check: ({ label, isDone }) => {
          expect([OLD, NEW], label).toContainEqual(readTarget(path));
          if (isDone) expect(readTarget(path), label).toEqual(NEW);
          return Promise.resolve();
        },
      },
      { sample: 25, seed: testSeed },
    );
  });
});

test('a draft is cut, gets its attributes, is synced, renamed, and its directory synced, in this order', () => {
  const { root, path } = makeTarget(OLD);
  const disk = new SimulatedDisk(root);
  copyTo(path, 'beside', disk.files);
  const names = disk.log.map(({ name }) => name);
  expect(names.slice(names.indexOf('write'))).toEqual([
    'write',
    'write',
    'truncate',
    'set-metadata',
    'set-metadata',
    'sync',
    'rename',
    'sync-names',
  ]);
});

describe('a draft', () => {
  test('that another copy fills is busy', () => {
    const { path } = makeTarget(OLD);
    const files = openFileSystem();
    const place = localPlace(files, path);
    const first = openDraft(files, place, 'beside', undefined);
    for (const where of ['beside', 'resume'] as const) {
      expect(() => openDraft(files, place, where, undefined)).toThrow(
        expect.objectContaining({
          code: 'COPY_BUSY',
          message: `Another copy to ${path} is in progress.`,
        }),
      );
    }
    first.close();
    const next = openDraft(files, place, 'beside', undefined);
    next.close();
    place.close();
  });

  test('of a file that is replaced is for its owner alone, until it has the mode of the old one', () => {
    const { path, root } = makeTarget(OLD);
    const files = openFileSystem();
    const place = localPlace(files, path);
    const old = openFile(files, place);
    const draft = openDraft(files, place, 'beside', old);
    const [name] = fs.readdirSync(root).filter((each) => each.endsWith('.partial'));
    expect(name).toMatch(/^\.varve-copy-[0-9a-f]{20}\.partial$/);
    expect(fs.statSync(join(root, name!)).mode & 0o777).toBe(0o600);
    fs.chmodSync(path, 0o604);
    draft.publish(0, { mode: undefined, mtime: undefined });
    expect(fs.statSync(path).mode & 0o777).toBe(0o640);
    draft.close();
    old!.close();
    place.close();
  });
});
