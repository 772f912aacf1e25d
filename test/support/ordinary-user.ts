/** Varve run by an ordinary user: by who runs the tests, or by nobody where that is root. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { canExecuteIn, places } from './directory.js';
import { builtProgram, install, MAIN, openToAll } from './installation.js';
import { canChangeUser, isSuperuser, ORDINARY_USER, skip, type UserOptions } from './machine.js';
import { removeWithLocks } from './oracle.js';

export interface OrdinaryUser {
  /** What a child process needs to run as this user. */
  readonly options: UserOptions;
  /** A new directory of this user, gone after the test. */
  readonly directory: string;
  /** The words that begin a command line, for who starts it otherwise. */
  readonly program: readonly string[];
  /** The command line, in that directory. */
  readonly varve: (...args: readonly string[]) => Outcome;
  /** The command line as another user, with these bits taken from new files. */
  readonly varveAs: (user: UserOptions, umask: string, ...args: readonly string[]) => Outcome;
}

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Program {
  readonly node: string;
  readonly main: string;
}

/** To be called within a test, which is skipped where no ordinary user can be had. */
export function ordinaryUser(): OrdinaryUser {
  if (isSuperuser && !canChangeUser) skip('users cannot be changed here');
  const options = isSuperuser ? { uid: ORDINARY_USER, gid: ORDINARY_USER } : {};
  const directory = newDirectory();
  if (isSuperuser) fs.chownSync(directory, ORDINARY_USER, ORDINARY_USER);
  const { node, main } = reachableProgram(options);
  return {
    options,
    directory,
    program: [node, main],
    varve: (...args) =>
      spawnSync(node, [main, ...args], { encoding: 'utf8', cwd: directory, ...options }),
    varveAs: (user, umask, ...args) =>
      spawnSync('sh', ['-c', 'umask "$0"; exec "$@"', umask, node, main, ...args], {
        encoding: 'utf8',
        cwd: directory,
        ...user,
      }),
  };
}

/** The program where that user may run it: where it lies, or a copy of it and of Node. */
function reachableProgram(options: UserOptions): Program {
  const built = { node: process.execPath, main: builtProgram };
  if (canRun(built, options)) return built;
  const home = newDirectory();
  const copy = { node: join(home, 'node'), main: join(home, MAIN) };
  install(home);
  fs.copyFileSync(built.node, copy.node);
  openToAll(home);
  if (!canRun(copy, options)) skip('another user cannot run Varve here, nor a copy of it');
  return copy;
}

function canRun({ node, main }: Program, options: UserOptions): boolean {
  return spawnSync(node, [main, '--version'], { cwd: '/', ...options }).status === 0;
}

/** On a disk if possible, where flags of files are most. */
function newDirectory(): string {
  const candidates = [tmpdir(), '/var/tmp', '/tmp', ...places];
  const place = candidates.find(
    (path) => (!isSuperuser || everybodyMayEnter(path)) && canExecuteIn(path),
  );
  if (place === undefined) skip('no directory for another user');
  const directory = fs.mkdtempSync(join(place, 'varve-user-'));
  removeWithLocks(directory);
  return directory;
}

function everybodyMayEnter(directory: string): boolean {
  const { mode } = fs.statSync(directory, { throwIfNoEntry: false }) ?? { mode: 0 };
  if ((mode & 0o001) === 0) return false;
  return directory === '/' || everybodyMayEnter(dirname(directory));
}
