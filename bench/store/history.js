/**
 * Corpus (h): questions about a long history, as whole processes.
 *
 * The history is made beforehand, by `make-history.js`: a directory that holds
 *
 * - `repository/`: a repository of Varve;
 * - `queries.json`: `{"paths", "snapshots", "log", "find", "ls", "diff"}`, how many paths and
 *   snapshots there are, and for each command the lists of arguments to measure it with, such as
 *   `"log": [["src/a.txt"], ["lib/b.txt"]]`. Each must find something.
 *
 * The repository is used where it is; only reading commands are run.
 *
 * @module
 */

import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { measure, run } from './command.js';
import { environment } from './session.js';

const COMMANDS = /** @type {const} */ (['log', 'find', 'ls', 'diff']);

/** The list in each command's `--json` answer that must not be empty. */
const ANSWERS = { log: 'versions', find: 'matches', ls: 'entries', diff: 'changes' };

/** Each query runs so many times in a round, after one run that is not counted. */
const RUNS = 5;

/** @typedef {Record<typeof COMMANDS[number], string[][]> & {paths: number, snapshots: number}} Queries */

/**
 * @param {import('./session.js').Bench} bench
 * @returns {Promise<Record<string, unknown>>} what the data was, for the report
 */
export async function benchHistory({ options, samples, workspace }) {
  const base = join(workspace.root, 'tools', 'history');
  await mkdir(join(base, 'tmp'), { recursive: true });
  const env = environment(base);
  const queries = await readQueries(options.history);
  const varve = [...options.varve, '--repo', join(options.history, 'repository')];
  for (const name of COMMANDS) {
    for (const args of queries[name]) {
      const answer = await run(
        { argv: [...varve, '--json', name, ...args], env },
        workspace.scratch,
      );
      requireAnswer(name, args, answer);
    }
  }
  for (let round = 0; round < options.rounds * RUNS; round++) {
    for (const name of COMMANDS) {
      const argvs = queries[name].map((args) => [...varve, name, ...args]);
      const command = /** @type {string[]} */ (argvs[round % argvs.length]);
      const timing = await measure({ argv: command, env }, workspace.scratch);
      samples.addTime({ operation: `h.${name}`, tool: 'varve', round, command, timing });
    }
  }
  return { paths: queries.paths, snapshots: queries.snapshots };
}

/**
 * @param {string} history
 * @returns {Promise<Queries>}
 */
async function readQueries(history) {
  const file = join(history, 'queries.json');
  const refuse = (/** @type {Error} */ cause) => {
    throw new Error('(h): --history is not a directory that make-history.js has made', { cause });
  };
  /** @type {Queries} */
  const queries = JSON.parse(await readFile(file, 'utf8').catch(refuse));
  for (const name of COMMANDS) {
    if (!Array.isArray(queries[name]) || queries[name].length === 0) {
      throw new Error(`(h): ${file} has no queries for ${name}`);
    }
  }
  return queries;
}

/**
 * @param {keyof typeof ANSWERS} name
 * @param {string[]} args
 * @param {string} output one JSON document
 * @throws {Error} when the query finds nothing, so that its time would say nothing
 */
function requireAnswer(name, args, output) {
  const list = JSON.parse(output)[ANSWERS[name]];
  if (!Array.isArray(list) || list.length === 0) {
    throw new Error(
      `(h): ${name} ${args.join(' ')} found nothing; ask for something that is there`,
    );
  }
}
