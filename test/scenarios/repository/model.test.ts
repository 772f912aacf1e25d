import * as fs from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectInvariants, logicalIndex } from '../../support/index-facts.js';
import { createLab, SMALL_PIECES, type Lab } from '../../support/lab.js';
import { isSuperuser, needPrograms, runProgram } from '../../support/machine.js';
import { noise, prose, runs } from '../../support/seed.js';
import { bytes, readTree, type Tree } from '../../support/tree.js';

/** What may be in a name: not UTF-8, a newline, escapes, as long as can be. */
const NAMES = [
  'a.txt',
  'b.txt',
  'data.bin',
  'caf\xe9',
  'new\nline',
  '\x1b[31m',
  '-rf',
  ' ',
  'x'.repeat(255),
  '\xff\xfe',
];
/** Only root reads a file whose mode is 0. */
const MODES = [0o600, 0o4755, 0o444, isSuperuser ? 0 : 0o400];
const DIRECTORIES = ['', 'd', 'd/deep', '\xc3('];

/** The state of a source in memory: what the operations below do to it and to the disk alike. */
type Model = Map<string, ModelNode>;
type ModelNode =
  | { readonly type: 'file'; readonly content: Buffer; readonly mode: number }
  | { readonly type: 'symlink'; readonly target: string }
  | { readonly type: 'directory' };

interface Step {
  readonly kind: (typeof KINDS)[number];
  readonly directory: number;
  readonly name: number;
  readonly other: number;
  readonly seed: number;
}

const KINDS = [
  'create',
  'create-large',
  'overwrite',
  'insert',
  'append',
  'truncate',
  'delete',
  'rename',
  'rename-edit',
  'chmod',
  'symlink',
  'to-directory',
  'copy',
  'restore-old',
] as const;

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(...KINDS),
  directory: fc.nat(DIRECTORIES.length - 1),
  name: fc.nat(NAMES.length - 1),
  other: fc.nat(NAMES.length - 1),
  seed: fc.nat(50),
});

const join = (directory: string, name: string) =>
  directory === '' ? name : `${directory}/${name}`;

/** The steps as changes of the model; the disk follows in {@link writeModel}. */
class World {
  readonly model: Model = new Map();
  private readonly older: Buffer[] = [];

  apply({ kind, directory, name, other, seed }: Step): void {
    const path = join(DIRECTORIES[directory]!, NAMES[name]!);
    const node = this.model.get(path);
    const content = node?.type === 'file' ? node.content : undefined;
    const half = Math.floor((content?.length ?? 0) / 2);
    switch (kind) {
      case 'create':
        this.file(path, prose(1 + seed, seed));
        return;
      case 'create-large':
        this.file(path, Buffer.concat([noise(7000 + 300 * seed, seed), prose(60, seed)]));
        return;
      case 'overwrite':
        this.file(path, noise(40 * seed, seed));
        return;
      case 'insert':
        if (!content) return;
        this.file(
          path,
          Buffer.concat([content.subarray(0, half), prose(2, seed), content.subarray(half)]),
        );
        return;
      case 'append':
        if (!content) return;
        this.file(path, Buffer.concat([content, prose(3, seed)]));
        return;
      case 'truncate':
        if (!content) return;
        this.file(path, content.subarray(0, half));
        return;
      case 'delete':
        this.remove(path);
        return;
      case 'rename':
      case 'rename-edit': {
        if (!content) return;
        const edited = kind === 'rename' ? content : Buffer.concat([content, prose(1, seed)]);
        this.remove(path);
        this.file(join(DIRECTORIES[seed % DIRECTORIES.length]!, NAMES[other]!), edited);
        return;
      }
      case 'chmod':
        if (!content) return;
        this.model.set(path, { type: 'file', content, mode: MODES[seed % 4]! });
        return;
      case 'symlink':
        this.remove(path);
        this.parents(path);
        this.model.set(path, {
          type: 'symlink',
          target: ['nowhere', '/etc', '..', '\xe9'][seed % 4]!,
        });
        return;
      case 'to-directory':
        this.remove(path);
        this.parents(path);
        this.model.set(path, { type: 'directory' });
        if (name < 8) this.file(join(path, NAMES[other]!), prose(5, seed));
        return;
      case 'copy':
        if (content) this.file(join('copies', NAMES[other]!), content);
        return;
      case 'restore-old': {
        const old = this.older[seed % Math.max(1, this.older.length)];
        if (old) this.file(path, old);
      }
    }
  }

  private file(path: string, content: Buffer): void {
    if (this.model.get(path)?.type !== 'file') this.remove(path);
    this.parents(path);
    this.older.push(content);
    this.model.set(path, { type: 'file', content, mode: 0o644 });
  }

  private remove(path: string): void {
    for (const found of [...this.model.keys()]) {
      if (found === path || found.startsWith(`${path}/`)) this.model.delete(found);
    }
  }

  private parents(path: string): void {
    const names = path.split('/').slice(0, -1);
    names.forEach((_, index) => {
      const parent = names.slice(0, index + 1).join('/');
      if (this.model.get(parent)?.type !== 'directory') {
        this.remove(parent);
        this.model.set(parent, { type: 'directory' });
      }
    });
  }
}

/** Makes the directory what the model says, touching only what differs. */
function writeModel(lab: Lab, model: Model): void {
  const at = (path: string): Buffer => bytes(`${lab.bytes()}/${path}`);
  const present = readTree(lab.source);
  for (const path of [...present.keys()].reverse()) {
    const wanted = model.get(path);
    if (path === '' || wanted?.type === present.get(path)!.type) continue;
    fs.rmSync(at(path), { recursive: true });
  }
  for (const [path, node] of [...model].sort(([left], [right]) => (left < right ? -1 : 1))) {
    const before = fs.lstatSync(at(path), { throwIfNoEntry: false });
    if (node.type === 'directory') {
      if (!before) fs.mkdirSync(at(path));
    } else if (node.type === 'symlink') {
      if (before) fs.rmSync(at(path));
      fs.symlinkSync(bytes(node.target), at(path));
    } else if (before && fs.readFileSync(at(path)).equals(node.content)) {
      fs.chmodSync(at(path), node.mode);
    } else {
      if (before) fs.chmodSync(at(path), 0o600);
      fs.writeFileSync(at(path), node.content);
      fs.chmodSync(at(path), node.mode);
    }
  }
}

/** Type, bytes and permissions of everything but directories' permissions. */
function modelOf(tree: Tree): Record<string, string> {
  const facts = [...tree]
    .filter(([path]) => path !== '')
    .map(([path, { type, mode, content }]) => [
      path,
      type === 'directory' ? type : `${type} ${type === 'file' ? mode : ''} ${content}`,
    ]);
  return Object.fromEntries(facts) as Record<string, string>;
}

function factsOf(model: Model): Record<string, string> {
  const describe = (node: ModelNode): string => {
    if (node.type === 'directory') return 'directory';
    if (node.type === 'symlink') return `symlink  ${node.target}`;
    return `file ${node.mode} ${node.content.toString('latin1')}`;
  };
  return Object.fromEntries([...model].map(([path, node]) => [path, describe(node)]));
}

async function expectSnapshots(
  lab: Lab,
  states: ReadonlyMap<number, { facts: object; tree: Tree }>,
) {
  for (const [number, { facts, tree }] of states) {
    const restored = await lab.treeAt(number);
    expect(modelOf(restored), `snapshot ${number}`).toEqual(facts);
    expect(restored, `metadata of snapshot ${number}`).toEqual(tree);
  }
}

test('every snapshot restores exactly, through prune and a new index, whatever was done to the source', async () => {
  needPrograms('diff');
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(step, { minLength: 1, maxLength: 8 }), { minLength: 4, maxLength: 9 }),
      fc.array(fc.boolean(), { minLength: 9, maxLength: 9 }),
      async (rounds, keeps) => {
        const lab = createLab({ chunking: SMALL_PIECES });
        const world = new World();
        const states = new Map<number, { facts: object; tree: Tree }>();
        for (const [round, steps] of rounds.entries()) {
          for (const next of steps) world.apply(next);
          writeModel(lab, world.model);
          const tree = readTree(lab.source);
          expect(modelOf(tree)).toEqual(factsOf(world.model));
          if (round % 3 === 1) lab.runAhead();
          const { snapshot, issues } = await lab.backup({ tags: keeps[round] ? ['keep'] : [] });
          expect(issues).toEqual([]);
          states.set(snapshot!, { facts: factsOf(world.model), tree });
          await lab.expectSound();
          expectInvariants(lab.repository);
        }
        await expectSnapshots(lab, states);

        const newest = lab.newTarget();
        await lab.restore(rounds.length, { to: newest });
        runProgram('diff', ['-r', '--no-dereference', lab.source, newest]);

        const { kept } = await lab.prune({ keepTags: [['keep']] });
        const wanted = rounds
          .map((_, round) => round + 1)
          .filter((number) => number === rounds.length || keeps[number - 1]);
        expect(kept.map(({ number }) => number)).toEqual(wanted);
        for (const number of states.keys()) if (!wanted.includes(number)) states.delete(number);
        await lab.expectSound();
        expectInvariants(lab.repository);
        await expectSnapshots(lab, states);

        const before = logicalIndex(lab.repository);
        expect(await lab.rebuild()).toMatchObject({
          lost: 0,
          damage: [],
          snapshots: wanted.length,
        });
        expect(logicalIndex(lab.repository)).toEqual(before);
        await lab.expectSound();
        expectInvariants(lab.repository);
        await expectSnapshots(lab, states);

        world.apply({ kind: 'create', directory: 1, name: 0, other: 0, seed: 9 });
        writeModel(lab, world.model);
        const { snapshot } = await lab.backup();
        states.set(snapshot!, { facts: factsOf(world.model), tree: readTree(lab.source) });
        await lab.expectSound();
        expectInvariants(lab.repository);
        await expectSnapshots(lab, states);
      },
    ),
    runs(8),
  );
});
