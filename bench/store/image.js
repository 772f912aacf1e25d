/**
 * Data of corpus (c): a semi-compressible disk image, and its second state.
 *
 * The recipe. The image is a row of 4 KiB pages. Each is generated from (seed, page number, version)
 * alone, so that state 2 needs no second copy. Its kind is drawn with these odds:
 *
 * - random (25 %): uniform bytes, as of media or encrypted files;
 * - text (45 %): words of 3 to 10 letters out of a vocabulary of 2048, drawn with the cube of a
 *   uniform number (the first words are the frequent ones), between blanks and line ends;
 * - structured (30 %): records of 64 bytes, as of a table: a serial number, a time that grows by a
 *   little, a kind out of 8, flags, an amount below 10 000, 8 random bytes, a word, zeros.
 *
 * `zstd -3` makes about one half of it. State 2 overwrites 1 % of the pages, chosen by the seed, with
 * pages of version 1 of the same recipe.
 *
 * @module
 */

import { open } from 'node:fs/promises';
import { mixSeed, randomUint32 } from './random.js';

const PAGE_BYTES = 4096;

const SEED = 20_240_503;
const CHANGED_SHARE = 0.01;
const PAGES_PER_WRITE = 1024;
const RECORD_BYTES = 64;

const RANDOM_ODDS = 0.25;
const TEXT_ODDS = 0.45;

const VOCABULARY = makeVocabulary(2048);

/** @param {number} count @returns {Buffer[]} */
function makeVocabulary(count) {
  const next = randomUint32(SEED);
  return Array.from({ length: count }, () =>
    Buffer.from(Array.from({ length: 3 + (next() % 8) }, () => 97 + (next() % 26))),
  );
}

/** @param {() => number} next a word; the first of the vocabulary are the frequent ones */
function drawWord(next) {
  const uniform = next() / 2 ** 32;
  return /** @type {Buffer} */ (VOCABULARY[Math.floor(uniform ** 3 * VOCABULARY.length)]);
}

/**
 * Writes one page.
 *
 * @param {Buffer} page PAGE_BYTES long
 * @param {number} number its place in the image
 * @param {number} version 0 in state 1
 */
function fillPage(page, number, version) {
  const next = randomUint32(mixSeed(SEED, number, version));
  const kind = next() / 2 ** 32;
  if (kind < RANDOM_ODDS) fillRandom(page, next);
  else if (kind < RANDOM_ODDS + TEXT_ODDS) fillText(page, next);
  else fillRecords(page, number, next);
}

/** @param {Buffer} page @param {() => number} next */
function fillRandom(page, next) {
  for (let at = 0; at < page.length; at += 4) page.writeUInt32LE(next(), at);
}

/** @param {Buffer} page @param {() => number} next */
function fillText(page, next) {
  let at = 0;
  while (at < page.length) {
    at += drawWord(next).copy(page, at);
    if (at < page.length) page[at++] = next() % 12 === 0 ? 0x0a : 0x20;
  }
}

/** @param {Buffer} page @param {number} number @param {() => number} next */
function fillRecords(page, number, next) {
  let time = 1_700_000_000 + number;
  page.fill(0);
  for (let at = 0; at < page.length; at += RECORD_BYTES) {
    time += next() % 90;
    page.writeUInt32LE(number * (PAGE_BYTES / RECORD_BYTES) + at / RECORD_BYTES, at);
    page.writeUInt32LE(time, at + 4);
    page.writeUInt16LE(next() % 8, at + 8);
    page.writeUInt16LE(next() & 0x0101, at + 10);
    page.writeUInt32LE(next() % 10_000, at + 12);
    for (let i = 16; i < 24; i += 4) page.writeUInt32LE(next(), at + i);
    drawWord(next).copy(page, at + 24);
  }
}

/**
 * Writes an image in state 1.
 *
 * @param {string} path
 * @param {number} sizeBytes a multiple of 4 MiB
 */
export async function writeImage(path, sizeBytes) {
  const file = await open(path, 'w');
  const chunk = Buffer.alloc(PAGE_BYTES * PAGES_PER_WRITE);
  for (let first = 0; first < sizeBytes / PAGE_BYTES; first += PAGES_PER_WRITE) {
    for (let i = 0; i < PAGES_PER_WRITE; i++) {
      fillPage(chunk.subarray(i * PAGE_BYTES, (i + 1) * PAGE_BYTES), first + i, 0);
    }
    await file.write(chunk);
  }
  await file.close();
}

/**
 * Makes state 2 out of state 1: overwrites the chosen pages in place.
 *
 * @param {string} path
 * @returns {Promise<number>} how many pages
 */
export async function overwritePages(path) {
  const file = await open(path, 'r+');
  const pages = (await file.stat()).size / PAGE_BYTES;
  const count = Math.round(pages * CHANGED_SHARE);
  const page = Buffer.alloc(PAGE_BYTES);
  for (const number of choosePages(pages, count)) {
    fillPage(page, number, 1);
    await file.write(page, 0, PAGE_BYTES, number * PAGE_BYTES);
  }
  await file.close();
  return count;
}

/** @param {number} pages @param {number} count @returns {Set<number>} */
function choosePages(pages, count) {
  const next = randomUint32(mixSeed(SEED, 3));
  /** @type {Set<number>} */
  const chosen = new Set();
  while (chosen.size < count) chosen.add(next() % pages);
  return chosen;
}
