/**
 * Corpus (b): consecutive releases of one package as the states of one directory.
 *
 * @module
 */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { RELEASES, unpackReleases } from './releases.js';
import { eachInTurn, openSessions } from './session.js';
import { settle } from './settle.js';
import { mirror } from './tree.js';
import { remove, requireRoom, sizeOf } from './workspace.js';

/** Seven releases unpacked, one more as the source and one restored, and a copy with history each. */
const DATA_BYTES = 350 * 2 ** 20;
const PER_TOOL_BYTES = 60 * 2 ** 20;

/** How many releases a trial with --small takes. */
const SMALL_RELEASES = 3;

/**
 * @param {import('./session.js').Bench} bench
 * @returns {Promise<Record<string, unknown>>} what the data was, for the report
 */
export async function benchSevenReleases(bench) {
  const { options, workspace, tools } = bench;
  const { scratch } = workspace;
  await requireRoom(workspace, '(b) releases', DATA_BYTES + tools.length * PER_TOOL_BYTES);

  const base = join(workspace.root, 'releases');
  const source = join(base, 'source');
  const cache = options.cache ?? join(workspace.root, 'npm-cache');
  await mkdir(base);
  const versions = options.small ? RELEASES.slice(0, SMALL_RELEASES) : RELEASES;
  const states = await unpackReleases(versions, cache, join(base, 'states'), scratch);
  const oldest = /** @type {string} */ (states.at(0));
  const newest = /** @type {string} */ (states.at(-1));
  const sizes = await sizeOf(join(base, 'states'), scratch);
  for (let round = 0; round < options.rounds; round++) {
    await remove(source);
    const sessions = await openSessions(bench, source, round);
    await eachInTurn(sessions, (s) => s.create('b.init'));
    for (const state of states) {
      await mirror(state, source, scratch);
      await settle();
      await eachInTurn(sessions, (s) => s.backup('b.backups'));
    }
    await eachInTurn(sessions, (s) => s.size('b.size'));
    await eachInTurn(sessions, (s) => s.restoreNewest('b.restoreNewest', newest));
    await eachInTurn(sessions, (s) => s.restoreOldest('b.restoreOldest', oldest));
    await eachInTurn(sessions, (s) => s.verify('b.verify'));
    await eachInTurn(sessions, (s) => s.close());
  }
  await remove(base);
  return { package: 'typescript', versions, allStates: sizes };
}
