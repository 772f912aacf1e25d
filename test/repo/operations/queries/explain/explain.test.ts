import { bytesFromText } from '../../../../../src/platform/bytes.js';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type {
  ExplainOptions,
  PathExplanation,
} from '../../../../../src/repo/operations/queries/explain/explain.js';
import { flipByte } from '../../../../support/damage.js';
import { filesWithAt, systemError } from '../../../../support/faulty-files.js';
import { queryIndex } from '../../../../support/index-facts.js';
import { createLab, type Lab } from '../../../../support/lab.js';
import { prose } from '../../../../support/seed.js';
import { explainPath } from '../../../../support/by-path.js';

/** Explains a path below the source of the lab. */
function explain(
  lab: Lab,
  name: string,
  options: Partial<ExplainOptions> = {},
): Promise<PathExplanation> {
  const path = name === '' ? lab.source : lab.path(name);
  return explainPath(lab.repository, lab.platform, { path, ...options });
}

/** A lab whose files are not racy. */
async function backedUp(files: Readonly<Record<string, string>>): Promise<Lab> {
  const lab = createLab();
  for (const [name, content] of Object.entries(files)) lab.write(name, content);
  lab.runAhead();
  await lab.backup();
  return lab;
}

describe('what is left out is explained by', () => {
  test('the line of the ignore file, also of a directory above', async () => {
    const lab = await backedUp({ '.varveignore': '# comment\n\nout/\n*.o', 'out/deep/a': 'x' });
    const origin = { file: lab.path('.varveignore'), line: 3 };
    const rule = { type: 'exclude', pattern: 'out/', origin };
    const outcome = { type: 'left-out', at: lab.bytes('out'), reason: { type: 'rule', rule } };
    expect(await explain(lab, 'out/deep/a')).toMatchObject({ outcome, saved: undefined });
    expect((await explain(lab, 'out')).outcome).toEqual(outcome);
  });

  test('an option, or the line of a file that it names', async () => {
    const lab = await backedUp({ 'a.o': 'x', b: 'x' });
    const file = join(lab.directory, 'rules');
    fs.writeFileSync(file, '*.c\n/x\n*.o\n');
    const pattern = { type: 'exclude', pattern: 'b' } as const;
    const filter = { rules: [{ type: 'exclude-from', file }, pattern] } as const;
    expect((await explain(lab, 'b', { filter })).outcome).toMatchObject({
      reason: { type: 'rule', rule: pattern },
    });
    expect((await explain(lab, 'a.o', { filter })).outcome).toMatchObject({
      reason: { type: 'rule', rule: { pattern: '*.o', origin: { file, line: 3 } } },
    });
  });

  test('a marker, a cache, a size', async () => {
    const lab = await backedUp({
      'marked/.nobackup': 'x',
      'marked/file': 'x',
      'cache/CACHEDIR.TAG': 'Signature: 8a477f597d28d172789f06886806bc55',
      'cache/file': 'x',
      large: '123456',
    });
    const filter = { markers: ['.nobackup'], excludesCaches: true, largestBytes: 5 };
    const reasonOf = async (name: string): Promise<unknown> => {
      const { outcome } = await explain(lab, name, { filter });
      return outcome.type === 'left-out' ? outcome.reason : outcome.type;
    };
    const marker = { type: 'marker', marker: lab.bytes('marked/.nobackup') };
    expect(await reasonOf('marked/file')).toEqual(marker);
    expect(await reasonOf('marked/.nobackup')).toBe('taken-in');
    const tag = { type: 'cache', marker: lab.bytes('cache/CACHEDIR.TAG') };
    expect(await reasonOf('cache/file')).toEqual(tag);
    expect(await reasonOf('large')).toEqual({ type: 'size', largestBytes: 5 });
  });

  test('being the repository', async () => {
    const lab = createLab();
    await lab.backup({ paths: [lab.directory] });
    expect((await explain(lab, '', { path: lab.indexPath })).outcome).toEqual({
      type: 'left-out',
      at: bytesFromText(lab.repository),
      reason: { type: 'repository' },
    });
  });
});

describe('what is backed up is explained by', () => {
  test('the rule that takes it back', async () => {
    const lab = await backedUp({ '.varveignore': '*.o\n!keep.o', 'keep.o': 'x' });
    expect((await explain(lab, 'keep.o')).outcome).toMatchObject({
      type: 'taken-in',
      reason: { type: 'rule', rule: { pattern: '!keep.o', origin: { line: 2 } } },
    });
  });

  test('nothing that speaks against it, or that it was named', async () => {
    const lab = await backedUp({ file: 'x' });
    const rules = [{ type: 'exclude', pattern: 'source' }] as const;
    expect((await explain(lab, 'file')).outcome).toMatchObject({ reason: { type: 'nothing' } });
    expect((await explain(lab, '', { filter: { rules } })).outcome).toMatchObject({
      type: 'taken-in',
      reason: { type: 'root' },
    });
  });
});

describe('a file is read again', () => {
  test('not when nothing has changed, unless all are', async () => {
    const lab = await backedUp({ file: 'x', empty: '' });
    expect(await explain(lab, 'file')).toMatchObject({
      saved: { snapshot: 1, since: 1, causes: ['new'] },
      causes: [],
    });
    expect(await explain(lab, 'file', { readsAll: true })).toMatchObject({ causes: ['asked'] });
    expect((await explain(lab, 'empty')).causes).toBeUndefined();
  });

  test('when it is its turn: within a share of the runs each file is read once', async () => {
    const lab = await backedUp({ file: 'x' });
    const turns: boolean[] = [];
    for (let run = 0; run < 4; run++) {
      const { causes } = await explain(lab, 'file', { rereadShare: 0.25 });
      const { bytesRead } = await lab.backup({ rereadShare: 0.25 });
      expect(causes).toEqual(bytesRead > 0 ? ['asked'] : []);
      turns.push(bytesRead > 0);
    }
    expect(turns.filter(Boolean)).toHaveLength(1);
  });

  test('under all of its names at once, which explain says as well', async () => {
    const lab = await backedUp({ a: 'of some length' });
    for (const name of ['b', 'c', 'd']) fs.linkSync(lab.path('a'), lab.path(name));
    lab.runAhead();
    await lab.backup();
    const turns: boolean[] = [];
    for (let run = 0; run < 4; run++) {
      const causes = [];
      for (const name of ['a', 'b', 'c', 'd']) {
        causes.push((await explain(lab, name, { rereadShare: 0.25 })).causes);
      }
      const { bytesRead } = await lab.backup({ rereadShare: 0.25 });
      const isRead = bytesRead > 0;
      expect(causes).toEqual(Array.from({ length: 4 }, () => (isRead ? ['asked'] : [])));
      turns.push(isRead);
    }
    expect(turns.filter(Boolean)).toHaveLength(1);
  });

  test.each<[string, string[], (path: string) => void]>([
    ['was made longer', ['size', 'mtime', 'ctime'], (path) => fs.appendFileSync(path, 'y')],
    ['has another mode', ['ctime'], (path) => fs.chmodSync(path, 0o700)],
    ['was touched', ['mtime', 'ctime'], (path) => fs.utimesSync(path, 1, 1)],
    [
      'was replaced',
      ['mtime', 'ctime', 'inode'],
      (path) => {
        fs.writeFileSync(`${path}2`, 'y');
        fs.renameSync(`${path}2`, path);
      },
    ],
  ])('when it %s: %j, before the backup and after', async (_, causes, change) => {
    const lab = await backedUp({ file: 'x' });
    change(lab.path('file'));
    expect((await explain(lab, 'file')).causes).toEqual(causes);
    const { snapshot } = await lab.backup();
    expect(await explain(lab, 'file')).toMatchObject({
      saved: { snapshot, since: snapshot, causes },
      causes: [],
    });
  });

  test('when it was something else before', async () => {
    const lab = await backedUp({ other: 'x' });
    fs.symlinkSync('other', lab.path('file'));
    await lab.backup();
    expect(await explain(lab, 'file')).toMatchObject({ saved: { since: 2 }, causes: undefined });
    fs.rmSync(lab.path('file'));
    lab.write('file', 'x');
    expect((await explain(lab, 'file')).causes).toEqual(['type']);
  });

  test('when no snapshot has it', async () => {
    const lab = await backedUp({ file: 'x' });
    lab.write('other', 'x');
    expect(await explain(lab, 'other')).toMatchObject({ saved: undefined, causes: ['new'] });
  });

  test('when it was racy, or changed while it was read', async () => {
    const lab = createLab();
    lab.write('file', 'x');
    await lab.backup();
    expect((await explain(lab, 'file')).causes).toEqual(['racy']);
    let turn = 0;
    lab.useFiles(
      filesWithAt((real) => ({
        statOpen: (descriptor) => ({
          ...real.statOpen(descriptor),
          mtime: { seconds: 1000 + ++turn, nanoseconds: 1 },
        }),
      })),
    );
    await lab.backup();
    lab.useRealFiles();
    expect((await explain(lab, 'file')).causes).toContain('unstable');
  });

  test('when repair found what was saved of it damaged', async () => {
    const lab = createLab();
    lab.write('file', prose(50, 1));
    lab.runAhead();
    await lab.backup();
    const [frame] = queryIndex<{ start: number; head: number }>(
      lab.repository,
      'SELECT f.start, f.head FROM frame f JOIN blob b ON b.frame = f.id',
    );
    flipByte(join(lab.packs, '00000001.pack'), frame!.start + frame!.head + 40);
    await lab.repair();
    expect((await explain(lab, 'file')).causes).toEqual(['damaged']);
  });
});

test('what is not there was removed, and what cannot be seen is kept', async () => {
  const lab = await backedUp({ gone: 'x', 'directory/file': 'x' });
  fs.rmSync(lab.path('gone'));
  const absent = { outcome: { type: 'absent', at: lab.bytes('gone') }, saved: { snapshot: 1 } };
  expect(await explain(lab, 'gone')).toMatchObject(absent);
  expect(await explain(lab, 'gone/below')).toMatchObject({ outcome: absent.outcome });
  lab.useFiles(
    filesWithAt((real) => ({
      open(directory, name, mode) {
        if (name === 'directory') throw systemError('EACCES');
        return real.open(directory, name, mode);
      },
    })),
  );
  expect((await explain(lab, 'directory/file')).outcome).toMatchObject({
    type: 'unreadable',
    at: lab.bytes('directory'),
  });
});

test('a path outside of the source is an error that names the source', async () => {
  const lab = await backedUp({ file: 'x' });
  await expect(explain(lab, '', { path: '/elsewhere' })).rejects.toMatchObject({
    code: 'PATH_NOT_FOUND',
    message: `/elsewhere is not below ${lab.source}.`,
  });
});

test('a path may be given relative to the root', async () => {
  const lab = await backedUp({ 'a/b': 'x' });
  expect((await explain(lab, '', { path: 'a/b' })).path).toBe(lab.bytes('a/b'));
});

test('an ignore file on the way that cannot be read is reported', async () => {
  const lab = await backedUp({ 'a/b': 'x' });
  fs.symlinkSync('b', lab.path('a/.varveignore'));
  const { issues, outcome } = await explain(lab, 'a/b');
  expect(issues).toMatchObject([{ code: 'RULES_UNREADABLE', path: lab.bytes('a/.varveignore') }]);
  expect(outcome.type).toBe('taken-in');
});

test('what is saved is told with the first and the last snapshot that have it just so', async () => {
  const lab = await backedUp({ file: 'text' });
  await lab.backup();
  await lab.backup();
  expect((await explain(lab, 'file')).saved).toMatchObject({ snapshot: 3, since: 1 });
  lab.write('file', 'other text');
  await lab.backup();
  expect((await explain(lab, 'file')).saved).toMatchObject({ snapshot: 4, since: 4 });
});

test('a file whose size says nothing is read in any case, and asked for besides', async () => {
  const lab = await backedUp({ file: '' });
  lab.useFiles(filesWithAt(() => ({ fileSystemType: () => 0x65735546 })));
  expect((await explain(lab, 'file')).causes).toEqual(['unsized']);
  expect((await explain(lab, 'file', { readsAll: true })).causes).toEqual(['asked', 'unsized']);
});

describe('a relative path of a source with two roots', () => {
  const twoRoots = async (): Promise<Lab> => {
    const lab = createLab();
    for (const name of ['one/a', 'two/b']) lab.write(name, 'x');
    await lab.backup({ paths: ['one', 'two'].map(lab.path) });
    return lab;
  };

  test('is the one that is there, though it is not saved yet', async () => {
    const lab = await twoRoots();
    lab.write('two/new-here', 'x');
    const { path, causes } = await explain(lab, '', { path: 'new-here' });
    expect([path, causes]).toEqual([lab.bytes('two/new-here'), ['new']]);
  });

  test('is none of them where it is neither saved nor there', async () => {
    const lab = await twoRoots();
    await expect(explain(lab, '', { path: 'nowhere-at-all' })).rejects.toMatchObject({
      code: 'PATH_NOT_FOUND',
    });
  });
});

test('a path is of the source that has it saved, though another that covers it is newer', async () => {
  const lab = await backedUp({ file: 'text', other: 'x' });
  lab.remove('file');
  await lab.backup({ host: 'elsewhere' });
  const { source, saved } = await explain(lab, 'file');
  expect([source.host, saved?.snapshot]).toEqual(['lab', 1]);
});

test('a file that was emptied is read, and one that always was empty is not', async () => {
  const lab = await backedUp({ emptied: 'text', empty: '' });
  fs.truncateSync(lab.path('emptied'));
  expect((await explain(lab, 'emptied')).causes).toContain('size');
  expect((await explain(lab, 'empty')).causes).toBeUndefined();
});
