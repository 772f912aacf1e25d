/**
 * What comes before a program's own code: a look at the machine, and the cache of compiled code. It must
 * load on every Node that it turns away, so it imports no other part of Varve.
 */
import { keepCompiledCode } from '../platform/compile-cache.js';
import { missingRequirement } from '../platform/requirements.js';
import { cacheHome } from './cache-directory.js';

/**
 * Runs `start`, which loads the program, if this machine has what Varve needs. Compiled code is kept in
 * the user's own cache, not in the shared temporary directory that Node would take.
 */
export async function launch(program: string, start: () => Promise<void>): Promise<void> {
  const missing = missingRequirement(process.versions.node, process.platform);
  if (missing === undefined) {
    const cache = cacheHome(process.env);
    // Under sudo the home may be another user's, who could then not write what root made there. Node takes
    // the directory as text only, in which U+FFFD may stand for bytes that are not UTF-8.
    const isText = cache?.includes('\ufffd') === false;
    if (cache !== undefined && isText && process.env['SUDO_UID'] === undefined) {
      keepCompiledCode([cache, `${cache}/varve`, `${cache}/varve/compiled`]);
    }
    return start().catch((error: unknown) => {
      if (!saysTooManyFiles(error)) throw error;
      complain(program, TOO_MANY_FILES);
    });
  }
  complain(program, missing);
}

/** Even the program's own files cannot be opened; `refusals.ts`, which says it later, may be one of them. */
const TOO_MANY_FILES = {
  code: 'OPEN_FILES_LIMIT',
  message: 'No more files may be opened.',
  hint: 'Raise the limit with `ulimit -n 1024`, then run the command again.',
};

function saysTooManyFiles(error: unknown): boolean {
  return error instanceof Error && /\bEMFILE\b|too many open files/i.test(error.message);
}

function complain(
  program: string,
  {
    code,
    message,
    hint,
  }: { readonly code: string; readonly message: string; readonly hint: string },
): void {
  process.exitCode = 1;
  if (process.argv.includes('--json')) {
    process.stdout.write(`${JSON.stringify({ error: { code, message, hint } })}\n`);
  } else {
    process.stderr.write(`${program}: ${message}\n${hint}\n`);
  }
}
