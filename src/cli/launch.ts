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
    return start();
  }
  process.exitCode = 1;
  const { code, message, hint } = missing;
  if (process.argv.includes('--json')) {
    process.stdout.write(`${JSON.stringify({ error: { code, message, hint } })}\n`);
  } else {
    process.stderr.write(`${program}: ${message}\n${hint}\n`);
  }
}
