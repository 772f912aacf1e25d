import * as fs from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { OverwriteRule } from '../../../src/repo/operations/restore/decide.js';
import { deadFrom, faultyFiles, systemError } from '../../support/faulty-files.js';
import { createLab, SMALL_PIECES, type Lab } from '../../support/lab.js';
import { noise, prose } from '../../support/seed.js';
import { readTree, type Tree, type TreeNode } from '../../support/tree.js';

const LARGE = noise(20_000, 1);
const PATCHED = Buffer.from(LARGE);
for (const at of [3, 9000, 18_333]) PATCHED[at] = PATCHED[at]! ^ 1;

/** A repository with a tree of every type. */
async function prepare(): Promise<{ lab: Lab; wanted: Tree }> {
  const lab = createLab({ chunking: SMALL_PIECES });
  for (const name of ['large', 'rotten', 'cut', 'new-large', 'd/over-link']) lab.write(name, LARGE);
  for (const name of ['text', 'new', 'd/e/deep']) lab.write(name, prose(3, 1));
  lab.write('was-directory', 'x');
  lab.write('was-file/inner', 'y');
  lab.write('empty', '');
  fs.symlinkSync('right', lab.path('link'));
  for (const name of readTree(lab.source).keys()) {
    if (name !== '') fs.lutimesSync(lab.path(name), 1_000_000_000, 1_000_000_000);
  }
  await lab.backup();
  return { lab, wanted: readTree(lab.source) };
}

/** What is restored onto. */
function writeTarget(to: string): void {
  fs.rmSync(to, { recursive: true, force: true });
  fs.mkdirSync(`${to}/was-directory/extra`, { recursive: true });
  fs.mkdirSync(`${to}/d/extra`, { recursive: true });
  fs.writeFileSync(`${to}/large`, PATCHED);
  fs.writeFileSync(`${to}/rotten`, PATCHED);
  fs.lutimesSync(`${to}/rotten`, 1_000_000_000, 1_000_000_000);
  fs.writeFileSync(`${to}/cut`, Buffer.concat([PATCHED, noise(5000, 2)]));
  fs.writeFileSync(`${to}/text`, prose(3, 2));
  fs.writeFileSync(`${to}/empty`, 'not');
  fs.writeFileSync(`${to}/was-file`, 'file');
  fs.writeFileSync(`${to}/d/extra/file`, 'mine');
  fs.symlinkSync('wrong', `${to}/link`);
  fs.symlinkSync('../large', `${to}/d/over-link`);
}

/** Whether a restore that goes by size and time would take `node` for `wanted`. */
function looksFinished(node: TreeNode, wanted: TreeNode): boolean {
  return (
    node.type === 'file' &&
    wanted.type === 'file' &&
    node.mtimeNs === wanted.mtimeNs &&
    node.content.length === wanted.content.length
  );
}

const RULES = ['always', 'if-changed', 'if-newer'] as const satisfies OverwriteRule[];
/** Every change of the one, and a part of the changes of those that make the same. */
const STEP = { always: 1, 'if-changed': 5, 'if-newer': 5 };
/** A directory where a file belongs, which `if-newer` leaves. */
const DIRECTORY = ['was-directory', 'was-directory/extra'];

function without(tree: Tree, paths: readonly string[]): Tree {
  return new Map([...tree].filter(([path]) => !paths.includes(path)));
}

describe('a restore in place that dies at its n-th change', () => {
  test.each(RULES)('with --overwrite %s, is finished by the next one', async (overwrite) => {
    const { lab, wanted } = await prepare();
    const to = lab.newTarget();
    const inPlace = { overwrite, deletes: 'always' } as const;
    // What is newer than its version stays so.
    const age = (): void => {
      if (overwrite !== 'if-newer') return;
      for (const path of readTree(to).keys()) fs.lutimesSync(`${to}/${path}`, 5, 5);
    };
    const left = { always: [], 'if-changed': ['rotten'], 'if-newer': ['rotten', ...DIRECTORY] };
    let calls = 0;
    for (let position = 1, wasHit = true; wasHit; position += STEP[overwrite]) {
      writeTarget(to);
      age();
      const before = readTree(to);
      const dead = deadFrom(position, (position % 3) * 1000);
      lab.useFiles(dead.files);
      await lab.restoreInPlace(1, inPlace, { to }).catch(() => undefined);
      lab.useRealFiles();
      wasHit = dead.wasHit();
      const label = `${overwrite}, change ${position}`;
      for (const [path, node] of readTree(to)) {
        const right = wanted.get(path);
        if (!right || node.mtimeNs === before.get(path)?.mtimeNs) continue;
        if (looksFinished(node, right))
          expect(node.content, `${label}: ${path}`).toBe(right.content);
      }
      const { issues } = await lab.restoreInPlace(1, inPlace, { to });
      expect(issues, label).toEqual([]);
      expect(without(readTree(to), left[overwrite]), label).toEqual(
        without(wanted, left[overwrite]),
      );
      calls = position;
    }
    expect(calls).toBeGreaterThan(40);
  });
});

describe('a file whose size and time are right and whose bytes are not', () => {
  test('has another time, durable, before its first byte is written', async () => {
    const { lab } = await prepare();
    const to = lab.newTarget();
    writeTarget(to);
    const calls: string[] = [];
    lab.useFiles(
      faultyFiles(({ name, bytes }) => {
        calls.push(name === 'write' ? `write ${bytes!.length}` : name);
        return undefined;
      }),
    );
    await lab.restoreInPlace(1, { overwrite: 'always' }, { to, rules: onlyRotten(lab) });
    expect(calls).toEqual([
      'make',
      'set-metadata',
      'sync',
      ...Array<string>(3).fill(expect.stringMatching(/^write \d+$/) as string),
      'sync',
      'set-metadata',
      'set-metadata',
      'set-metadata',
      ...calls.slice(10),
    ]);
    expect(fs.readFileSync(`${to}/rotten`)).toEqual(LARGE);
  });
});

function onlyRotten(lab: Lab) {
  return [
    { type: 'exclude', pattern: `${lab.source}/*` },
    { type: 'include', pattern: `${lab.source}/rotten` },
  ] as const;
}

describe('errors of the disk', () => {
  test('no space at any write is DISK_FULL, and once there is some, the next one finishes', async () => {
    const { lab, wanted } = await prepare();
    const to = lab.newTarget();
    writeTarget(to);
    let writes = 0;
    for (let nth = 1, wasHit = true; wasHit; nth += 1) {
      writes = 0;
      lab.useFiles(
        faultyFiles(({ name }) => {
          if (name !== 'write' && name !== 'make') return undefined;
          if (++writes < nth) return undefined;
          return { type: 'tear', lengthBytes: 10, error: systemError('ENOSPC') };
        }),
      );
      const restored = lab.restoreInPlace(1, { overwrite: 'always', deletes: 'always' }, { to });
      wasHit = await restored.then(
        () => false,
        (error: unknown) => {
          expect(error, `write ${nth}`).toMatchObject({ code: 'DISK_FULL' });
          return true;
        },
      );
    }
    lab.useRealFiles();
    expect(readTree(to)).toEqual(wanted);
  });

  test('a file that cannot be written costs itself, its temporary name goes, nothing is deleted', async () => {
    const { lab } = await prepare();
    const to = lab.newTarget();
    writeTarget(to);
    lab.useFiles(
      faultyFiles(({ name, bytes }) =>
        name === 'write' && bytes?.length === prose(3, 1).length
          ? { type: 'tear', lengthBytes: 3, error: systemError('EIO') }
          : undefined,
      ),
    );
    const { issues } = await lab.restoreInPlace(1, { deletes: 'always' }, { to });
    lab.useRealFiles();
    expect(issues.map(({ path, code }) => `${code} ${path}`).sort()).toEqual([
      'NOT_DELETED ',
      'NOT_RESTORED d/e/deep',
      'NOT_RESTORED new',
      'NOT_RESTORED text',
    ]);
    expect(fs.readFileSync(`${to}/text`)).toEqual(prose(3, 2));
    expect(fs.readFileSync(`${to}/d/extra/file`, 'utf8')).toBe('mine');
    expect([...readTree(to).keys()].filter((path) => path.includes('.varve-restore'))).toEqual([]);
  });

  test('what the disk does not keep is found by --verify', async () => {
    const { lab } = await prepare();
    const real = lab.platform.files;
    lab.useFiles({
      ...real,
      write: (descriptor, bytes, position) => {
        const kept = Buffer.from(bytes);
        if (bytes.length === 1) kept[0] = kept[0]! ^ 0x80;
        real.write(descriptor, kept, position);
      },
    });
    const { issues } = await lab.restore(1, { verifies: true });
    expect(issues).toHaveLength(2);
    for (const path of ['was-directory', 'was-file/inner']) {
      const message = `${path} differs from what was restored when it is read back.`;
      expect(issues).toContainEqual({ path, code: 'READ_BACK_DIFFERS', message });
    }
  });
});
