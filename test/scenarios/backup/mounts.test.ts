/** Mounts of one file system: a bind mount is a mount, though its device tells nothing. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openFileSystem, type FileSystem } from '../../../src/platform/files.js';
import { backupOf, createLab, type Lab } from '../../support/lab.js';
import { bindFile, mountOn } from '../../support/mounts.js';
import { diffLive, explainPath } from '../../support/by-path.js';

/** Where `statx` does not tell the mount. */
function filesBeforeMounts(): FileSystem {
  const real = openFileSystem();
  return {
    ...real,
    at: {
      ...real.at,
      stat(directory, name) {
        const stat = real.at.stat(directory, name);
        return stat && { ...stat, mount: undefined };
      },
      statOpen: (descriptor) => ({ ...real.at.statOpen(descriptor), mount: undefined }),
    },
  };
}

/** A source with a file, in which other directories of its file system are mounted. */
function prepare(): Lab {
  const lab = createLab();
  fs.mkdirSync(join(lab.directory, 'outside/below'), { recursive: true });
  fs.writeFileSync(join(lab.directory, 'outside/below/file'), 'outside');
  lab.write('file', 'abc');
  lab.write('plain/inside', 'abc');
  mountOn(lab.path('bound'), '--bind', join(lab.directory, 'outside'));
  mountOn(lab.path('plain/deep/bound'), '--bind', join(lab.directory, 'outside/below'));
  return lab;
}

const filter = { staysOnFileSystem: true };

describe.each([
  ['statx', openFileSystem],
  ['proc', filesBeforeMounts],
])('by %s, one file system only', (_, open) => {
  test('leaves out what bind mounts show, and saves their directories empty', async () => {
    const lab = prepare();
    lab.useFiles(open());
    const { files, snapshot, notices } = await backupOf(lab, { filter });
    expect({ files, notices }).toEqual({ files: 2, notices: [] });
    const to = lab.newTarget();
    await lab.restore(snapshot!, { to });
    expect(fs.readdirSync(join(to, 'bound'))).toEqual([]);
    expect(fs.readdirSync(join(to, 'plain/deep/bound'))).toEqual([]);
    const { repository, platform } = lab;
    const { changes } = await diffLive(repository, platform, {
      from: { type: 'latest' },
      readsAll: false,
      filter,
    });
    expect(changes).toEqual([]);
    const path = lab.path('bound/below');
    const { outcome } = await explainPath(repository, platform, { path, filter });
    expect(outcome).toMatchObject({ type: 'left-out', reason: { type: 'file-system' } });
  });

  test('takes a bind mount in that is named', async () => {
    const lab = prepare();
    lab.useFiles(open());
    const { files } = await backupOf(lab, { paths: [lab.path('bound')], filter });
    expect(files).toBe(1);
  });

  test('is not asked for without the option', async () => {
    const lab = prepare();
    lab.useFiles(open());
    expect(await backupOf(lab)).toMatchObject({ files: 4 });
  });

  test('nothing that is mounted in a target is deleted', async () => {
    const lab = createLab();
    lab.write('file', 'abc');
    const { snapshot } = await backupOf(lab);
    const to = lab.newTarget();
    await lab.restore(snapshot!, { to });
    fs.mkdirSync(join(lab.directory, 'outside'));
    fs.writeFileSync(join(lab.directory, 'outside/kept'), 'kept');
    mountOn(join(to, 'extra/bound'), '--bind', join(lab.directory, 'outside'));
    fs.writeFileSync(join(to, 'extra/gone'), 'gone');
    lab.useFiles(open());
    const { issues } = await lab.restoreInPlace(snapshot!, { deletes: 'always' }, { to });
    expect(issues.map(({ code }) => code)).toEqual(['NOT_DELETED']);
    expect(fs.readFileSync(join(lab.directory, 'outside/kept'), 'utf8')).toBe('kept');
    expect(fs.existsSync(join(to, 'extra/gone'))).toBe(false);
  });
});

test('a file that is mounted by itself is left out, too', async () => {
  const lab = createLab();
  lab.write('file', 'abc');
  fs.writeFileSync(join(lab.directory, 'outside'), 'outside');
  bindFile(join(lab.directory, 'outside'), lab.path('bound'));
  expect(await backupOf(lab, { filter })).toMatchObject({ files: 1 });
  expect(await backupOf(lab)).toMatchObject({ files: 2 });
});
