/** The repository is known by what it is: no mount and no link makes it back itself up. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { backupOf, createLab, type Lab } from '../../support/lab.js';
import { mountOn } from '../../support/mounts.js';
import { diffLive, explainPath, restore } from '../../support/by-path.js';
import { createInlinePool } from '../../../src/repo/worker/pool.js';
import { openDirectoryPackStore } from '../../../src/repo/packs/pack-store.js';

const LATEST = { type: 'latest' } as const;

function prepare(): Lab {
  const lab = createLab();
  lab.write('file', 'abc');
  return lab;
}

describe('a backup leaves the repository out', () => {
  test('through a bind mount of what holds it', async () => {
    const lab = prepare();
    mountOn(lab.path('mount'), '--bind', lab.directory);
    const { files } = await backupOf(lab);
    // The source is in what is mounted, too, and has nothing mounted in it there.
    expect(files).toBe(2);
    expect(await backupOf(lab)).toMatchObject({ files: 2, filesNew: 0 });
    const { changes } = await diffLive(lab.repository, lab.platform, {
      from: LATEST,
      readsAll: false,
    });
    expect(changes).toEqual([]);
    const path = lab.path('mount/repository/varve.json');
    const { outcome } = await explainPath(lab.repository, lab.platform, { path });
    expect(outcome).toMatchObject({ type: 'left-out', reason: { type: 'repository' } });
  });

  test('through a bind mount of itself, and of a directory in it', async () => {
    const lab = prepare();
    mountOn(lab.path('itself'), '--bind', lab.repository);
    mountOn(lab.path('deep/packs'), '--bind', lab.packs);
    expect(await backupOf(lab)).toMatchObject({ files: 1, filesNew: 1 });
  });

  test.each(['', 'packs', 'varve.json', 'packs/.'])(
    'where "%s" of it is among the paths that are named',
    async (name) => {
      const lab = prepare();
      const own = join(lab.repository, name);
      const { files, notices, issues } = await backupOf(lab, { paths: [lab.source, own] });
      expect({ files, issues }).toEqual({ files: 1, issues: [] });
      expect(notices).toMatchObject([{ code: 'REPOSITORY_LEFT_OUT' }]);
    },
  );

  test.each(['', 'packs', 'varve.json'])('and refuses "%s" of it alone', async (name) => {
    const lab = prepare();
    const paths = [join(lab.repository, name)];
    await expect(backupOf(lab, { paths })).rejects.toMatchObject({ code: 'SOURCE_IS_REPOSITORY' });
    fs.symlinkSync(paths[0]!, lab.path('link'));
    await expect(backupOf(lab, { paths: [lab.path('link')] })).rejects.toMatchObject({
      code: 'SOURCE_IS_REPOSITORY',
    });
  });

  test('and what had been saved where it lies now counts as removed', async () => {
    const lab = prepare();
    lab.write('place/old', 'old');
    const paths = [lab.path('file'), lab.path('place')];
    const first = await backupOf(lab, { paths });
    lab.remove('place');
    fs.symlinkSync(lab.repository, lab.path('place'));
    const second = await backupOf(lab, { paths });
    expect(second).toMatchObject({ files: 1, filesRemoved: 1 });
    expect([...(await lab.treeAt(second.snapshot!)).keys()]).toEqual(['', 'file']);
    expect((await lab.treeAt(first.snapshot!)).has('place/old')).toBe(true);
  });

  test('and refuses a mount of it', async () => {
    const lab = prepare();
    mountOn(lab.path('mount'), '--bind', lab.packs);
    const paths = [lab.path('mount')];
    await expect(backupOf(lab, { paths })).rejects.toMatchObject({ code: 'SOURCE_IS_REPOSITORY' });
  });
});

describe('a restore keeps away from the repository', () => {
  test('through a bind mount of it, or of a directory in it', async () => {
    const lab = prepare();
    const { snapshot } = await backupOf(lab);
    mountOn(join(lab.directory, 'mount'), '--bind', lab.repository);
    for (const to of ['mount/new', 'mount/packs/new', 'mount']) {
      await expect(
        lab.restore(snapshot!, { to: join(lab.directory, to), inPlace: {} }),
      ).rejects.toMatchObject({ code: 'TARGET_UNUSABLE' });
    }
  });

  test('onto an original in which it lies', async () => {
    const lab = prepare();
    lab.write('place/packs/other', 'other');
    lab.write('place/varve.json', 'not it');
    const { snapshot } = await backupOf(lab);
    fs.rmSync(lab.path('place'), { recursive: true });
    fs.renameSync(lab.repository, lab.path('place'));
    const moved = lab.path('place');
    const config = fs.readFileSync(join(moved, 'varve.json'));
    const createPool: Lab['createPool'] = (lanes, begin) =>
      createInlinePool(
        lab.platform.files,
        () => openDirectoryPackStore(lab.platform.files, join(moved, 'packs'), lab.id),
        lanes,
        begin,
      );
    const { issues } = await restore(moved, lab.platform, {
      paths: [],
      at: { type: 'snapshot', number: snapshot! },
      jobs: 1,
      createPool,
      inPlace: { overwrite: 'always', deletes: 'always' },
    });
    expect(issues.map(({ code }) => code)).toContain('NOT_RESTORED');
    expect(fs.readFileSync(join(moved, 'varve.json'))).toEqual(config);
    expect(fs.existsSync(join(moved, 'packs/other'))).toBe(false);
    expect(fs.readdirSync(join(moved, 'packs')).length).toBeGreaterThan(0);
  });
});
