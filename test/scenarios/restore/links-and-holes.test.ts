import * as fs from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AtCalls } from '../../../src/platform/at-calls.js';
import { VersionFlag } from '../../../src/repo/model.js';
import { flipByte } from '../../support/damage.js';
import { filesWithAt, systemError } from '../../support/faulty-files.js';
import { queryIndex } from '../../support/index-facts.js';
import { createLab, type Lab } from '../../support/lab.js';
import { needPrograms, runProgram } from '../../support/machine.js';
import { makeFifo } from '../../support/special-files.js';
import { noise, runs } from '../../support/seed.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const PIECES = {
  whole_file_bytes: 300_000,
  segment_bytes: MIB,
  least_bytes: 2048,
  average_bytes: 4096,
  most_bytes: 16_384,
};

/** Names that are one inode, as `a=b c` lines; and the space of each file in kibibytes. */
function groups(directory: string): string {
  const names = new Map<number, string[]>();
  const visit = (path: string): void => {
    for (const entry of fs.readdirSync(join(directory, path), { withFileTypes: true })) {
      const name = join(path, entry.name);
      if (entry.isDirectory()) visit(name);
      const { ino, nlink } = fs.lstatSync(join(directory, name));
      if (nlink > 1 && !entry.isDirectory()) names.set(ino, [...(names.get(ino) ?? []), name]);
    }
  };
  visit('');
  return [...names.values()]
    .map((group) => group.sort().join('='))
    .sort()
    .join('\n');
}

const inode = (path: string): number => fs.lstatSync(path).ino;
const blocks = (path: string): number => fs.statSync(path).blocks;

/** `a`, `d/b` and `d/c` are one file; `x` and `y` one link; `p` and `q` one fifo. */
function linkedLab(content: string | Uint8Array = 'one file\n'.repeat(100)): Lab {
  const lab = createLab({ chunking: PIECES });
  lab.write('d/b', content);
  fs.linkSync(lab.path('d/b'), lab.path('a'));
  fs.linkSync(lab.path('d/b'), lab.path('d/c'));
  lab.write('single', content);
  fs.symlinkSync('a', lab.path('x'));
  fs.linkSync(lab.path('x'), lab.path('y'));
  makeFifo(lab.path('p'));
  fs.linkSync(lab.path('p'), lab.path('q'));
  return lab;
}

/** Fails when a program that knows nothing of Varve sees a difference, hard links included. */
function expectSameTree(left: string, right: string): void {
  expect(groups(right)).toBe(groups(left));
  const out = runProgram('rsync', ['-aHSni', '--checksum', '--delete', `${left}/`, `${right}/`]);
  expect(out).toBe('');
}

describe.each([
  ['small', 'one file\n'.repeat(100)],
  ['large', noise(400_000, 1)],
  ['empty', ''],
])('hard links of a %s file', (_, content) => {
  test('are restored as links, and written once', async () => {
    const lab = linkedLab(content);
    await lab.backup();
    const to = lab.newTarget();
    const result = await lab.restore(1, { to });
    expect(result).toMatchObject({ issues: [], files: 4, symlinks: 2, specials: 2 });
    expect(result.bytesWritten).toBe(2 * content.length);
    expectSameTree(lab.source, to);
  });

  test('in part: the first name that is restored becomes the file', async () => {
    const lab = linkedLab(content);
    await lab.backup();
    const to = lab.newTarget();
    expect((await lab.restore(1, { to, paths: [lab.path('d')] })).issues).toEqual([]);
    expect(groups(to)).toBe('d/b=d/c');
    const alone = lab.newTarget();
    await lab.restore(1, { to: alone, paths: [lab.path('d/c')] });
    expect(fs.statSync(join(alone, 'c')).nlink).toBe(1);
    expect(fs.readFileSync(join(alone, 'c'))).toEqual(Buffer.from(content));
  });

  test('in place: nothing is written when nothing differs, and links are made where they lack', async () => {
    const lab = linkedLab(content);
    await lab.backup();
    const to = lab.newTarget();
    await lab.restore(1, { to });
    const again = await lab.restore(1, { to, inPlace: {} });
    expect(again).toMatchObject({ issues: [], filesUnchanged: 4, bytesWritten: 0 });
    fs.copyFileSync(join(to, 'd/c'), join(to, 'copy'));
    fs.renameSync(join(to, 'copy'), join(to, 'd/c'));
    fs.rmSync(join(to, 'y'));
    const dry = await lab.restore(1, { to, inPlace: {}, isDryRun: true });
    expect(dry.issues).toEqual([]);
    expect(fs.existsSync(join(to, 'y'))).toBe(false);
    expect((await lab.restore(1, { to, inPlace: {}, verifies: true })).issues).toEqual([]);
    expectSameTree(lab.source, to);
  });
});

describe('hard links that cannot be made', () => {
  /** A target on which `link` fails for some names. */
  function linkFails(lab: Lab, code: string, fails: (name: string) => boolean): void {
    lab.useFiles(
      filesWithAt((real: AtCalls) => ({
        link(directory, name, toDirectory, toName) {
          if (fails(toName)) throw systemError(code);
          real.link(directory, name, toDirectory, toName);
        },
      })),
    );
  }

  test.each(['EPERM', 'EMLINK', 'EXDEV', 'EOPNOTSUPP'])('(%s) become files', async (code) => {
    const lab = linkedLab();
    await lab.backup();
    linkFails(lab, code, () => true);
    const to = lab.newTarget();
    const { issues, files } = await lab.restore(1, { to });
    expect({ issues, files }).toEqual({ issues: [], files: 4 });
    expect(groups(to)).toBe('');
    for (const name of ['a', 'd/b', 'd/c']) {
      expect(fs.readFileSync(join(to, name))).toEqual(fs.readFileSync(lab.path(name)));
    }
  });

  test('go on from a file of its own when there are too many', async () => {
    const lab = linkedLab();
    await lab.backup();
    let links = 0;
    linkFails(lab, 'EMLINK', (name) => ['b', 'c'].includes(name) && ++links <= 3);
    const to = lab.newTarget();
    await lab.restore(1, { to });
    expect(fs.statSync(join(to, 'a')).nlink).toBe(1);
    expect(inode(join(to, 'd/b'))).toBe(inode(join(to, 'd/c')));
  });
});

test('when the first name cannot be restored, the next one is the file', async () => {
  const lab = linkedLab();
  await lab.backup();
  lab.useFiles(
    filesWithAt((real: AtCalls) => ({
      open(directory, name, mode) {
        if (name === 'a' && mode === 'create-file') throw systemError('EACCES');
        return real.open(directory, name, mode);
      },
    })),
  );
  const to = lab.newTarget();
  const { issues } = await lab.restore(1, { to });
  expect(issues.map(({ path, code }) => [path, code])).toEqual([['a', 'NOT_RESTORED']]);
  expect(groups(to)).toBe('d/b=d/c\np=q\nx=y');
});

test('when the content is damaged, every name says so', async () => {
  const lab = linkedLab(noise(5000, 1));
  await lab.backup();
  flipByte(join(lab.packs, '00000001.pack'), 2000);
  const to = lab.newTarget();
  const { issues } = await lab.restore(1, { to });
  expect(issues.map(({ code }) => code)).toEqual(['DAMAGED', 'DAMAGED', 'DAMAGED', 'DAMAGED']);
});

test('a name that kept an older state is not made a link of the newer one', async () => {
  const lab = linkedLab();
  await lab.backup();
  fs.appendFileSync(lab.path('a'), 'more');
  lab.useFiles(
    filesWithAt((real: AtCalls) => ({
      open(directory, path, mode) {
        if (path.endsWith('/a') && mode === 'read-file') throw systemError('EACCES');
        return real.open(directory, path, mode);
      },
    })),
  );
  await lab.backup();
  lab.useRealFiles();
  const to = lab.newTarget();
  expect((await lab.restore(2, { to })).issues).toEqual([]);
  expect(groups(to)).toContain('d/b=d/c');
  expect(fs.readFileSync(join(to, 'a'), 'utf8')).toBe('one file\n'.repeat(100));
  expect(fs.readFileSync(join(to, 'd/b'), 'utf8')).toBe(`${'one file\n'.repeat(100)}more`);
});

test('devices that may not be made are told once', async () => {
  const lab = linkedLab();
  await lab.backup();
  lab.useFiles(
    filesWithAt(() => ({
      makeSpecial() {
        throw systemError('EPERM');
      },
    })),
  );
  const { issues, specials } = await lab.restore(1, { to: lab.newTarget() });
  expect(specials).toBe(0);
  expect(issues).toEqual([
    {
      path: 'p',
      code: 'SPECIAL_NOT_RESTORED',
      message:
        'Special files not created (EPERM): 2; only the superuser can create devices. The first is p.',
    },
  ]);
});

/** Stretches of data and holes, in quarters of a page. */
const layout = fc.array(
  fc.record({
    kind: fc.constantFrom('data', 'zeros', 'hole'),
    quarters: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 100, max: 500 })),
  }),
  { minLength: 1, maxLength: 6 },
);
type Layout = readonly { readonly kind: string; readonly quarters: number }[];
const DATA = noise(500 * KIB, 5);

function writeLayout(path: string, plan: Layout): void {
  const descriptor = fs.openSync(path, 'w');
  let offset = 0;
  for (const { kind, quarters } of plan) {
    const length = quarters * KIB;
    const bytes = kind === 'data' ? DATA.subarray(0, length) : Buffer.alloc(length);
    if (kind !== 'hole') fs.writeSync(descriptor, bytes, 0, length, offset);
    offset += length;
  }
  fs.ftruncateSync(descriptor, offset);
  fs.closeSync(descriptor);
}

test('a sparse file takes the space of its data, a dense one all of its length', async () => {
  needPrograms('cmp');
  await fc.assert(
    fc.asyncProperty(layout, layout, async (plan, other) => {
      const lab = createLab({ chunking: PIECES });
      writeLayout(lab.path('file'), plan);
      // The pages that hold anything else than zeros.
      writeLayout(
        lab.path('model'),
        plan.map((part) => ({ ...part, kind: part.kind === 'data' ? 'data' : 'hole' })),
      );
      await lab.backup();
      const [row] = queryIndex<{ flags: number }>(
        lab.repository,
        "SELECT v.flags FROM version v JOIN path p ON p.id = v.path WHERE p.name = CAST('file' AS BLOB)",
      );
      const isSparse = (row!.flags & VersionFlag.sparse) !== 0;
      expect(isSparse).toBe(blocks(lab.path('file')) * 512 < fs.statSync(lab.path('file')).size);
      const expected = blocks(lab.path(isSparse ? 'model' : 'file'));
      const to = lab.newTarget();
      await lab.restore(1, { to });
      runProgram('cmp', [lab.path('file'), join(to, 'file')]);
      expect(blocks(join(to, 'file'))).toBe(expected);
      // Onto another one.
      writeLayout(join(to, 'file'), other);
      fs.utimesSync(join(to, 'file'), 1, 1);
      expect((await lab.restore(1, { to, inPlace: {}, verifies: true })).issues).toEqual([]);
      runProgram('cmp', [lab.path('file'), join(to, 'file')]);
    }),
    runs(15),
  );
});
