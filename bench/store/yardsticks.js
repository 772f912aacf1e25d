/**
 * What plain programs need for the same bytes: no tool can beat them by much, and none is compared
 * with them.
 *
 * @module
 */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { measure } from './command.js';
import { remove } from './workspace.js';

/**
 * @typedef {object} Yardstick
 * @property {string} name
 * @property {(source: string, to: string) => string[]} argv `to` is an empty directory
 */

/** @type {Yardstick[]} */
export const YARDSTICKS = [
  {
    name: 'find -printf',
    argv: (source) => ['find', source, '-printf', '%p %m %U %G %s %T@ %l\\n'],
  },
  { name: 'cp -a', argv: (source, to) => ['cp', '-a', source, join(to, 'copy')] },
  { name: 'rsync -a', argv: (source, to) => ['rsync', '-a', `${source}/`, join(to, 'copy')] },
  {
    name: 'tar | zstd -3 -T2',
    argv: (source, to) => ['sh', '-c', TAR_SCRIPT, 'sh', source, join(to, 'tar.zst')],
  },
];

const TAR_SCRIPT = 'tar -cf - -C "$1" . | zstd -q -3 -T2 -o "$2"';

/**
 * Measures all of them once.
 *
 * @param {import('./session.js').Bench} bench
 * @param {string} corpus its letter
 * @param {string} source
 * @param {number} round
 */
export async function measureYardsticks({ samples, workspace }, corpus, source, round) {
  for (const { name, argv } of YARDSTICKS) {
    const to = join(workspace.root, 'yardstick');
    await mkdir(to);
    const command = argv(source, to);
    const timing = await measure({ argv: command }, workspace.scratch);
    samples.addTime({ operation: yardstickOf(corpus), tool: name, round, command, timing });
    await remove(to);
  }
}

/** @param {string} corpus the name of the yardsticks' operation */
export const yardstickOf = (corpus) => `${corpus}.yardstick`;
