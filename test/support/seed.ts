/** Chance that can be repeated: fast-check prints its seed, `VARVE_TEST_SEED=n` sets it. */
import type fc from 'fast-check';

/** How a property runs; `VARVE_TEST_RUNS=n` looks longer. */
export function runs(count: number): fc.Parameters<unknown> {
  const seed = process.env['VARVE_TEST_SEED'];
  const wanted = Number(process.env['VARVE_TEST_RUNS'] ?? count);
  return seed === undefined ? { numRuns: wanted } : { numRuns: wanted, seed: Number(seed) };
}

/** The seed of tests that draw without fast-check; put it into their messages. */
export const testSeed = Number(process.env['VARVE_TEST_SEED'] ?? 20_261_121);

/** Whole numbers from 0 to `below`, the same for the same seed (xorshift32). */
export function drawer(seed: number): (below: number) => number {
  let state = (seed * 2654435761) | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Bytes that do not compress, the same for the same seed. */
export function noise(lengthBytes: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(lengthBytes);
  let state = (seed * 2654435761) | 1;
  for (let i = 0; i < lengthBytes; i += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state >>> 11;
  }
  return bytes;
}

/** Text of numbered lines: compresses, and differs everywhere. */
export function prose(lines: number, seed: number): Buffer {
  const draw = drawer(seed + 1);
  const line = (number: number): string =>
    `${number}: layer ${draw(1e9)} of the lake ${draw(1e9)}\n`;
  return Buffer.from(Array.from({ length: lines }, (_, number) => line(number)).join(''));
}
