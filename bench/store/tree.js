/**
 * Data of corpus (a): a real tree of many small files, and its second state.
 *
 * Names are handled as latin1 strings, which stand for any bytes one to one.
 *
 * @module
 */

import { copyFile, lutimes, open, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { run } from './command.js';
import { mixSeed, randomUint32, shuffled } from './random.js';

const SEED = 20_240_501;

/** Shares of the regular files that state 2 edits, deletes and adds. */
const SHARES = { edited: 0.01, deleted: 0.002, added: 0.002 };

/** An edit changes or inserts this many bytes: at least 4, fewer than 4 + 60. */
const EDIT_LEAST_BYTES = 4;
const EDIT_SPREAD_BYTES = 60;

/** @param {string} name latin1 */
const asPath = (name) => Buffer.from(name, 'latin1');

/**
 * Copies a tree with its metadata. Hard links become files of their own, and special files are left
 * out: `rsync -a` without `-H` and `-D`. Whatever is in `to` and not in `from` is removed.
 *
 * @param {string} from
 * @param {string} to
 * @param {string} scratch
 */
export async function mirror(from, to, scratch) {
  const exactTimes = '--modify-window=-1';
  const options = ['-a', '--no-D', '--delete', exactTimes];
  await run({ argv: ['rsync', ...options, `${from}/`, `${to}/`] }, scratch);
}

/**
 * The regular files below a directory, in byte order of their paths, so that a seed chooses the
 * same ones everywhere.
 *
 * @param {string} root
 * @returns {Promise<string[]>} latin1
 */
export async function listFiles(root) {
  /** @type {string[]} */
  const files = [];
  /** @type {(directory: string) => Promise<void>} */
  const walk = async (directory) => {
    for (const entry of await readdir(asPath(directory), {
      withFileTypes: true,
      encoding: 'buffer',
    })) {
      const path = `${directory}/${entry.name.toString('latin1')}`;
      if (entry.isDirectory()) await walk(path);
      else if (entry.isFile()) files.push(path);
    }
  };
  await walk(asPath(root).toString('latin1'));
  return files.sort();
}

/**
 * Makes state 2 out of state 1: 1 % of the files edited, 0.2 % deleted, 0.2 % added.
 *
 * @param {string} root
 * @returns {Promise<{edited: number, deleted: number, added: number}>} how many files
 */
export async function changeTree(root) {
  const files = await listFiles(root);
  const order = shuffled(files, SEED);
  const take = (/** @type {number} */ share) => order.splice(0, Math.ceil(files.length * share));
  const edited = take(SHARES.edited);
  const deleted = take(SHARES.deleted);
  const copied = take(SHARES.added);
  for (const [i, file] of edited.entries()) await edit(file, mixSeed(SEED, 1, i));
  for (const file of deleted) await rm(asPath(file));
  for (const [i, file] of copied.entries()) {
    const added = `${file.slice(0, file.lastIndexOf('/'))}/varve-bench-added-${i}`;
    await copyFile(asPath(file), asPath(added));
    await edit(added, mixSeed(SEED, 2, i));
  }
  return { edited: edited.length, deleted: deleted.length, added: copied.length };
}

/**
 * A real edit in the middle of a file: by the seed, a few bytes are overwritten with others, or
 * inserted. The inode stays, the time becomes now.
 *
 * @param {string} file latin1
 * @param {number} seed
 */
async function edit(file, seed) {
  const next = randomUint32(seed);
  const path = asPath(file);
  const { size } = await stat(path);
  const middle = size >> 1;
  const length = EDIT_LEAST_BYTES + (next() % EDIT_SPREAD_BYTES);
  if (next() % 2 === 0 && size > 0) await overwrite(path, middle, Math.min(length, size - middle));
  else await insert(path, middle, wordBytes(length, next));
}

/** @param {Buffer} path @param {number} at @param {number} length */
async function overwrite(path, at, length) {
  const file = await open(path, 'r+');
  const bytes = Buffer.alloc(length);
  await file.read(bytes, 0, length, at);
  await file.write(
    bytes.map((byte) => byte ^ 1),
    0,
    length,
    at,
  );
  await file.close();
}

/** @param {Buffer} path @param {number} at @param {Buffer} bytes */
async function insert(path, at, bytes) {
  const before = await readFile(path);
  await writeFile(path, Buffer.concat([before.subarray(0, at), bytes, before.subarray(at)]));
}

/** @param {number} length @param {() => number} next */
const wordBytes = (length, next) => Buffer.from(Array.from({ length }, () => 97 + (next() % 26)));

/**
 * Gives all entries of a directory one time: archives from npm carry the same time in every
 * release, which would hide a change from any tool that trusts times.
 *
 * @param {string} root
 * @param {Date} time
 */
export async function setTimes(root, time) {
  for (const entry of await readdir(root, { recursive: true })) {
    await lutimes(`${root}/${entry}`, time, time);
  }
  await lutimes(root, time, time);
}
