import * as fs from 'node:fs';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { openFileSystem } from '../../../src/platform/files.js';
import { systemError } from '../../support/faulty-files.js';
import { createLab, type Lab } from '../../support/lab.js';
import { makeFifo } from '../../support/special-files.js';
import { noise, prose } from '../../support/seed.js';

function changeIndex(lab: Lab, sql: string, ...values: unknown[]): void {
  const db = new Database(lab.indexPath);
  db.prepare(sql).run(...values);
  db.close();
}

async function prepare(): Promise<Lab> {
  const lab = createLab();
  lab.write('dir/victim', 'bytes');
  lab.write('other', 'x');
  await lab.backup();
  return lab;
}

describe('a name that would lead out of the target', () => {
  test.each(['..', '.', '', '../../outside', '/etc/evil', 'a/b', 'a\0b'])(
    '%j is refused',
    async (name) => {
      const lab = await prepare();
      changeIndex(
        lab,
        `UPDATE path SET name = ? WHERE CAST(name AS TEXT) = 'victim'`,
        Buffer.from(name),
      );
      for (const restored of [lab.restore(1), lab.restoreInPlace(1, { deletes: 'always' })]) {
        await expect(restored).rejects.toMatchObject({
          code: 'INDEX_CORRUPT',
          message: `The index holds the impossible name '${name.replace('\0', String.raw`\x00`)}'.`,
        });
      }
      expect(fs.existsSync(`${lab.directory}/outside`)).toBe(false);
    },
  );

  test.each(['/somewhere/..', '/somewhere/.', '/somewhere/'])(
    'a root %j is refused',
    async (name) => {
      const lab = await prepare();
      changeIndex(lab, 'UPDATE path SET name = ? WHERE parent < 0', Buffer.from(name));
      const restored = lab.restoreInPlace(1, { deletes: 'always' }, { isDryRun: true });
      await expect(restored).rejects.toMatchObject({ code: 'INDEX_CORRUPT' });
    },
  );
});

describe('an index that no backup makes', () => {
  test('with one name twice is refused', async () => {
    const lab = await prepare();
    changeIndex(lab, 'DROP INDEX path_by_parent');
    changeIndex(
      lab,
      `UPDATE path SET name = CAST('other' AS BLOB), parent =
      (SELECT parent FROM path WHERE CAST(name AS TEXT) = 'other') WHERE CAST(name AS TEXT) = 'victim'`,
    );
    const to = lab.newTarget();
    await expect(lab.restore(1, { to })).rejects.toMatchObject({
      code: 'INDEX_CORRUPT',
      message: `The index lists ${to}/other twice, or inside itself.`,
    });
  });

  test('with a file below a link restores the link, and nothing through it', async () => {
    const lab = createLab();
    const outside = `${lab.directory}/outside`;
    fs.mkdirSync(outside);
    lab.write('dir/victim', 'bytes');
    fs.symlinkSync(outside, lab.path('link'));
    await lab.backup();
    changeIndex(
      lab,
      `UPDATE path SET parent = (SELECT id FROM path WHERE CAST(name AS TEXT) = 'link')
      WHERE CAST(name AS TEXT) = 'victim'`,
    );
    const { files } = await lab.restore(1);
    expect(files).toBe(0);
    expect(fs.readdirSync(outside)).toEqual([]);
  });
});

describe('a symbolic link in the target', () => {
  test('that takes a directory’s place during the restore leads nothing out', async () => {
    const lab = await prepare();
    const outside = `${lab.directory}/outside`;
    fs.mkdirSync(outside);
    const to = lab.newTarget();
    const real = openFileSystem();
    lab.useFiles({
      ...real,
      at: {
        ...real.at,
        makeDirectory: (handle, name) =>
          name === 'dir'
            ? fs.symlinkSync(outside, `${to}/dir`)
            : real.at.makeDirectory(handle, name),
      },
    });
    const { issues } = await lab.restore(1, { to });
    expect(issues.map(({ code }) => code)).toContain('NOT_RESTORED');
    expect(fs.readdirSync(outside)).toEqual([]);
    expect(fs.readFileSync(`${to}/other`, 'utf8')).toBe('x');
  });

  test('of the snapshot itself is made, not followed', async () => {
    const lab = createLab();
    fs.symlinkSync('/etc', lab.path('etc'));
    await lab.backup();
    const tree = await lab.treeAt(1);
    expect(tree.get('etc')).toMatchObject({ type: 'symlink', content: '/etc' });
  });
});

describe('a target', () => {
  test('that holds anything is left alone', async () => {
    const lab = await prepare();
    const to = lab.newTarget();
    fs.mkdirSync(to);
    fs.writeFileSync(`${to}/mine`, '');
    await expect(lab.restore(1, { to })).rejects.toMatchObject({
      code: 'TARGET_NOT_EMPTY',
      message: `${to} is not empty; nothing was restored.`,
    });
    await expect(lab.restore(1, { to: `${to}/mine` })).rejects.toMatchObject({
      code: 'TARGET_UNUSABLE',
      message: `${to}/mine is not a directory.`,
    });
    expect(fs.readdirSync(to)).toEqual(['mine']);
  });

  test('without space ends the restore with DISK_FULL', async () => {
    for (const name of ['other', 'large']) {
      const lab = await prepare();
      if (name === 'large') lab.write('large', noise(30_000, 1));
      await lab.backup();
      const real = openFileSystem();
      lab.useFiles({
        ...real,
        write() {
          throw systemError('ENOSPC');
        },
      });
      await expect(lab.restore(1)).rejects.toMatchObject({
        code: 'DISK_FULL',
        message: 'No space is left in the restore target.',
      });
    }
  });

  test.each(['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE'])(
    'that says %s of any call ends the restore: it is not one file after the other',
    async (code) => {
      const lab = await prepare();
      lab.write('d/large', noise(30_000, 1));
      fs.linkSync(lab.path('d/large'), lab.path('d/linked'));
      fs.symlinkSync('d', lab.path('link'));
      makeFifo(lab.path('fifo'));
      const { snapshot } = await lab.backup();
      const { at, ...real } = openFileSystem();
      const refuse = (): never => {
        throw systemError(code);
      };
      const CALLS = {
        makeDirectory: 'd',
        makeSymlink: 'link',
        makeSpecial: 'fifo',
        link: 'd/linked',
      } as const;
      for (const [call, path] of Object.entries(CALLS)) {
        lab.useFiles({ ...real, at: { ...at, [call]: refuse } });
        await expect(lab.restore(snapshot!), `${call} of ${path}`).rejects.toThrow();
      }
      for (const mode of ['create-file', 'read-directory'] as const) {
        const open: typeof at.open = (directory, name, how) =>
          how === mode && directory !== undefined ? refuse() : at.open(directory, name, how);
        lab.useFiles({ ...real, at: { ...at, open } });
        await expect(lab.restore(snapshot!), mode).rejects.toThrow();
      }
    },
  );

  test('in which one file cannot be made gets all the others', async () => {
    const lab = await prepare();
    const real = openFileSystem();
    lab.useFiles({
      ...real,
      at: {
        ...real.at,
        open(directory, name, mode) {
          if (mode === 'create-file' && name === 'victim') throw systemError('EACCES');
          return real.at.open(directory, name, mode);
        },
      },
    });
    const to = lab.newTarget();
    const { issues, files } = await lab.restore(1, { to });
    expect(issues).toEqual([
      { path: 'dir/victim', code: 'NOT_RESTORED', message: 'dir/victim: permission denied' },
    ]);
    expect(files).toBe(1);
    expect(fs.readdirSync(to).sort()).toEqual(['dir', 'other']);
  });
});

describe('a chain that loops in the index', () => {
  test('is reported as damage by verify, and its file is not restored', async () => {
    const lab = createLab({ lanes: 1 });
    for (const state of [1, 2, 3]) {
      lab.write('file', prose(60 + state, 1));
      await lab.backup();
    }
    changeIndex(lab, 'UPDATE blob SET basis = 1 WHERE id = 2');
    const { issues } = await lab.restore(1);
    expect(issues).toMatchObject([{ path: 'file', code: 'DAMAGED' }]);
    const { ok, damage } = await lab.verify();
    expect(ok).toBe(false);
    expect(damage.flatMap(({ paths }) => paths)).toContain(lab.bytes('file'));
  });
});

test('a restore of nothing but directories ends when it is interrupted', async () => {
  const lab = createLab();
  for (let name = 0; name < 600; name++) fs.mkdirSync(lab.path(`d${name}`));
  await lab.backup();
  const controller = new AbortController();
  const to = lab.newTarget();
  const { signal } = controller;
  const restored = lab.restore(1, { to, signal, onPath: () => controller.abort() });
  await expect(restored).rejects.toMatchObject({ code: 'INTERRUPTED' });
  expect(fs.readdirSync(to).length).toBeLessThan(600);
});
