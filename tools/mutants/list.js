/** The hand-written mutants: faults as real ones are, each a text in one place and what replaces it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomUint32 } from '../../bench/store/random.js';

const root = join(import.meta.dirname, '../..');
const directory = join(import.meta.dirname, 'list');

/**
 * One mutant.
 * @typedef {object} Mutant
 * @property {string} file the source, from the project's root
 * @property {string} old occurs exactly once in it
 * @property {string} new replaces it
 * @property {string} what the fault, in words
 * @property {string[]} [tests] run first: they are known to find it
 * @property {string} [survives] why no test finds it, or that one is to be written; it is not run
 */

/** @returns {Mutant[]} of all files of the list, or of one that is named */
export function readMutants(file) {
  const files = file ? [file] : readdirSync(directory).map((name) => join(directory, name));
  return files.toSorted().flatMap((path) => JSON.parse(readFileSync(path, 'utf8')));
}

/** @returns {string[]} what is wrong with the list, as the sources are now */
export function faultsOfList(mutants) {
  return mutants.flatMap((mutant) => {
    const { file, old, what } = mutant;
    const count = readFileSync(join(root, file), 'utf8').split(old).length - 1;
    if (count !== 1) return [`${file}: ${what}: the old text occurs ${count} times, not once`];
    return old === mutant.new ? [`${file}: ${what}: nothing is changed`] : [];
  });
}

/** The source with the fault in it. */
export function mutated(source, mutant) {
  // A function: "$&" in a replacement text has a meaning.
  return source.replace(mutant.old, () => mutant.new);
}

/** `src/repo/index`: two folders deep, where the score is counted. */
export function folderOf({ file }) {
  const parts = file.split('/').slice(0, -1);
  return parts.slice(0, parts[1] === 'repo' || parts[1] === 'cli' ? 3 : 2).join('/');
}

/** `count` of them, chosen by the seed alone. */
export function sampleOf(items, count, seed) {
  const rest = [...items];
  const chosen = [];
  const random = randomUint32(seed);
  while (chosen.length < count && rest.length > 0) {
    chosen.push(...rest.splice(random() % rest.length, 1));
  }
  return chosen;
}
