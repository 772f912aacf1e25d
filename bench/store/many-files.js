/**
 * Corpus (a): many small files.
 *
 * @module
 */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { eachInTurn, openSessions } from './session.js';
import { settle } from './settle.js';
import { changeTree, listFiles, mirror } from './tree.js';
import { remove, requireRoom, sizeOf } from './workspace.js';
import { measureYardsticks } from './yardsticks.js';

/** Fewer say nothing about many files. */
const LEAST_FILES = 40_000;

/**
 * @param {import('./session.js').Bench} bench
 * @returns {Promise<Record<string, unknown>>} what the data was, for the report
 */
export async function benchManyFiles(bench) {
  const { options, workspace, tools } = bench;
  const { scratch } = workspace;
  const tree = await inspectTree(options, scratch);
  await requireRoom(workspace, '(a) many small files', tree.allocatedBytes * (3.2 + tools.length));

  const base = join(workspace.root, 'many-files');
  const pristine = join(base, 'pristine');
  const source = join(base, 'source');
  await mkdir(base);
  await mirror(options.tree, pristine, scratch);
  let changes = {};
  for (let round = 0; round < options.rounds; round++) {
    await mirror(pristine, source, scratch);
    await settle();
    const sessions = await openSessions(bench, source, round);
    await measureYardsticks(bench, 'a', source, round);
    await eachInTurn(sessions, (s) => s.create('a.init'));
    await eachInTurn(sessions, (s) => s.backup('a.first'));
    await eachInTurn(sessions, (s) => s.size('a.size1'));
    await settle();
    await eachInTurn(sessions, (s) => s.backup('a.unchanged'));
    changes = await changeTree(source);
    await settle();
    await eachInTurn(sessions, (s) => s.backup('a.changed'));
    await eachInTurn(sessions, (s) => s.size('a.size2'));
    await eachInTurn(sessions, (s) => s.restoreNewest('a.restoreNewest', source));
    await eachInTurn(sessions, (s) => s.restoreOldest('a.restoreOldest', pristine));
    await eachInTurn(sessions, (s) => s.verify('a.verify'));
    await eachInTurn(sessions, (s) => s.close());
  }
  await remove(base);
  return { ...tree, ...changes };
}

/**
 * @param {import('./options.js').Options} options
 * @param {string} scratch
 * @throws {Error} when the tree is too small to say anything
 */
async function inspectTree({ tree, small }, scratch) {
  const files = (await listFiles(tree)).length;
  if (files < LEAST_FILES && !small) {
    throw new Error(
      `(a): ${tree} has ${files} files, at least ${LEAST_FILES} are needed; ` +
        'name a larger --tree, or give --small for a trial whose figures do not count',
    );
  }
  if (files === 0) throw new Error(`(a): ${tree} has no files`);
  return { files, ...(await sizeOf(tree, scratch)) };
}
