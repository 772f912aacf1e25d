/** What the machine has for the tests: who runs them, which programs there are. */
import {
  execFileSync,
  spawnSync,
  type ExecFileSyncOptionsWithStringEncoding,
} from 'node:child_process';
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { TestRunner } from 'vitest';

/** Root reads every file, and may change owners and users. */
export const isSuperuser = process.getuid?.() === 0;

/** The name of who runs the tests. In a container, a user may be a number only. */
export const userName = nameOfUser();

function nameOfUser(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}

/** Whom the superuser becomes where a test needs an ordinary user: nobody, without rights of a group. */
export const ORDINARY_USER = 65534;

/** Root of a container may have no other users, and then owners cannot be changed either. */
export const canChangeUser = isSuperuser && startsAs(ORDINARY_USER);

function startsAs(user: number): boolean {
  return spawnSync('sh', ['-c', ':'], { uid: user, gid: user, cwd: '/' }).status === 0;
}

/** Whom a child process runs as; its parent's user where nothing is said. */
export interface UserOptions {
  readonly uid?: number;
  readonly gid?: number;
}

const found = new Map<string, boolean>();

/** Those of the programs that cannot be run here. */
export function missingPrograms(...names: readonly string[]): string[] {
  return names.filter((name) => {
    if (!found.has(name)) found.set(name, canRun(name));
    return !found.get(name);
  });
}

/** Some programs do not know `--version`; what matters is that they start. */
function canRun(name: string): boolean {
  const { error, status } = spawnSync(name, ['--version'], { stdio: 'ignore', timeout: 20_000 });
  // With 127 a wrapper says that there is no such program behind it.
  return error === undefined && status !== 127;
}

/** Skips the test that calls this, with the reason in the report, where a program is missing. */
export function needPrograms(...names: readonly string[]): void {
  const missing = missingPrograms(...names);
  if (missing.length > 0) skip(`not installed: ${missing.join(', ')}`);
}

/** Skips the test that calls this. @throws Error outside of a test */
export function skip(reason: string): never {
  const test = TestRunner.getCurrentTest();
  if (test === undefined) throw new Error(reason);
  return test.context.skip(reason);
}

/** As of `execFileSync`. */
type ProgramOptions = Partial<ExecFileSyncOptionsWithStringEncoding>;

/**
 * What a program writes to its standard output; its complaints go where ours go. The test is skipped
 * where the program is not installed. @throws Error when it fails
 */
export function runProgram(
  name: string,
  args: readonly string[],
  options: ProgramOptions = {},
): string {
  needPrograms(name);
  return execFileSync(name, args, { encoding: 'utf8', maxBuffer: 2 ** 28, ...options });
}

/** Whether a process has a handler for SIGHUP (signal 1) by now. Node has one for SIGTERM from its start. */
export function catchesHangup(pid: number | undefined): boolean {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const caught = BigInt(`0x${/^SigCgt:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  return (caught & 1n) === 1n;
}
