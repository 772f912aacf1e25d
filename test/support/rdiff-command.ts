/** The built program `varve-rdiff`, run as a shell would. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { needPrograms } from './machine.js';

export const RDIFF_PROGRAM = fileURLToPath(
  new URL('../../dist/cli/rdiff/main.js', import.meta.url),
);
if (!existsSync(RDIFF_PROGRAM)) throw new Error('Build first: npm run build');

export interface Outcome {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Runs it with arguments and, where given, standard input. */
export function runRdiffProgram(args: readonly string[], input?: Uint8Array): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [RDIFF_PROGRAM, ...args], {
    input,
    maxBuffer: 2 ** 28,
  });
  return { code: status, stdout, stderr: stderr.toString() };
}

/** Runs a shell script in which `$RDIFF` is the program. */
export function shell(script: string, directory: string): Outcome {
  needPrograms('bash');
  const env = { ...process.env, RDIFF: RDIFF_PROGRAM };
  const { status, stdout, stderr } = spawnSync('bash', ['-c', script], { cwd: directory, env });
  return { code: status, stdout, stderr: stderr.toString() };
}
