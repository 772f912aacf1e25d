import * as fs from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesFromText } from '../../../src/platform/bytes.js';
import { createLab, SMALL_PIECES, type Lab } from '../../support/lab.js';
import { missingPrograms, runProgram } from '../../support/machine.js';
import { makeFifo } from '../../support/special-files.js';
import { noise, prose, runs } from '../../support/seed.js';
import { bytes, readTree } from '../../support/tree.js';

const hasRsync = missingPrograms('rsync').length === 0;

/** What can stand at a path. Equal kinds hold equal bytes. */
const KINDS = {
  none: () => undefined,
  directory: (path: string) => fs.mkdirSync(path),
  empty: (path: string) => fs.writeFileSync(path, ''),
  text: (path: string) => fs.writeFileSync(path, 'first\n'),
  other: (path: string) => fs.writeFileSync(path, 'again\n'),
  large: (path: string) => fs.writeFileSync(path, LARGE),
  patched: (path: string) => fs.writeFileSync(path, PATCHED),
  longer: (path: string) => fs.writeFileSync(path, Buffer.concat([LARGE, prose(99, 4)])),
  link: (path: string) => fs.symlinkSync('somewhere', path),
  elsewhere: (path: string) => fs.symlinkSync('elsewhere', path),
};
type Kind = keyof typeof KINDS;

const LARGE = noise(40_000, 1);
const PATCHED = Buffer.from(LARGE);
PATCHED.fill('x', 17_000, 17_010);

const PATHS = ['a', 'a/x', 'a/y', 'a/z', 'a/z/deep', 'b', 'b/x', 'c'];
const OLD_SECONDS = 1_000_000_000;

type Nodes = readonly Kind[];
const nodes = fc.array(fc.constantFrom(...(Object.keys(KINDS) as Kind[])), {
  minLength: PATHS.length,
  maxLength: PATHS.length,
});

/** Makes the tree at `root` that `kinds` says, leaving alone what `before` says is so already. */
function writeNodes(root: string, kinds: Nodes, before: Nodes = []): void {
  const changed = PATHS.filter((_, position) => kinds[position] !== before[position]);
  for (const path of changed.filter((one) => isInDirectory(root, one))) {
    fs.rmSync(`${root}/${path}`, { recursive: true, force: true });
  }
  PATHS.forEach((path, position) => {
    const target = `${root}/${path}`;
    if (!isInDirectory(root, path)) return;
    if (!fs.lstatSync(target, { throwIfNoEntry: false })) KINDS[kinds[position]!](target);
  });
}

/** Whether all that holds `path` are directories, and no links to one. */
function isInDirectory(root: string, path: string): boolean {
  const parts = path.split('/').slice(0, -1);
  return parts.every((_, depth) => {
    const parent = `${root}/${parts.slice(0, depth + 1).join('/')}`;
    // Asked from the outermost in, so that nothing is looked at through a link or a file.
    return fs.lstatSync(parent, { throwIfNoEntry: false })?.isDirectory();
  });
}

/** Old times, all different: a file that is written later has another one. */
function ageAll(root: string): void {
  for (const [position, path] of PATHS.entries()) {
    const target = `${root}/${path}`;
    if (!isInDirectory(root, path) || !fs.lstatSync(target, { throwIfNoEntry: false })) continue;
    fs.lutimesSync(target, OLD_SECONDS + position, OLD_SECONDS + position);
  }
}

function changeTimes(root: string): bigint[] {
  return [...readTree(root).keys()].map(
    (path) => fs.lstatSync(bytes(`${bytesFromText(root)}/${path}`), { bigint: true }).ctimeNs,
  );
}

async function prepare(kinds: Nodes): Promise<Lab> {
  const lab = createLab({ chunking: SMALL_PIECES });
  writeNodes(lab.source, kinds);
  ageAll(lab.source);
  await lab.backup();
  return lab;
}

describe('in place, with --delete', () => {
  test('whatever is there becomes the snapshot, as the dry run said; then nothing is left to do', async () => {
    const property = fc.asyncProperty(
      nodes,
      nodes,
      fc.constantFrom('always' as const, 'if-changed' as const),
      async (then, now, overwrite) => {
        const lab = await prepare(then);
        const wanted = readTree(lab.source);
        writeNodes(lab.source, now, then);
        const found = readTree(lab.source);
        const mirror = { overwrite, deletes: 'always' } as const;

        const promised = await lab.restoreInPlace(1, mirror, {
          isDryRun: true,
        });
        expect(readTree(lab.source)).toEqual(found);
        const done = await lab.restoreInPlace(1, mirror, { verifies: true });
        expect({ ...done, durationMs: 0 }).toEqual({ ...promised, durationMs: 0 });
        expect(done.issues).toEqual([]);
        expect(readTree(lab.source)).toEqual(wanted);
        if (hasRsync) await expectSameToRsync(lab);

        const before = changeTimes(lab.source);
        const again = await lab.restoreInPlace(1, mirror);
        expect(again).toMatchObject({ bytesWritten: 0, removed: [], issues: [] });
        expect(again.filesUnchanged).toBe(again.files);
        expect(changeTimes(lab.source)).toEqual(before);
        fs.rmSync(lab.directory, { recursive: true });
      },
    );
    await fc.assert(property, runs(25));
  });
});

/** Beside a fresh restore of the same snapshot. */
async function expectSameToRsync(lab: Lab): Promise<void> {
  const fresh = lab.newTarget();
  await lab.restore(1, { to: fresh });
  const argv = ['-n', '-aic', '--delete', `${fresh}/`, `${lab.source}/`];
  expect(runProgram('rsync', argv)).toBe('');
}

describe('each type over each other', () => {
  const TYPES = ['directory', 'text', 'large', 'empty', 'link'] as const;
  const pairs = TYPES.flatMap((then) => TYPES.map((now) => [then, now] as const));

  test.each(pairs)('a %s over a %s takes its place', async (then, now) => {
    const lab = createLab({ chunking: SMALL_PIECES });
    KINDS[then](lab.path('node'));
    await lab.backup();
    const wanted = readTree(lab.source);
    fs.rmSync(lab.path('node'), { recursive: true });
    KINDS[now](lab.path('node'));
    const { issues } = await lab.restoreInPlace(1, {});
    expect(issues).toEqual([]);
    expect(readTree(lab.source)).toEqual(wanted);
  });

  test.each(['text', 'large', 'empty', 'link'] as const)(
    'a %s does not take the place of a directory that holds something',
    async (then) => {
      const lab = createLab({ chunking: SMALL_PIECES });
      KINDS[then](lab.path('node'));
      await lab.backup();
      fs.rmSync(lab.path('node'));
      lab.write('node/mine', 'x');
      const { issues } = await lab.restoreInPlace(1, {});
      expect(issues).toEqual([
        {
          path: 'source/node',
          code: 'NOT_RESTORED',
          message:
            'source/node is a non-empty directory where something else belongs; --delete removes it.',
        },
      ]);
      expect(fs.readFileSync(lab.path('node/mine'), 'utf8')).toBe('x');
    },
  );

  test('a fifo is replaced, and neither opened nor waited for', async () => {
    const lab = createLab();
    lab.write('node', 'bytes');
    await lab.backup();
    fs.rmSync(lab.path('node'));
    makeFifo(lab.path('node'));
    const { issues } = await lab.restoreInPlace(1, { overwrite: 'always' });
    expect(issues).toEqual([]);
    expect(fs.readFileSync(lab.path('node'), 'utf8')).toBe('bytes');
  });
});

describe('--overwrite', () => {
  /** A file that is older than its version, one that is newer, one of the same size and time. */
  async function changed(): Promise<Lab> {
    const lab = createLab({ chunking: SMALL_PIECES });
    for (const name of ['older', 'newer', 'rotten', 'missing']) {
      lab.write(name, 'right');
      fs.utimesSync(lab.path(name), OLD_SECONDS, OLD_SECONDS);
    }
    lab.write('large', LARGE);
    fs.utimesSync(lab.path('large'), OLD_SECONDS, OLD_SECONDS);
    await lab.backup();
    for (const name of ['older', 'newer', 'rotten']) {
      const move = { older: -5, newer: 5, rotten: 0 }[name]!;
      lab.write(name, 'wrong');
      fs.utimesSync(lab.path(name), OLD_SECONDS + move, OLD_SECONDS + move);
    }
    lab.remove('missing');
    return lab;
  }

  test.each([
    ['always', ['older', 'newer', 'rotten'], 0],
    ['if-changed', ['older', 'newer'], 0],
    ['if-newer', ['older'], 1],
    ['never', [], 4],
  ] as const)('%s replaces %j', async (overwrite, replaced, kept) => {
    const lab = await changed();
    const result = await lab.restoreInPlace(1, { overwrite });
    expect(result).toMatchObject({ issues: [], kept, files: 5 - kept });
    const right = ['older', 'newer', 'rotten'].filter(
      (name) => fs.readFileSync(lab.path(name), 'utf8') === 'right',
    );
    expect(right).toEqual(replaced);
    expect(fs.readFileSync(lab.path('missing'), 'utf8')).toBe('right');
    expect(result.bytesWritten).toBe(5 * (replaced.length + 1));
  });

  test('never does not touch what is of another type, nor what is in it', async () => {
    const lab = createLab();
    lab.write('directory/file', 'x');
    await lab.backup();
    lab.remove('directory');
    lab.write('directory', 'mine');
    const { kept } = await lab.restoreInPlace(1, { overwrite: 'never' });
    expect(kept).toBe(1);
    expect(fs.readFileSync(lab.path('directory'), 'utf8')).toBe('mine');
  });
});

describe('what differs', () => {
  test('of a large file is written by the page, and the rest of it stays', async () => {
    const lab = await prepare(['large', ...Array<Kind>(7).fill('none')]);
    const inode = fs.statSync(lab.path('a')).ino;
    fs.writeFileSync(lab.path('a'), PATCHED);
    const result = await lab.restoreInPlace(1, {});
    expect(result.bytesWritten).toBeLessThanOrEqual(2 * 4096);
    expect(result.bytesUnchanged).toBe(LARGE.length - result.bytesWritten);
    expect(fs.readFileSync(lab.path('a'))).toEqual(LARGE);
    expect(fs.statSync(lab.path('a')).ino).toBe(inode);
  });

  test.each(['small', 'large'])(
    'of a %s file with another name outside the target is not written there',
    async (size) => {
      const lab = createLab({ chunking: SMALL_PIECES });
      lab.write('file', size === 'small' ? 'right' : LARGE);
      await lab.backup();
      const mine = `${lab.directory}/mine`;
      fs.writeFileSync(mine, size === 'small' ? 'wrong' : PATCHED);
      const before = fs.lstatSync(mine, { bigint: true });
      fs.rmSync(lab.path('file'));
      fs.linkSync(mine, lab.path('file'));
      await lab.restoreInPlace(1, { overwrite: 'always' });
      expect(fs.readFileSync(mine)).toEqual(size === 'small' ? Buffer.from('wrong') : PATCHED);
      const { mtimeNs, mode, nlink } = fs.lstatSync(mine, { bigint: true });
      expect({ mtimeNs, mode, nlink }).toEqual({
        mtimeNs: before.mtimeNs,
        mode: before.mode,
        nlink: 1n,
      });
    },
  );

  test('only in its metadata gets that, and no other inode, unless it has another name', async () => {
    const lab = createLab();
    lab.write('file', 'x');
    lab.write('linked', 'x');
    await lab.backup();
    const wanted = readTree(lab.source);
    const inode = fs.statSync(lab.path('file')).ino;
    fs.chmodSync(lab.path('file'), 0o755);
    fs.linkSync(lab.path('linked'), `${lab.directory}/mine`);
    fs.chmodSync(lab.path('linked'), 0o755);
    const { bytesWritten } = await lab.restoreInPlace(1, {});
    expect(bytesWritten).toBe(1);
    expect(readTree(lab.source)).toEqual(wanted);
    expect(fs.statSync(lab.path('file')).ino).toBe(inode);
    expect(fs.statSync(`${lab.directory}/mine`).mode & 0o777).toBe(0o755);
  });
});

describe('where it was backed up', () => {
  test('one path is restored with the directories that are missing on the way to it', async () => {
    const lab = createLab();
    lab.write('a/b/file', 'x');
    lab.write('a/b/other', 'y');
    fs.chmodSync(lab.path('a/b'), 0o1700);
    await lab.backup();
    const wanted = readTree(lab.source);
    lab.remove('a');
    const { files, issues } = await lab.restoreInPlace(
      1,
      {},
      { paths: [lab.path('a/b/file'), lab.path('a/b')] },
    );
    expect({ files, issues }).toEqual({ files: 2, issues: [] });
    wanted.delete('');
    const tree = readTree(lab.source);
    tree.delete('');
    expect(tree).toEqual(wanted);
  });

  test('a link on the way to it, below the root, is not followed', async () => {
    const lab = createLab();
    lab.write('a/b/file', 'x');
    await lab.backup();
    const outside = `${lab.directory}/outside`;
    fs.mkdirSync(`${outside}/b`, { recursive: true });
    lab.remove('a');
    fs.symlinkSync(outside, lab.path('a'));
    const paths = [lab.path('a/b/file')];
    const { issues } = await lab.restoreInPlace(1, {}, { paths });
    expect(issues).toMatchObject([{ path: 'source/a', code: 'NOT_RESTORED' }]);
    expect(fs.readdirSync(`${outside}/b`)).toEqual([]);
  });

  test('a root that is gone is made, and several roots are each restored', async () => {
    const lab = createLab();
    const roots = ['one/tree', 'two/tree'].map((name) => lab.path(name));
    lab.write('one/tree/file', '1');
    lab.write('two/tree/file', '2');
    await lab.backup({ paths: roots });
    const wanted = roots.map(readTree);
    lab.remove('one');
    lab.write('two/tree/file', 'changed');
    const { issues } = await lab.restoreInPlace(1, {});
    expect(issues).toEqual([]);
    expect(roots.map(readTree)).toEqual(wanted);
  });

  test('a snapshot of another host is refused', async () => {
    const lab = createLab();
    lab.write('file', 'x');
    await lab.backup({ host: 'elsewhere' });
    await expect(lab.restoreInPlace(1, {})).rejects.toMatchObject({
      code: 'TARGET_UNUSABLE',
      message: 'Snapshot 1 is from the host elsewhere, but this is lab.',
    });
  });

  test('the repository itself is no target', async () => {
    const lab = createLab();
    lab.write('file', 'x');
    await lab.backup();
    for (const to of [lab.repository, lab.packs]) {
      await expect(lab.restoreInPlace(1, {}, { to })).rejects.toMatchObject({
        code: 'TARGET_UNUSABLE',
        message: `${to} is inside the repository.`,
      });
    }
  });
});

describe('a fresh restore that was interrupted', () => {
  test('is finished by running it again in place, without writing what is there', async () => {
    const lab = await prepare([
      'directory',
      'text',
      'large',
      'link',
      'none',
      'other',
      'none',
      'empty',
    ]);
    const wanted = readTree(lab.source);
    const to = lab.newTarget();
    await lab.restore(1, { to });
    fs.truncateSync(`${to}/a/y`, 30_000);
    fs.rmSync(`${to}/b`);
    const { bytesWritten } = await lab.restoreInPlace(1, {}, { to });
    expect(bytesWritten).toBeLessThan(10_000 + 4096 + 6 + 1);
    expect(readTree(to)).toEqual(wanted);
  });
});
