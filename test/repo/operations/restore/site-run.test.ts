import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { PathMark } from '../../../../src/repo/model.js';
import type {
  InPlaceOptions,
  RestoreOptions,
} from '../../../../src/repo/operations/restore/restore.js';
import type { AtCalls } from '../../../../src/platform/at-calls.js';
import { filesWithAt, systemError } from '../../../support/faulty-files.js';
import { createLab, SMALL_PIECES, type Lab } from '../../../support/lab.js';
import { isSuperuser, skip } from '../../../support/machine.js';
import { openFilesBelow } from '../../../support/open-files.js';
import { noise } from '../../../support/seed.js';
import { makeFifo } from '../../../support/special-files.js';

async function prepare(): Promise<Lab> {
  const lab = createLab({ chunking: SMALL_PIECES, lanes: 1 });
  lab.write('dir/sub/file', 'below');
  lab.write('empty', '');
  lab.write('file', 'text');
  lab.write('large', noise(20_000, 1));
  fs.symlinkSync('file', lab.path('link'));
  makeFifo(lab.path('fifo'));
  for (const name of ['dir/sub/file', 'dir/sub', 'dir', 'file', 'empty', 'large', '.']) {
    fs.utimesSync(lab.path(name), 1_000_000, 1_000_000);
  }
  await lab.backup();
  return lab;
}

/** Restores into a target, and tells what is done to each path, with the issues. */
async function restore(
  lab: Lab,
  to: string,
  inPlace?: InPlaceOptions,
  more: Partial<RestoreOptions> = {},
) {
  const marks: string[] = [];
  const onPath = (path: string, mark: PathMark): void =>
    void marks.push(`${mark} ${path.slice(to.length + 1) || '.'}`);
  const result = await lab.restore(1, { to, onPath, ...(inPlace && { inPlace }), ...more });
  expect(openFilesBelow(lab.directory)).toEqual([]);
  return {
    ...result,
    marks: marks.toSorted(),
    told: result.issues.map(({ path, code }) => `${code} ${path || '.'}`),
  };
}

const ALL = ['.', 'dir', 'dir/sub', 'dir/sub/file', 'empty', 'fifo', 'file', 'large', 'link'];

describe('each path is told once', () => {
  test('as new, in a fresh target, a dry run among it', async () => {
    const lab = await prepare();
    const to = lab.newTarget();
    const fresh = ALL.map((name) => `new ${name}`).filter((mark) => mark !== 'new .');
    const dry = await restore(lab, to, undefined, { isDryRun: true });
    expect(dry.marks.filter((mark) => mark !== 'new .')).toEqual(fresh);
    expect(fs.existsSync(to)).toBe(false);
    const { marks } = await restore(lab, to);
    expect(marks.filter((mark) => !mark.endsWith(' .'))).toEqual(fresh);
  });

  test('as nothing, where all is as it should be', async () => {
    const lab = await prepare();
    const to = lab.newTarget();
    await restore(lab, to);
    expect((await restore(lab, to, { overwrite: 'always' })).marks).toEqual([]);
  });

  test('as kept, and nothing else is done to it, by the rule never', async () => {
    const lab = await prepare();
    const to = lab.newTarget();
    fs.mkdirSync(join(to, 'dir/sub'), { recursive: true });
    fs.writeFileSync(join(to, 'file'), 'mine');
    fs.symlinkSync('mine', join(to, 'link'));
    fs.utimesSync(join(to, 'dir'), 5, 5);
    const { marks, kept, files } = await restore(lab, to, { overwrite: 'never' });
    expect(marks).toEqual([
      ...['kept file', 'kept link', 'new dir/sub/file', 'new empty', 'new fifo', 'new large'],
    ]);
    expect([kept, files]).toEqual([2, 3]);
    expect(fs.readFileSync(join(to, 'file'), 'utf8')).toBe('mine');
    expect(fs.statSync(join(to, 'dir')).mtimeMs).toBe(5000);
  });

  test('as what it was, changed or of other metadata', async () => {
    const lab = await prepare();
    const to = lab.newTarget();
    await restore(lab, to);
    fs.writeFileSync(join(to, 'file'), 'TEXT');
    fs.chmodSync(join(to, 'empty'), 0o611);
    fs.chmodSync(join(to, 'dir'), 0o711);
    fs.truncateSync(join(to, 'large'), 5);
    fs.rmSync(join(to, 'link'));
    const { marks, told } = await restore(lab, to, {});
    expect(told).toEqual([]);
    expect(marks).toEqual([
      ...['changed file', 'changed large', 'metadata dir', 'metadata empty', 'new link'],
    ]);
  });
});

describe('directories', () => {
  test('get their times last, the deepest first', async () => {
    const lab = await prepare();
    const to = lab.newTarget();
    await restore(lab, to);
    for (const name of ['.', 'dir', 'dir/sub']) {
      expect(fs.statSync(join(to, name)).mtimeMs).toBe(1_000_000_000);
    }
  });

  test('on the way to a path are made, told, and get their metadata', async () => {
    const lab = await prepare();
    fs.rmSync(lab.path('dir'), { recursive: true });
    const marks: string[] = [];
    const { issues } = await lab.restoreInPlace(
      1,
      {},
      {
        paths: [lab.path('dir/sub/file')],
        onPath: (path, mark) => void marks.push(`${mark} ${path.slice(lab.source.length + 1)}`),
      },
    );
    expect(issues).toEqual([]);
    expect(marks).toEqual(['new dir', 'new dir/sub', 'new dir/sub/file']);
    expect(fs.statSync(lab.path('dir')).mtimeMs).toBe(1_000_000_000);
  });

  test('on the way that are none any longer are not replaced', async () => {
    const lab = await prepare();
    fs.rmSync(lab.path('dir'), { recursive: true });
    lab.write('dir', 'a file');
    const options = { paths: [lab.path('dir/sub/file')] };
    const { issues, files } = await lab.restoreInPlace(1, {}, options);
    expect(issues).toMatchObject([
      { code: 'NOT_RESTORED', message: 'source/dir is no longer a directory: restore it first.' },
    ]);
    expect(files).toBe(0);
  });

  test('that cannot be made lose what is below them, and no more', async () => {
    const lab = await prepare();
    lab.useFiles(
      filesWithAt((real) => ({
        makeDirectory(directory, name) {
          if (name === 'sub') throw systemError('EACCES');
          real.makeDirectory(directory, name);
        },
      })),
    );
    const { told, files, directories } = await restore(lab, lab.newTarget());
    expect(told).toEqual(['NOT_RESTORED dir/sub']);
    expect([files, directories]).toEqual([3, 2]);
  });

  test('that cannot be opened to their owner, or finished, are there with their files', async () => {
    if (!isSuperuser) skip('only root makes files in a directory that is closed');
    const lab = await prepare();
    const to = lab.newTarget();
    fs.mkdirSync(join(to, 'dir'), { recursive: true });
    fs.chmodSync(join(to, 'dir'), 0o500);
    const { files } = lab.platform;
    const dir = fs.statSync(join(to, 'dir')).ino;
    lab.useFiles({
      ...files,
      setMode(descriptor, mode) {
        if (fs.fstatSync(descriptor).ino === dir) throw systemError('EROFS');
        files.setMode(descriptor, mode);
      },
    });
    const { told } = await restore(lab, to, {});
    expect(told.every((issue) => issue.startsWith('METADATA_NOT_RESTORED'))).toBe(true);
    expect(told.length).toBeGreaterThan(0);
  });
});

describe('what a directory stands in the place of', () => {
  const inTheWay = async (deletes?: InPlaceOptions['deletes'], isEmpty = false) => {
    const lab = await prepare();
    const to = lab.newTarget();
    fs.mkdirSync(join(to, 'file'), { recursive: true });
    if (!isEmpty) fs.writeFileSync(join(to, 'file/mine'), 'x');
    const done = await restore(lab, to, deletes ? { deletes } : {});
    return { to, ...done };
  };

  test('is not restored while that holds something', async () => {
    const { to, issues, files } = await inTheWay();
    expect(issues).toEqual([
      {
        path: 'file',
        code: 'NOT_RESTORED',
        message: 'file is a non-empty directory where something else belongs; --delete removes it.',
      },
    ]);
    expect(files).toBe(3);
    expect(fs.existsSync(join(to, 'file/mine'))).toBe(true);
  });

  test.each([
    ['is empty', undefined, true],
    ['may be deleted', 'always', false],
  ] as const)('is restored where that %s', async (_, deletes, isEmpty) => {
    const { to, told } = await inTheWay(deletes, isEmpty);
    expect(told).toEqual([]);
    expect(fs.readFileSync(join(to, 'file'), 'utf8')).toBe('text');
  });

  test('is not where something of that had to stay', async () => {
    const lab = await prepare();
    const to = lab.newTarget();
    fs.mkdirSync(join(to, 'file'), { recursive: true });
    fs.writeFileSync(join(to, 'file/mine'), 'x');
    const rules = [{ type: 'exclude', pattern: 'mine' }] as const;
    const { issues } = await restore(lab, to, { deletes: 'always' }, { rules });
    expect(issues.map(({ code, message }) => [code, message])).toEqual([
      ['NOT_RESTORED', 'file was not restored: a directory in its place was kept.'],
      ['NOT_DELETED', 'Nothing was deleted because not everything could be restored.'],
    ]);
  });
});

test('a file in the place of a directory goes', async () => {
  const lab = await prepare();
  const to = lab.newTarget();
  fs.mkdirSync(to);
  fs.writeFileSync(join(to, 'dir'), 'a file');
  const { told, marks } = await restore(lab, to, {});
  expect(told).toEqual([]);
  expect(marks).toContain('changed dir');
  expect(fs.readFileSync(join(to, 'dir/sub/file'), 'utf8')).toBe('below');
});

describe('deleting', () => {
  test('takes what the snapshot does not have from directories that were there', async () => {
    const lab = await prepare();
    const to = lab.newTarget();
    await restore(lab, to);
    for (const name of ['dir/sub/mine', 'mine']) fs.writeFileSync(join(to, name), 'x');
    const { removed, marks } = await restore(lab, to, { deletes: 'always' });
    expect(removed).toEqual(['dir/sub/mine', 'mine']);
    expect(marks).toEqual(['removed dir/sub/mine', 'removed mine']);
  });

  test('is not done where something could not be restored, and that is told', async () => {
    const lab = await prepare();
    const to = lab.newTarget();
    await restore(lab, to);
    fs.writeFileSync(join(to, 'mine'), 'x');
    fs.rmSync(join(to, 'link'));
    lab.useFiles(
      filesWithAt(() => ({
        makeSymlink() {
          throw systemError('EACCES');
        },
      })),
    );
    const { told } = await restore(lab, to, { deletes: 'always' });
    expect(told).toEqual(['NOT_RESTORED link', 'NOT_DELETED .']);
    expect(fs.existsSync(join(to, 'mine'))).toBe(true);
  });

  test('is done where only metadata could not be restored', async () => {
    const lab = await prepare();
    const to = lab.newTarget();
    await restore(lab, to);
    fs.writeFileSync(join(to, 'mine'), 'x');
    fs.chmodSync(join(to, 'empty'), 0o611);
    lab.useFiles(
      filesWithAt((real) => ({
        open(directory, name, mode) {
          if (name === 'empty') throw systemError('EACCES');
          return real.open(directory, name, mode);
        },
      })),
    );
    const { told, removed } = await restore(lab, to, { deletes: 'always' });
    expect(told).toEqual(['METADATA_NOT_RESTORED empty']);
    expect(removed).toEqual(['mine']);
  });
});

describe('what cannot be made', () => {
  const refusing = (code: string, call: keyof AtCalls) =>
    filesWithAt(() => ({
      [call]: () => {
        throw systemError(code);
      },
    }));

  test.each(['EPERM', 'EACCES', 'EOPNOTSUPP', 'ENOSYS'])(
    'of special files is told as one (%s), of links as any other',
    async (code) => {
      const lab = await prepare();
      lab.useFiles(refusing(code, 'makeSpecial'));
      expect((await restore(lab, lab.newTarget())).told).toEqual(['SPECIAL_NOT_RESTORED fifo']);
      lab.useFiles(refusing(code, 'makeSymlink'));
      expect((await restore(lab, lab.newTarget())).told).toEqual(['NOT_RESTORED link']);
    },
  );

  test('for any other reason is told by itself', async () => {
    const lab = await prepare();
    lab.useFiles(refusing('EIO', 'makeSpecial'));
    const { told, specials } = await restore(lab, lab.newTarget());
    expect(told).toEqual(['NOT_RESTORED fifo']);
    expect(specials).toBe(0);
  });

  test('as a link gets a node of its own', async () => {
    const lab = createLab({ lanes: 1 });
    lab.write('a', 'text');
    for (const name of ['b', 'c']) fs.linkSync(lab.path('a'), lab.path(name));
    await lab.backup();
    lab.useFiles(refusing('EMLINK', 'link'));
    const to = lab.newTarget();
    const { told, files } = await restore(lab, to);
    expect([told, files]).toEqual([[], 3]);
    const inodes = ['a', 'b', 'c'].map((name) => fs.statSync(join(to, name)).ino);
    expect(new Set(inodes).size).toBe(3);
  });
});

test('names of one inode are told each, and count their bytes once', async () => {
  const lab = createLab({ lanes: 1 });
  lab.write('a', 'text');
  fs.linkSync(lab.path('a'), lab.path('b'));
  makeFifo(lab.path('f'));
  fs.linkSync(lab.path('f'), lab.path('g'));
  await lab.backup();
  const to = lab.newTarget();
  const first = await restore(lab, to);
  expect(first.marks.filter((mark) => mark !== 'new .')).toEqual(
    ['a', 'b', 'f', 'g'].map((name) => `new ${name}`),
  );
  expect(first).toMatchObject({ files: 2, specials: 2, bytesWritten: 4, filesUnchanged: 0 });
  fs.rmSync(join(to, 'b'));
  fs.rmSync(join(to, 'g'));
  const again = await restore(lab, to, {});
  expect(again.marks).toEqual(['new b', 'new g']);
  expect(again).toMatchObject({ files: 2, specials: 2, bytesWritten: 0, filesUnchanged: 1 });
});

describe('an interrupt', () => {
  test('is seen within 256 entries, be there nothing to write', async () => {
    const lab = createLab({ lanes: 1 });
    for (let at = 0; at < 300; at++) fs.symlinkSync('x', lab.path(`l${at}`));
    await lab.backup();
    const controller = new AbortController();
    let made = 0;
    lab.useFiles(
      filesWithAt((real) => ({
        makeSymlink(...args) {
          if (++made === 10) controller.abort();
          real.makeSymlink(...args);
        },
      })),
    );
    const restored = lab.restore(1, { signal: controller.signal });
    await expect(restored).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(made).toBeLessThan(257);
    expect(openFilesBelow(lab.directory)).toEqual([]);
  });
});

describe('the repository', () => {
  test('is not restored into on the way to a path', async () => {
    const lab = await prepare();
    fs.rmSync(lab.path('dir'), { recursive: true });
    fs.renameSync(lab.repository, lab.path('dir'));
    fs.symlinkSync(lab.path('dir'), lab.repository);
    const paths = [lab.path('dir/sub/file')];
    const { issues, files } = await lab.restoreInPlace(1, {}, { paths });
    expect(issues.map(({ code, path }) => [code, path])).toEqual([['NOT_RESTORED', 'source/dir']]);
    expect(files).toBe(0);
    expect(fs.existsSync(lab.path('dir/sub'))).toBe(false);
  });

  test('is not restored into, and that is told', async () => {
    const lab = await prepare();
    const to = lab.newTarget();
    fs.mkdirSync(to);
    fs.renameSync(lab.repository, join(to, 'dir'));
    fs.symlinkSync(join(to, 'dir'), lab.repository);
    // Not what SQLite makes beside the index while it is open.
    const held = () => fs.readdirSync(join(to, 'dir')).filter((name) => !/-(wal|shm)$/.test(name));
    const before = held();
    const { issues } = await restore(lab, to, { overwrite: 'always' });
    expect(issues.map(({ path, code }) => [path, code])).toEqual([['dir', 'NOT_RESTORED']]);
    expect(issues[0]!.message).toBe('dir was not restored: the repository lies there.');
    expect(held()).toEqual(before);
  });
});
