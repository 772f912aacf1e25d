/** What programs that are not Varve say of a tree, so that two trees can be compared by their word. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { onTestFinished } from 'vitest';
import { needPrograms, runProgram, type UserOptions } from './machine.js';

/** What the oracle and the tree of {@link growOddTree} are made with. */
const TOOLS = [
  'bash',
  'chattr',
  'find',
  'getfacl',
  'getfattr',
  'lsattr',
  'rsync',
  'setfacl',
  'setfattr',
];

/** Skips the test that calls this, with the reason, where a program of the oracle is missing. */
export function needOracle(): void {
  needPrograms(...TOOLS);
}

/** A program, one byte a character in what it takes and gives. @throws Error when it fails */
export function run(command: string, args: readonly string[], options: RunOptions = {}): string {
  return runProgram(command, args, {
    encoding: 'latin1',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
    ...options,
  });
}

/** Where and as whom a program runs. */
type RunOptions = UserOptions & { readonly cwd?: string };

/** Fills the directory `root` with everything that `user` may make; see `odd-tree.sh`. */
export function growOddTree(root: string, user: UserOptions = {}): void {
  removeWithLocks(root);
  // The text is handed over, since not every user may read the file.
  const script = fs.readFileSync(new URL('odd-tree.sh', import.meta.url), 'utf8');
  run('bash', ['-c', script, 'odd-tree.sh', root], { ...user, cwd: '/' });
}

/** Immutable files would outlive the test. To be called for every directory that may hold some. */
export function removeWithLocks(root: string): void {
  onTestFinished(() => {
    spawnSync('chattr', ['-R', '-f', '-i', '-a', root]);
    spawnSync('chmod', ['-R', 'u+rwX', root]);
    fs.rmSync(root, { recursive: true, force: true });
  });
}

/** What there is to compare of a tree beside the bytes of its files. */
export interface Description {
  /** Path, time, mode, owner, links, size, type, target; of a directory neither links nor size. */
  readonly nodes: readonly string[];
  /** The paths that lead to one inode, for each that has several. */
  readonly groups: readonly string[];
  /** Path and blocks of the files below `holes`. */
  readonly blocks: string;
  readonly xattrs: string;
  readonly acls: string;
  readonly flags: readonly string[];
}

export function describeTree(root: string): Description {
  const common = String.raw`%P %T+ %m %U %G %y`;
  const nodes = run('find', [
    '.',
    ...['-type', 'd', '-printf', String.raw`${common}\0`, '-o'],
    ...['-printf', String.raw`${common} %n %s %l\0`],
  ].flat(), { cwd: root }); // prettier-ignore
  const sorted = (test: string, command: string): string =>
    run('sh', ['-c', `find . ${test} -print0 | sort -z | xargs -0 ${command}`], { cwd: root });
  return {
    nodes: nodes.split('\0').sort(),
    groups: groupsOf(
      run('find', ['.', '!', '-type', 'd', '-links', '+1', '-printf', String.raw`%i %P\0`], {
        cwd: root,
      }),
    ),
    blocks: sorted("-path './holes/*'", 'stat -c "%n %b"'),
    xattrs: sorted('', 'getfattr -h -d -m - -e hex --'),
    acls: sorted('! -type l', 'getfacl -n --'),
    flags: run('lsattr', ['-aR', '.'], { cwd: root }).split('\n').map(settable).sort(),
  };
}

/** From `inode path` of each name. */
function groupsOf(names: string): string[] {
  const groups = new Map<string, string[]>();
  for (const line of names.split('\0').filter(Boolean)) {
    const [inode = '', ...path] = line.split(' ');
    groups.set(inode, [...(groups.get(inode) ?? []), path.join(' ')]);
  }
  return [...groups.values()].map((paths) => paths.sort().join(' = ')).sort();
}

/** Without the flags that say how the file system keeps a file: extents, indexes, inline data. */
function settable(line: string): string {
  const [flags = '', ...path] = line.split(' ');
  return path.length === 0 ? line : [flags.replace(/[eEIN]/g, '-'), ...path].join(' ');
}

/** What rsync would change to make `copy` as `original`, contents and all; empty: nothing. */
export function rsyncDifferences(original: string, copy: string): string {
  const compare = ['-aHAXSni', '--checksum', '--delete', '--modify-window=-1'];
  return run('rsync', [...compare, `${original}/`, `${copy}/`]);
}
