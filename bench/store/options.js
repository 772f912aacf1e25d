/**
 * The benchmark's command line.
 *
 * @module
 */

import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { DEFAULT_VARVE, TOOL_NAMES } from './tools.js';

export const USAGE = `Usage: npm run bench -- --dir DIR [options]

Measures varve and its peers in turn on the same data.

  --dir DIR         work in a new directory inside DIR, removed at the end (a tmpfs such as
                    /dev/shm gives figures that can be compared between machines)
  --corpus LIST     a: many small files, b: seven releases of a package, c: a 1 GiB image,
                    h: questions about a long history (default a,b,c)
  --tree PATH       the files for a; at least 40 000. Copied, never changed
  --history PATH    the history for h, made by bench/store/make-history.js
  --rounds N        (default 3); the report gives medians
  --tools LIST      (default ${TOOL_NAMES.join(',')})
  --varve COMMAND   how to start varve, words apart by blanks (default: the built one)
  --cache DIR       keep the packages that b fetches from the npm registry
  --out DIR         where store.md and store.json go (default bench/results)
  --small           a trial: a tree of any size, three releases, an image of 64 MiB
  --help`;

const CORPORA = ['a', 'b', 'c', 'h'];

/**
 * @typedef {object} Options
 * @property {string} dir
 * @property {string[]} corpora letters
 * @property {string} tree '' unless corpus a is asked for
 * @property {string} history '' unless corpus h is asked for
 * @property {number} rounds
 * @property {string[]} tools
 * @property {string[]} varve
 * @property {string} [cache]
 * @property {string} out
 * @property {boolean} small
 */

/** A mistake in the command line or in what it names. */
export class UsageError extends Error {}

/**
 * @param {string[]} args
 * @returns {Promise<Options | undefined>} undefined: help was asked for
 * @throws {UsageError}
 */
export async function readOptions(args) {
  const values = parse(args);
  if (values.help) return undefined;
  const corpora = words('--corpus', values.corpus, CORPORA);
  const tools = words('--tools', values.tools, TOOL_NAMES);
  if (corpora.includes('h') && !tools.includes('varve')) {
    throw new UsageError('--corpus h: only varve answers its questions; add varve to --tools');
  }
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new UsageError(`--rounds ${values.rounds}: expected a whole number of at least 1`);
  }
  return {
    dir: await directory('--dir', values.dir),
    corpora,
    tree: corpora.includes('a') ? await directory('--tree', values.tree) : '',
    history: corpora.includes('h') ? await directory('--history', values.history) : '',
    rounds,
    tools,
    varve: values.varve === undefined ? DEFAULT_VARVE : values.varve.trim().split(/\s+/u),
    ...(values.cache !== undefined && { cache: resolve(values.cache) }),
    out: resolve(values.out),
    small: values.small,
  };
}

/** @param {string[]} args */
function parse(args) {
  try {
    return parseArgs({
      args,
      options: {
        dir: { type: 'string' },
        corpus: { type: 'string', default: 'a,b,c' },
        tree: { type: 'string' },
        history: { type: 'string' },
        rounds: { type: 'string', default: '3' },
        tools: { type: 'string', default: TOOL_NAMES.join(',') },
        varve: { type: 'string' },
        cache: { type: 'string' },
        out: { type: 'string', default: 'bench/results' },
        small: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(/** @type {Error} */ (error).message);
  }
}

/** @param {string} option @param {string} list @param {string[]} known */
function words(option, list, known) {
  const chosen = list.split(',');
  for (const word of chosen) {
    if (!known.includes(word)) {
      throw new UsageError(`${option}: "${word}" is not one of ${known.join(', ')}`);
    }
  }
  return known.filter((word) => chosen.includes(word));
}

/** @param {string} option @param {string | undefined} path @returns {Promise<string>} absolute */
async function directory(option, path) {
  if (path === undefined) throw new UsageError(`${option} is needed (see --help)`);
  const absolute = resolve(path);
  const found = await stat(absolute).catch(() => undefined);
  if (found === undefined) throw new UsageError(`${option}: ${absolute} does not exist`);
  if (!found.isDirectory()) throw new UsageError(`${option}: ${absolute} is not a directory`);
  return absolute;
}
