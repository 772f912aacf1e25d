#!/usr/bin/env node
/** The program `varve`. */
import { launch } from './launch.js';

await launch('varve', async () => {
  const { runVarve } = await import('./varve.js');
  await runVarve();
});
