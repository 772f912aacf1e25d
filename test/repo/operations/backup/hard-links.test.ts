import * as fs from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OpenMode } from '../../../../src/platform/at-calls.js';
import { filesWithAt, systemError } from '../../../support/faulty-files.js';
import { expectInvariants, logicalIndex, queryIndex } from '../../../support/index-facts.js';
import { createLab, SMALL_PIECES, type Lab } from '../../../support/lab.js';
import { noise, prose, runs } from '../../../support/seed.js';

interface Row {
  readonly name: string;
  readonly links: number;
  readonly inode: number;
  readonly content: string;
}

/** The files of the newest snapshot; what a name's bytes are, as a text. */
function current(lab: Lab): Row[] {
  return queryIndex(
    lab.repository,
    `SELECT CAST(p.name AS TEXT) AS name, v.links, v.inode, v.blob || '/' || v.mtime_s AS content
     FROM version v JOIN path p ON p.id = v.path WHERE v.last = 0 AND v.type = 1 ORDER BY p.name`,
  );
}

function linksOf(lab: Lab): Record<string, number> {
  return Object.fromEntries(current(lab).map(({ name, links }) => [name, links]));
}

function versionCount(lab: Lab): number {
  return queryIndex<{ n: number }>(lab.repository, 'SELECT count(*) AS n FROM version')[0]!.n;
}

/** `a`, `b` and `c` are one file, `single` is another. */
function linkedLab(content: string | Uint8Array = prose(30, 1)): Lab {
  const lab = createLab({ chunking: SMALL_PIECES });
  lab.write('b', content);
  fs.linkSync(lab.path('b'), lab.path('a'));
  fs.linkSync(lab.path('b'), lab.path('c'));
  lab.write('single', 'alone');
  return lab;
}

/** Lets `decide` refuse to open some names, or do something before. */
function whenOpened(lab: Lab, decide: (name: string, mode: OpenMode) => void): void {
  lab.useFiles(
    filesWithAt((real) => ({
      open(directory, path, mode) {
        decide(path.slice(path.lastIndexOf('/') + 1), mode);
        return real.open(directory, path, mode);
      },
    })),
  );
}

describe('numbers of hard links', () => {
  test('are shared by the names of one file, and 0 for a file with one name', async () => {
    const lab = linkedLab();
    await lab.backup();
    expect(linksOf(lab)).toEqual({ a: 1, b: 1, c: 1, single: 0 });
  });

  test('stay when a name is added, even one that is met before the others', async () => {
    const lab = linkedLab();
    await lab.backup();
    fs.linkSync(lab.path('b'), lab.path('0'));
    const before = versionCount(lab);
    const { filesNew, filesChanged } = await lab.backup();
    expect({ filesNew, filesChanged }).toEqual({ filesNew: 1, filesChanged: 0 });
    expect(linksOf(lab)).toEqual({ '0': 1, a: 1, b: 1, c: 1, single: 0 });
    // The new name, and the directory whose time changed.
    expect(versionCount(lab)).toBe(before + 2);
  });

  test('go from the last name that is left', async () => {
    const lab = linkedLab();
    await lab.backup();
    fs.rmSync(lab.path('a'));
    await lab.backup();
    expect(linksOf(lab)).toEqual({ b: 1, c: 1, single: 0 });
    fs.rmSync(lab.path('c'));
    await lab.backup();
    expect(linksOf(lab)).toEqual({ b: 0, single: 0 });
  });

  test('part when a name comes to lead to another file, and meet again', async () => {
    const lab = linkedLab();
    fs.linkSync(lab.path('a'), lab.path('d'));
    await lab.backup();
    fs.renameSync(lab.path('single'), lab.path('c'));
    fs.linkSync(lab.path('c'), lab.path('e'));
    fs.rmSync(lab.path('d'));
    fs.linkSync(lab.path('c'), lab.path('d'));
    await lab.backup();
    expect(linksOf(lab)).toEqual({ a: 1, b: 1, c: 2, d: 2, e: 2 });
    for (const name of ['c', 'd', 'e']) {
      fs.rmSync(lab.path(name));
      fs.linkSync(lab.path('a'), lab.path(name));
    }
    await lab.backup();
    expect(linksOf(lab)).toEqual({ a: 1, b: 1, c: 1, d: 1, e: 1 });
    await lab.expectSound();
  });

  test('are never given to two files, whatever inode a file system gives out again', async () => {
    const lab = linkedLab();
    await lab.backup();
    lab.write('x', 'other');
    fs.linkSync(lab.path('x'), lab.path('y'));
    const { ino: taken } = fs.statSync(lab.path('a'));
    const { ino: other } = fs.statSync(lab.path('x'));
    // As if x and y lay on another file system, where they have the inode number of a, b and c.
    lab.useFiles(
      filesWithAt((real) => ({
        list: (directory) => real.list(directory).sort().reverse(),
        stat(directory, name) {
          const stat = real.stat(directory, name);
          return stat?.inode === other ? { ...stat, inode: taken, device: 1 } : stat;
        },
      })),
    );
    await lab.backup();
    const { a, b, c, x, y } = linksOf(lab);
    expect([a, b, c]).toEqual([1, 1, 1]);
    expect(x).toBe(y);
    expect(x).not.toBe(1);
  });

  test('are given to symbolic links and fifos, too', async () => {
    const lab = createLab();
    fs.symlinkSync('nowhere', lab.path('link'));
    fs.linkSync(lab.path('link'), lab.path('other'));
    await lab.backup();
    const rows = queryIndex(lab.repository, 'SELECT links FROM version WHERE type = 3');
    expect(rows).toEqual([{ links: 1 }, { links: 1 }]);
  });

  test('survive the rebuilding of the index, and are not given out again', async () => {
    const lab = linkedLab();
    await lab.backup();
    const before = logicalIndex(lab.repository);
    await lab.rebuild();
    expect(logicalIndex(lab.repository)).toEqual(before);
    lab.write('x', 'new');
    fs.linkSync(lab.path('x'), lab.path('y'));
    await lab.backup();
    expect(linksOf(lab)).toMatchObject({ a: 1, x: 2, y: 2 });
  });
});

describe.each([
  ['small', () => prose(30, 1)],
  ['large', () => noise(50_000, 1)],
  ['empty', () => ''],
])('a %s file with several names', (_, content) => {
  test('is read once, and every name has its bytes', async () => {
    const lab = linkedLab(content());
    const opened: string[] = [];
    whenOpened(lab, (name, mode) => {
      if (mode === 'read-file') opened.push(name);
    });
    const { snapshot, bytesRead, bytes, files } = await lab.backup();
    expect(bytesRead).toBe(content().length + 'alone'.length);
    expect({ bytes, files }).toEqual({ bytes: content().length * 3 + 'alone'.length, files: 4 });
    expect(opened).not.toContain('b');
    expect(opened).not.toContain('c');
    const tree = await lab.treeAt(snapshot!);
    for (const name of ['a', 'b', 'c']) {
      expect(tree.get(name)!.content).toBe(fs.readFileSync(lab.path(name), 'latin1'));
    }
    await lab.expectSound();
    expectInvariants(lab.repository);
  });

  test('is unchanged, under every name, when nothing changed', async () => {
    const lab = linkedLab(content());
    lab.runAhead();
    await lab.backup();
    const { filesUnchanged, bytesRead } = await lab.backup();
    expect({ filesUnchanged, bytesRead }).toEqual({ filesUnchanged: 4, bytesRead: 0 });
  });
});

describe('a name that was to be read for all', () => {
  test('vanishes: the next one is read', async () => {
    const lab = linkedLab();
    whenOpened(lab, (name, mode) => {
      if (name === 'a' && mode === 'read-file') fs.rmSync(lab.path('a'), { force: true });
    });
    const { issues } = await lab.backup();
    expect(issues.map(({ code }) => code)).toEqual(['VANISHED']);
    expect(linksOf(lab)).toEqual({ b: 1, c: 1, single: 0 });
    await lab.expectSound();
  });

  test('cannot be read: the next one is, and the first keeps what was saved of it', async () => {
    const lab = linkedLab();
    await lab.backup();
    fs.appendFileSync(lab.path('a'), 'more');
    whenOpened(lab, (name, mode) => {
      if (name === 'a' && mode === 'read-file') throw systemError('EACCES');
    });
    const { issues, snapshot } = await lab.backup();
    expect(issues.map(({ code, path }) => [code, path])).toEqual([['UNREADABLE', lab.bytes('a')]]);
    lab.useRealFiles();
    const tree = await lab.treeAt(snapshot!);
    expect(tree.get('b')!.content).toBe(`${prose(30, 1).toString()}more`);
    expect(tree.get('c')!.content).toBe(tree.get('b')!.content);
    expect(tree.get('a')!.content).toBe(prose(30, 1).toString());
  });

  test('cannot be read, and neither can the others: each is told', async () => {
    const lab = linkedLab();
    whenOpened(lab, (name, mode) => {
      if (name.length === 1 && mode === 'read-file') throw systemError('EIO');
    });
    const { issues } = await lab.backup();
    expect(issues.map(({ path }) => path)).toEqual(['a', 'b', 'c'].map((name) => lab.bytes(name)));
    expect(current(lab).map(({ name }) => name)).toEqual(['single']);
  });

  test('comes to lead to another file: the others are not given its bytes', async () => {
    const lab = linkedLab();
    let isDone = false;
    whenOpened(lab, (name, mode) => {
      if (name !== 'a' || mode !== 'read-file' || isDone) return;
      isDone = true;
      lab.write('new', 'something else');
      fs.renameSync(lab.path('new'), lab.path('a'));
    });
    const { snapshot, issues } = await lab.backup();
    expect(issues).toEqual([]);
    const tree = await lab.treeAt(snapshot!);
    expect(tree.get('a')!.content).toBe('something else');
    expect(tree.get('b')!.content).toBe(prose(30, 1).toString());
    expect(tree.get('c')!.content).toBe(prose(30, 1).toString());
  });
});

const NAMES = ['a', 'b', 'c', 'd/e', 'd/f'];

test('names that are linked, parted, removed and renamed have the groups that the source has', async () => {
  const step = fc.record({
    kind: fc.constantFrom('create', 'link', 'remove', 'rename', 'append', 'backup'),
    from: fc.nat(NAMES.length - 1),
    to: fc.nat(NAMES.length - 1),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const lab = createLab();
      fs.mkdirSync(lab.path('d'));
      for (const { kind, from, to } of [...steps, { kind: 'backup', from: 0, to: 0 }]) {
        const [source, target] = [lab.path(NAMES[from]!), lab.path(NAMES[to]!)];
        if (kind === 'backup') {
          await lab.backup();
          expectGroupsOfSource(lab);
        } else if (kind === 'create') fs.writeFileSync(source, `${from}${to}`);
        else if (kind === 'append') fs.appendFileSync(source, 'x');
        else if (kind === 'remove') fs.rmSync(source, { force: true });
        else if (fs.existsSync(source) && from !== to) {
          fs.rmSync(target, { force: true });
          if (kind === 'link') fs.linkSync(source, target);
          else fs.renameSync(source, target);
        }
      }
      await lab.expectSound();
    }),
    runs(12),
  );
});

/** Same number: same inode and same bytes; another number: another inode. */
function expectGroupsOfSource(lab: Lab): void {
  const rows = current(lab);
  const inodes = new Map<number, Row>();
  const numbers = new Map<number, Row>();
  for (const row of rows) {
    const path = NAMES.find((name) => name.endsWith(row.name))!;
    const { ino, nlink } = fs.statSync(lab.path(path));
    expect(row).toMatchObject({
      inode: ino,
      links: nlink > 1 ? (expect.any(Number) as number) : 0,
    });
    if (nlink === 1) continue;
    expect(row.links).toBeGreaterThan(0);
    for (const other of [inodes.get(ino), numbers.get(row.links)]) {
      const { links, inode, content } = other ?? row;
      expect({ links, inode, content }).toEqual({
        links: row.links,
        inode: ino,
        content: row.content,
      });
    }
    inodes.set(ino, row);
    numbers.set(row.links, row);
  }
  expect(rows).toHaveLength(NAMES.filter((name) => fs.existsSync(lab.path(name))).length);
}
