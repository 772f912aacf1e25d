/**
 * Corpus (c): one large image of which a few pages change.
 *
 * @module
 */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './command.js';
import { overwritePages, writeImage } from './image.js';
import { eachInTurn, openSessions } from './session.js';
import { settle } from './settle.js';
import { mirror } from './tree.js';
import { remove, requireRoom, sizeOf } from './workspace.js';
import { measureYardsticks } from './yardsticks.js';

const IMAGE_BYTES = 2 ** 30;
const SMALL_IMAGE_BYTES = 2 ** 26;

/**
 * @param {import('./session.js').Bench} bench
 * @returns {Promise<Record<string, unknown>>} what the data was, for the report
 */
export async function benchOneImage(bench) {
  const { options, workspace, tools } = bench;
  const { scratch } = workspace;
  const sizeBytes = options.small ? SMALL_IMAGE_BYTES : IMAGE_BYTES;
  await requireRoom(workspace, '(c) image', sizeBytes * (3.1 + 1.15 * tools.length));

  const base = join(workspace.root, 'one-image');
  const pristine = join(base, 'pristine');
  const source = join(base, 'source');
  await mkdir(pristine, { recursive: true });
  await writeImage(join(pristine, 'disk.img'), sizeBytes);
  const zstdBytes = await compressedBytes(join(pristine, 'disk.img'), base, scratch);
  let changedPages = 0;
  for (let round = 0; round < options.rounds; round++) {
    await mirror(pristine, source, scratch);
    await settle();
    const sessions = await openSessions(bench, source, round);
    await measureYardsticks(bench, 'c', source, round);
    await eachInTurn(sessions, (s) => s.create('c.init'));
    await eachInTurn(sessions, (s) => s.backup('c.first'));
    await settle();
    changedPages = await overwritePages(join(source, 'disk.img'));
    await settle();
    await eachInTurn(sessions, (s) => s.backup('c.changed'));
    await eachInTurn(sessions, (s) => s.size('c.size2'));
    await eachInTurn(sessions, (s) => s.restoreOldest('c.restoreOldest', pristine));
    await eachInTurn(sessions, (s) => s.verify('c.verify'));
    await eachInTurn(sessions, (s) => s.close());
  }
  await remove(base);
  return { sizeBytes, zstdBytes, changedPages };
}

/** @param {string} image @param {string} base @param {string} scratch */
async function compressedBytes(image, base, scratch) {
  const out = join(base, 'image.zst');
  await run({ argv: ['zstd', '-q', '-3', '-T2', image, '-o', out] }, scratch);
  const { apparentBytes } = await sizeOf(out, scratch);
  await remove(out);
  return apparentBytes;
}
