/**
 * The tools that are compared, each as the commands for the same few jobs.
 *
 * All run at their defaults; borg is told `zstd,3` because its default, lz4, is not meant to save
 * space. No tool's own durability is switched off. None encrypts but restic, which cannot do without.
 *
 * @module
 */

import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { firstLine } from './command.js';

/** @typedef {import('./command.js').Command} Command */

/**
 * @typedef {object} Place where one tool works in one round; everything is new in each round
 * @property {string} repository does not exist before `create`
 * @property {string} source the directory that is backed up
 * @property {Record<string, string>} env the environment, all of whose directories are in the workspace
 */

/**
 * @typedef {object} Tool
 * @property {string} name
 * @property {string[]} versionArgv prints its version
 * @property {Record<string, string>} [variables] its own environment variables
 * @property {(place: Place) => Command[]} create makes a repository
 * @property {(place: Place, number: number) => Command[]} backup takes backup `number`, from 1
 * @property {(place: Place, number: number, last: number, to: string) => Command[]} restore
 *   restores backup `number` of `last` into `to`, which does not exist unless `restoreNeedsTarget`
 * @property {boolean} [restoreNeedsTarget] the directory must be there before (outside the time)
 * @property {(place: Place, to: string) => string} restoredRoot where the source's root then is
 * @property {(place: Place) => Command[]} verify reads and checks all data
 * @property {import('./check.js').Leniency} leniency what its restores are known not to keep
 * @property {string} [note] what a reader of the figures must know
 */

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** Varve's command unless the caller gives another. */
export const DEFAULT_VARVE = [process.execPath, MAIN];

/**
 * @param {string[]} command how to start it
 * @returns {Tool}
 */
function varveTool(command) {
  const varve = (/** @type {Place} */ { repository, env }, /** @type {string[]} */ ...args) => [
    { argv: [...command, '--repo', repository, ...args], env },
  ];
  return {
    name: 'varve',
    versionArgv: [...command, '--version'],
    create: (place) => varve(place, 'init'),
    backup: (place) => varve(place, 'backup', place.source),
    restore: (place, number, last, to) =>
      number === last
        ? varve(place, 'restore', '--to', to)
        : varve(place, 'restore', '--at', String(number), '--to', to),
    restoredRoot: (_place, to) => to,
    verify: (place) => varve(place, 'verify'),
    leniency: { wholeSeconds: false, linkTimes: false },
    note: 'its threads are inside one process, so its peak is that of all of them',
  };
}

/** @type {Tool} */
const restic = {
  name: 'restic',
  versionArgv: ['restic', 'version'],
  variables: { RESTIC_PASSWORD: 'bench' },
  create: (place) => resticRun(place, 'init'),
  backup: (place, number) => resticRun(place, 'backup', '--tag', `n${number}`, place.source),
  restore: (place, number, _last, to) =>
    resticRun(place, 'restore', 'latest', '--tag', `n${number}`, '--target', to),
  restoredRoot: (place, to) => join(to, place.source),
  verify: (place) => resticRun(place, 'check', '--read-data'),
  leniency: { wholeSeconds: false, linkTimes: false },
  note: 'encrypts always, and derives the key anew in each command; its cache is inside the workspace and is not counted as repository',
};

/** @param {Place} place @param {string[]} args @returns {Command[]} */
function resticRun({ repository, env }, ...args) {
  return [{ argv: ['restic', '--repo', repository, ...args], env }];
}

/** @type {Tool} */
const borg = {
  name: 'borg',
  versionArgv: ['borg', '--version'],
  variables: {
    BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK: 'yes',
    BORG_RELOCATED_REPO_ACCESS_IS_OK: 'yes',
  },
  create: ({ repository, env }) => [{ argv: ['borg', 'init', '-e', 'none', repository], env }],
  backup: ({ repository, source, env }, number) => [
    {
      argv: ['borg', 'create', '-C', 'zstd,3', `${repository}::n${number}`, basename(source)],
      cwd: dirname(source),
      env,
    },
  ],
  restore: ({ repository, env }, number, _last, to) => [
    { argv: ['borg', 'extract', `${repository}::n${number}`], cwd: to, env },
  ],
  restoreNeedsTarget: true,
  restoredRoot: ({ source }, to) => join(to, basename(source)),
  verify: ({ repository, env }) => [{ argv: ['borg', 'check', '--verify-data', repository], env }],
  leniency: { wholeSeconds: false, linkTimes: false },
  note: 'one thread',
};

/** @type {Tool} */
const rdiffBackup = {
  name: 'rdiff-backup',
  versionArgv: ['rdiff-backup', '--version'],
  create: () => [],
  backup: ({ repository, source, env }) => [
    { argv: ['rdiff-backup', 'backup', source, repository], env },
  ],
  restore: ({ repository, env }, number, last, to) => [
    {
      argv: ['rdiff-backup', 'restore', ...rdiffAt(number, last), repository, to],
      env,
    },
  ],
  restoredRoot: (_place, to) => to,
  verify: ({ repository, env }) => [{ argv: ['rdiff-backup', 'verify', repository], env }],
  leniency: { wholeSeconds: true, linkTimes: true },
  note: 'keeps the newest state as plain files; its verify reads the newest state only',
};

/** @param {number} number @param {number} last */
const rdiffAt = (number, last) => (number === last ? [] : ['--at', `${last - number}B`]);

const PEERS = [restic, borg, rdiffBackup];

/** All names that `--tools` takes. */
export const TOOL_NAMES = ['varve', ...PEERS.map((peer) => peer.name)];

/**
 * The tools that can be run, with their versions; a missing peer is left out with a note.
 *
 * @param {string[]} names
 * @param {string[]} varveCommand
 * @returns {Promise<{tools: Tool[], versions: Record<string, string>, notes: string[]}>}
 * @throws {Error} when varve itself is asked for and does not start
 */
export async function findTools(names, varveCommand) {
  /** @type {{tools: Tool[], versions: Record<string, string>, notes: string[]}} */
  const found = { tools: [], versions: {}, notes: [] };
  for (const tool of [varveTool(varveCommand), ...PEERS].filter((t) => names.includes(t.name))) {
    const version = await firstLine(tool.versionArgv);
    if (version !== undefined) {
      found.tools.push(tool);
      found.versions[tool.name] = version;
    } else if (tool.name === 'varve') {
      throw new Error(
        `varve: \`${tool.versionArgv.join(' ')}\` does not run; ` +
          'build it (npm run build), or name another with --varve, or leave it out of --tools',
      );
    } else {
      found.notes.push(`${tool.name} is not installed and was left out`);
    }
  }
  if (found.tools.length === 0) throw new Error(`none of ${names.join(', ')} is installed`);
  return found;
}
