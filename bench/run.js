/**
 * `npm run bench`: varve and its peers, in turn, on the same data. `--help` says how.
 *
 * Exit codes: 0 measured (whether or not the goals are met), 1 failed, 2 wrong usage.
 *
 * @module
 */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { firstLine, stopRunning, TIME_PROGRAM } from './store/command.js';
import { benchHistory } from './store/history.js';
import { readOperations } from './store/judge.js';
import { describeMachine } from './store/machine.js';
import { benchManyFiles } from './store/many-files.js';
import { benchOneImage } from './store/one-image.js';
import { readOptions, USAGE, UsageError } from './store/options.js';
import { buildReport, toMarkdown } from './store/report.js';
import { collectSamples } from './store/samples.js';
import { benchSevenReleases } from './store/seven-releases.js';
import { findTools } from './store/tools.js';
import { openWorkspace, remove } from './store/workspace.js';

/** @type {Record<string, (bench: import('./store/session.js').Bench) => Promise<Record<string, unknown>>>} */
const CORPORA = {
  a: benchManyFiles,
  b: benchSevenReleases,
  c: benchOneImage,
  h: benchHistory,
};

/** Programs that the benchmark itself cannot do without. */
const HELPERS = ['rsync', 'zstd', 'diff', 'du', 'tar', 'find'];

/** @param {import('./store/options.js').Options} options */
async function bench(options) {
  await requireHelpers();
  const { tools, versions, notes } = await findTools(options.tools, options.varve);
  const workspace = await openWorkspace(options.dir);
  removeWhenInterrupted(workspace.root);
  try {
    const samples = collectSamples((line) => process.stderr.write(`${line}\n`));
    const machine = await describeMachine(workspace, versions);
    /** @type {Record<string, Record<string, unknown>>} */
    const data = {};
    const shared = { options, workspace, tools, samples };
    const operations = await readOperations();
    try {
      for (const letter of options.corpora) {
        process.stderr.write(`(${letter}) preparing the data\n`);
        data[letter] = (await CORPORA[letter]?.(shared)) ?? {};
      }
      await publish(
        buildReport(shared, operations, { machine, notes, data }),
        options.out,
        'store',
      );
    } catch (error) {
      notes.unshift(`**Incomplete: the run failed.** ${explain(error).split('\n')[0] ?? ''}`);
      const report = buildReport(shared, operations, { machine, notes, data });
      if (report.results.length > 0) await publish(report, options.out, 'store-incomplete');
      throw error;
    }
  } finally {
    await remove(workspace.root);
  }
}

async function requireHelpers() {
  for (const program of [TIME_PROGRAM, ...HELPERS]) {
    if ((await firstLine([program, '--version'])) === undefined) {
      throw new Error(`${program} is needed and is not installed`);
    }
  }
}

/** @param {string} root */
function removeWhenInterrupted(root) {
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.once(signal, () => {
      stopRunning();
      void remove(root).finally(() => process.exit(130));
    });
  }
}

/**
 * @param {import('./store/report.js').Report} report
 * @param {string} out
 * @param {string} name of both files, without their endings
 */
async function publish(report, out, name) {
  const markdown = toMarkdown(report);
  await mkdir(out, { recursive: true });
  await writeFile(join(out, `${name}.md`), markdown);
  await writeFile(join(out, `${name}.json`), `${JSON.stringify(report, undefined, 2)}\n`);
  process.stdout.write(markdown);
}

/** @param {unknown} error @returns {string} the messages of the error and its causes */
function explain(error) {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}\n${explain(error.cause)}`;
}

try {
  const options = await readOptions(process.argv.slice(2));
  if (options === undefined) process.stdout.write(`${USAGE}\n`);
  else await bench(options);
} catch (error) {
  process.stderr.write(`bench: ${explain(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
