/**
 * The benchmark's own directory inside the one that the caller named, and the room in it.
 *
 * @module
 */

import { mkdir, mkdtemp, readFile, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './command.js';

/** `f_type` of a tmpfs, whose files take up memory. */
const TMPFS_MAGIC = 0x01021994;

/** Memory to leave to the tools themselves when the files are in memory too. */
const MEMORY_MARGIN_BYTES = 1.5 * 2 ** 30;

/**
 * @typedef {object} Workspace
 * @property {string} root all that the benchmark writes is below it
 * @property {string} scratch logs and accounting
 * @property {boolean} inMemory whether it is a tmpfs
 */

/**
 * @param {string} parent the directory that the caller named; must exist
 * @returns {Promise<Workspace>}
 */
export async function openWorkspace(parent) {
  const inMemory = (await statfs(parent)).type === TMPFS_MAGIC;
  const root = await mkdtemp(join(parent, 'varve-bench-'));
  const scratch = join(root, 'scratch');
  await mkdir(scratch);
  return { root, scratch, inMemory };
}

/**
 * Bytes that may still be written there: free space, and on a tmpfs no more than free memory.
 *
 * @param {Workspace} workspace
 * @returns {Promise<number>}
 */
async function roomBytes(workspace) {
  const { bavail, bsize } = await statfs(workspace.root);
  const free = bavail * bsize;
  if (!workspace.inMemory) return free;
  const memory = /^MemAvailable:\s+(\d+) kB/mu.exec(await readFile('/proc/meminfo', 'utf8'));
  return Math.min(free, Number(memory?.[1] ?? 0) * 1024 - MEMORY_MARGIN_BYTES);
}

/**
 * Refuses a corpus that would not fit, before anything of it is written.
 *
 * @param {Workspace} workspace
 * @param {string} corpus its title, for the message
 * @param {number} neededBytes
 * @throws {Error}
 */
export async function requireRoom(workspace, corpus, neededBytes) {
  const room = await roomBytes(workspace);
  if (room >= neededBytes) return;
  throw new Error(
    `${corpus}: needs about ${mib(neededBytes)} in ${workspace.root}, there are ${mib(room)}; ` +
      'name a larger --dir, or fewer --tools',
  );
}

/** @param {number} bytes */
const mib = (bytes) => `${Math.round(bytes / 2 ** 20)} MiB`;

/**
 * A directory's size, as du counts it.
 *
 * @param {string} path
 * @param {string} scratch
 * @returns {Promise<{allocatedBytes: number, apparentBytes: number}>}
 */
export async function sizeOf(path, scratch) {
  const count = async (/** @type {string[]} */ options) =>
    Number.parseInt(await run({ argv: ['du', '-s', '--block-size=1', ...options, path] }, scratch));
  return { allocatedBytes: await count([]), apparentBytes: await count(['--apparent-size']) };
}

/** @param {string} path removed with all that is in it, if it is there */
export const remove = (path) => rm(path, { recursive: true, force: true, maxRetries: 5 });
