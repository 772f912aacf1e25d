#!/usr/bin/env node
/** The program `varve-rdiff`: librsync's `rdiff`, for scripts that call one word. */
import { launch } from '../launch.js';

await launch('varve-rdiff', async () => {
  const { runRdiff } = await import('./run.js');
  process.exitCode = await runRdiff(process.argv.slice(2));
});
