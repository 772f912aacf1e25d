/**
 * Seeded random numbers: the same seed gives the same corpus on every machine.
 *
 * @module
 */

/**
 * A generator of 32-bit numbers (mulberry32), good enough to choose files and fill pages.
 *
 * @param {number} seed
 * @returns {() => number} the next number, 0 to 2^32 - 1
 */
export function randomUint32(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
}

/**
 * Mixes numbers into one seed, so that neighbours (page 7 and page 8) get unrelated streams.
 *
 * @param {...number} parts
 * @returns {number}
 */
export function mixSeed(...parts) {
  let hash = 0x811c9dc5;
  for (const part of parts) {
    hash = Math.imul(hash ^ part, 0x9e3779b1);
    hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
    hash ^= hash >>> 13;
  }
  return hash >>> 0;
}

/**
 * The items in a seeded random order (Fisher-Yates); the argument is left alone.
 *
 * @template T
 * @param {readonly T[]} items
 * @param {number} seed
 * @returns {T[]}
 */
export function shuffled(items, seed) {
  const next = randomUint32(seed);
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = next() % (i + 1);
    const held = /** @type {T} */ (result[i]);
    result[i] = /** @type {T} */ (result[j]);
    result[j] = held;
  }
  return result;
}
