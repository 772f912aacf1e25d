#!/usr/bin/env node
/** The program `varve-rdiff`: librsync's `rdiff`, for scripts that call one word. */
import { launch } from '../launch.js';

await launch('varve-rdiff', async () => {
  const [{ runRdiff }, { commandArguments }] = await Promise.all([
    import('./run.js'),
    import('../../platform/process-bytes.js'),
  ]);
  process.exitCode = await runRdiff(commandArguments());
});
