/**
 * Is a restored directory what was backed up? Asked of programs that are not Varve's: `diff` for
 * names, types and bytes, `rsync` for modes, owners, times and link targets.
 *
 * @module
 */

import { run } from './command.js';

/**
 * @typedef {object} Leniency what a tool is known not to keep, so that its figures still count
 * @property {boolean} wholeSeconds modification times come back without their fraction
 * @property {boolean} linkTimes symbolic links' own times do not come back
 */

/** An itemised line of rsync for a symbolic link whose time alone differs. */
const LINK_TIME_ONLY = /^\.L\.\.[tT]\.{6} /u;

/** How many differing paths a message shows. */
const SHOWN = 10;

/**
 * @param {string} what for the message: tool and operation
 * @param {string} expected the directory as it was
 * @param {string} restored the directory as it came back
 * @param {Leniency} leniency
 * @param {string} scratch
 * @returns {Promise<void>}
 * @throws {Error} when anything differs
 */
export async function requireSame(what, expected, restored, leniency, scratch) {
  try {
    await run({ argv: ['diff', '-rq', '--no-dereference', expected, restored] }, scratch);
  } catch (error) {
    throw new Error(`${what}: the restored content is not what was backed up`, { cause: error });
  }
  const window = leniency.wholeSeconds ? '0' : '-1';
  const rsync = ['rsync', '-nai', '--delete', `--modify-window=${window}`];
  const output = await run({ argv: [...rsync, `${expected}/`, `${restored}/`] }, scratch);
  const differences = output
    .split('\n')
    .filter((line) => line !== '' && !(leniency.linkTimes && LINK_TIME_ONLY.test(line)));
  if (differences.length > 0) {
    throw new Error(
      `${what}: ${differences.length} restored entries differ in metadata (rsync -i):\n` +
        differences.slice(0, SHOWN).join('\n'),
    );
  }
}
