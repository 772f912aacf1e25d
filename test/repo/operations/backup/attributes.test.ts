/** Attributes: what opens a version, what is read again, and what questions of them see. */
import * as fs from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { createSetReader } from '../../../../src/repo/repository/attribute-sets.js';
import { openRepository } from '../../../../src/repo/repository/repository.js';
import { openFileSystem, type FileSystem } from '../../../../src/platform/files.js';
import { bytesFromText } from '../../../../src/platform/bytes.js';
import { join } from '../../../../src/platform/paths.js';
import { createLab, SMALL_PIECES, type Lab } from '../../../support/lab.js';
import { canChangeUser, needPrograms } from '../../../support/machine.js';
import { run } from '../../../support/oracle.js';
import { noise } from '../../../support/seed.js';
import { diffLive, diffSnapshots, listEntries } from '../../../support/by-path.js';

const hasCalls = openFileSystem().at.attributes !== undefined;
const LATEST = { type: 'latest' } as const;

function setAttribute(lab: Lab, name: string, value: string): void {
  run('setfattr', ['-h', '-n', 'user.note', '-v', value, lab.path(name)]);
}

/** Attributes of every path in a snapshot: the note, and the flags. */
async function notesAt(lab: Lab, number: number): Promise<Record<string, string>> {
  const at = { type: 'snapshot', number } as const;
  const { entries } = await listEntries(lab.repository, lab.platform, { at, isRecursive: true });
  const root = bytesFromText(lab.source);
  return Object.fromEntries(
    [...entries].map(({ path, attributes }) => {
      const notes = attributes?.xattrs.map(({ value }) => value).join() ?? 'unknown';
      return [path.slice(root.length + 1), `${notes} ${attributes?.flags.toString(16)}`];
    }),
  );
}

/** The real file system, which counts what is asked for attributes. */
function countingFiles(): { files: FileSystem; count: () => number } {
  const real = openFileSystem();
  const attributes = real.at.attributes!;
  let asked = 0;
  const counting = {
    ...attributes,
    read: (...node: Parameters<typeof attributes.read>) => (asked++, attributes.read(...node)),
  };
  return { files: { ...real, at: { ...real.at, attributes: counting } }, count: () => asked };
}

async function prepare(): Promise<Lab> {
  const lab = createLab({ chunking: SMALL_PIECES });
  lab.write('small', 'text');
  lab.write('empty', '');
  lab.write('large', noise(90_000, 1));
  lab.write('dir/below', 'x');
  fs.symlinkSync('small', lab.path('link'));
  for (const name of ['small', 'empty', 'large', 'dir']) setAttribute(lab, name, name);
  run('chattr', ['+d', lab.path('large'), lab.path('dir')]);
  lab.runAhead();
  await lab.backup();
  return lab;
}

describe.runIf(hasCalls)('attributes', () => {
  beforeEach(() => needPrograms('setfattr', 'chattr'));

  test('of files small, large and empty and of directories are recorded', async () => {
    const lab = await prepare();
    expect(await notesAt(lab, 1)).toMatchObject({
      small: 'small 0',
      empty: 'empty 0',
      large: 'large 40',
      dir: 'dir 40',
      'dir/below': ' 0',
      link: ' 0',
    });
  });

  test.each(['small', 'empty', 'large', 'dir'])(
    'changed alone, of %s, are a version',
    async (name) => {
      const lab = await prepare();
      const { uid, gid, mtimeNs, size } = fs.statSync(lab.path(name), { bigint: true });
      setAttribute(lab, name, 'changed');
      expect(fs.statSync(lab.path(name), { bigint: true })).toMatchObject({ uid, gid, mtimeNs });
      const path = join(bytesFromText(lab.source), bytesFromText(name));
      const sizes = name !== 'dir' && { sizeBefore: Number(size), sizeAfter: Number(size) };
      const changed = [{ path, change: 'metadata', ...sizes }];
      const live = { from: LATEST, readsAll: false };
      expect((await diffLive(lab.repository, lab.platform, live)).changes).toEqual(changed);
      lab.runAhead();
      await lab.backup();
      expect((await notesAt(lab, 2))[name]).toMatch(/^changed /);
      expect((await notesAt(lab, 1))[name]).toMatch(new RegExp(`^${name} `));
      const between = { from: { type: 'snapshot', number: 1 }, to: LATEST } as const;
      expect((await diffSnapshots(lab.repository, lab.platform, between)).changes).toEqual(changed);
      expect((await diffLive(lab.repository, lab.platform, live)).changes).toEqual([]);
    },
  );

  test('that come back as they were are no change to the live tree, although the ctime moved', async () => {
    const lab = await prepare();
    setAttribute(lab, 'small', 'changed');
    setAttribute(lab, 'small', 'small');
    const live = { from: LATEST, readsAll: false };
    expect((await diffLive(lab.repository, lab.platform, live)).changes).toEqual([]);
  });

  test('are not asked for again when nothing changed', async () => {
    const lab = await prepare();
    const { files, count } = countingFiles();
    lab.useFiles(files);
    const { snapshot } = await lab.backup();
    expect({ snapshot, asked: count() }).toEqual({ snapshot: 2, asked: 0 });
    await lab.backup({ readsAll: true });
    // Source, dir, below, small, empty, large and link.
    expect(count()).toBe(7);
  });

  test('survive a rebuild of the index, and a prune of what had others', async () => {
    const lab = await prepare();
    setAttribute(lab, 'small', 'changed');
    await lab.backup();
    const before = await notesAt(lab, 2);
    fs.rmSync(lab.indexPath);
    await lab.rebuild();
    expect(await notesAt(lab, 2)).toEqual(before);
    await lab.prune({ keepLast: 1 });
    expect(await notesAt(lab, 2)).toEqual(before);
    await lab.expectSound();
  });

  test('are left out where there are no calls for them, and told of where they are missing', async () => {
    const lab = await prepare();
    const real = openFileSystem();
    lab.useFiles({ ...real, at: { ...real.at, attributes: undefined } });
    const { issues } = await lab.restore(1);
    expect(issues).toMatchObject([
      {
        code: 'METADATA_NOT_RESTORED',
        message: expect.stringMatching(
          /^Not restored: extended attributes \(ENOSYS\): 4, inode flags \(ENOSYS\): 2; the first/,
        ) as string,
      },
    ]);
    expect(await lab.backup({ readsAll: true })).toMatchObject({ snapshot: 2, issues: [] });
    expect(await notesAt(lab, 2)).toMatchObject({ small: ' 0', large: ' 0' });
    expect((await lab.restore(2)).issues).toEqual([]);
  });
});

test.runIf(hasCalls && canChangeUser)(
  'an owner without a name is saved by number, as root',
  async () => {
    const lab = createLab();
    lab.write('file', 'text');
    fs.chownSync(lab.path('file'), 54_321, 0);
    await lab.backup();
    await openRepository(lab.repository, lab.platform, { access: 'read' }).read(({ index }) => {
      const setOf = createSetReader(index);
      const names = [1, 2, 3].flatMap((path) => {
        const version = index.versions.currentOf(path);
        return version ? [`${setOf(version)?.user}:${setOf(version)?.group}`] : [];
      });
      expect(names).toContain(':root');
    });
  },
);
