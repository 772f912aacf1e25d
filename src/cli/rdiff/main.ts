#!/usr/bin/env node
/** The program `varve-rdiff`: librsync's `rdiff`, for scripts that call one word. */
import { runRdiff } from './run.js';

process.exitCode = await runRdiff(process.argv.slice(2));
