/**
 * Data of corpus (b): consecutive releases of one npm package, unpacked.
 *
 * @module
 */

import { access, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './command.js';
import { setTimes } from './tree.js';

export const RELEASES = ['5.3.3', '5.4.5', '5.5.4', '5.6.3', '5.7.3', '5.8.3', '5.9.3'];

/** Release n gets this time and n days; npm's archives all carry the same one. */
const FIRST_RELEASE_TIME = Date.UTC(2024, 0, 1);
const DAY_MS = 86_400_000;

/**
 * Unpacks the releases, each into a directory of its own; archives that the cache does not hold are
 * fetched with `npm pack`.
 *
 * @param {string[]} versions
 * @param {string} cache where the archives are kept
 * @param {string} into
 * @param {string} scratch
 * @returns {Promise<string[]>} their directories, oldest first
 */
export async function unpackReleases(versions, cache, into, scratch) {
  await mkdir(cache, { recursive: true });
  const directories = [];
  for (const [i, version] of versions.entries()) {
    const archive = await fetchRelease(version, cache, scratch);
    const directory = join(into, version);
    await mkdir(directory, { recursive: true });
    const argv = ['tar', '-xzf', archive, '-C', directory, '--strip-components=1'];
    await run({ argv: [...argv, '--no-same-owner'] }, scratch);
    if ((await readdir(directory)).length === 0) throw new Error(`${archive} is empty`);
    await setTimes(directory, new Date(FIRST_RELEASE_TIME + i * DAY_MS));
    directories.push(directory);
  }
  return directories;
}

/**
 * @param {string} version
 * @param {string} cache
 * @param {string} scratch
 * @returns {Promise<string>} the archive
 * @throws {Error} when npm cannot fetch it
 */
async function fetchRelease(version, cache, scratch) {
  const archive = join(cache, `typescript-${version}.tgz`);
  const isThere = await access(archive).then(
    () => true,
    () => false,
  );
  if (isThere) return archive;
  const argv = ['npm', 'pack', `typescript@${version}`, '--pack-destination', cache];
  try {
    await run({ argv }, scratch);
  } catch (error) {
    throw new Error(
      `(b): typescript ${version} is not in ${cache} and npm cannot fetch it; ` +
        'name a directory that holds the archives with --cache, or leave b out of --corpus',
      { cause: error },
    );
  }
  return archive;
}
