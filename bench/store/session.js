/**
 * One tool at work on one corpus in one round: each job is measured, checked and recorded.
 *
 * @module
 */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { requireSame } from './check.js';
import { measure, run } from './command.js';
import { remove, sizeOf } from './workspace.js';

/**
 * @typedef {object} Bench what all corpora share
 * @property {import('./options.js').Options} options
 * @property {import('./workspace.js').Workspace} workspace
 * @property {import('./tools.js').Tool[]} tools
 * @property {import('./samples.js').Samples} samples
 */

/**
 * @typedef {object} Session
 * @property {import('./tools.js').Tool} tool
 * @property {(operation: string) => Promise<void>} create makes the repository
 * @property {(operation: string) => Promise<void>} backup
 * @property {(operation: string, expected: string) => Promise<void>} restoreNewest
 * @property {(operation: string, expected: string) => Promise<void>} restoreOldest
 * @property {(operation: string) => Promise<void>} verify
 * @property {(operation: string) => Promise<void>} size
 * @property {() => Promise<void>} close removes the tool's repository and cache
 */

/**
 * The sessions of a round; the order of the tools is rotated from round to round, so that none
 * always comes first.
 *
 * @param {Bench} bench
 * @param {string} source
 * @param {number} round from 0
 * @returns {Promise<Session[]>}
 */
export async function openSessions(bench, source, round) {
  const { tools } = bench;
  const first = round % tools.length;
  const order = [...tools.slice(first), ...tools.slice(0, first)];
  const sessions = [];
  for (const tool of order) sessions.push(await openSession(bench, tool, source, round));
  return sessions;
}

/**
 * Does one job with every tool in turn, then goes on.
 *
 * @param {Session[]} sessions
 * @param {(session: Session) => Promise<void>} job
 */
export async function eachInTurn(sessions, job) {
  for (const session of sessions) await job(session);
}

/**
 * @param {Bench} bench
 * @param {import('./tools.js').Tool} tool
 * @param {string} source
 * @param {number} round
 * @returns {Promise<Session>}
 */
async function openSession(bench, tool, source, round) {
  const { samples, workspace } = bench;
  const base = join(workspace.root, 'tools', tool.name);
  await remove(base);
  await mkdir(join(base, 'tmp'), { recursive: true });
  const place = {
    repository: join(base, 'repository'),
    source,
    env: environment(base, tool.variables),
  };
  let backups = 0;

  // What the one before has left in the kernel's buffers must not be written on this one's time.
  /** @type {(operation: string, commands: import('./command.js').Command[]) => Promise<void>} */
  const timed = async (operation, commands) => {
    for (const command of commands) {
      if (!workspace.inMemory)
        await run({ argv: ['sync', '-f', workspace.root] }, workspace.scratch);
      const timing = await measure(command, workspace.scratch);
      samples.addTime({ operation, tool: tool.name, round, command: command.argv, timing });
    }
  };

  /** @type {(operation: string, number: number, expected: string) => Promise<void>} */
  const restore = async (operation, number, expected) => {
    const to = join(workspace.root, 'restored');
    if (tool.restoreNeedsTarget) await mkdir(to);
    await timed(operation, tool.restore(place, number, backups, to));
    const restored = tool.restoredRoot(place, to);
    const what = `${tool.name}: ${operation}`;
    await requireSame(what, expected, restored, tool.leniency, workspace.scratch);
    await remove(to);
  };

  return {
    tool,
    create: (operation) => timed(operation, tool.create(place)),
    backup: (operation) => timed(operation, tool.backup(place, ++backups)),
    restoreNewest: (operation, expected) => restore(operation, backups, expected),
    restoreOldest: (operation, expected) => restore(operation, 1, expected),
    verify: (operation) => timed(operation, tool.verify(place)),
    size: async (operation) => {
      const size = await sizeOf(place.repository, workspace.scratch);
      samples.addSize({ operation, tool: tool.name, round, ...size });
    },
    close: () => remove(base),
  };
}

/**
 * A tool's environment: nothing of the caller's but the path, and every directory inside `base`.
 *
 * @param {string} base
 * @param {Record<string, string>} [variables]
 * @returns {Record<string, string>}
 */
export function environment(base, variables = {}) {
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    HOME: join(base, 'home'),
    TMPDIR: join(base, 'tmp'),
    XDG_CACHE_HOME: join(base, 'cache'),
    XDG_CONFIG_HOME: join(base, 'config'),
    XDG_DATA_HOME: join(base, 'data'),
    RESTIC_CACHE_DIR: join(base, 'cache', 'restic'),
    BORG_BASE_DIR: join(base, 'home'),
    VARVE_REPOSITORY: join(base, 'repository'),
    ...variables,
  };
}
