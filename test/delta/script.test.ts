import { describe, expect, test } from 'vitest';
import { BASIS, readScript, Script, writeScript } from '../../src/delta/script.js';
import { noise } from '../support/seed.js';
import { codeOf, delta, lines } from '../support/texts.js';

test('runs that continue each other are one, others are kept apart', () => {
  const script = new Script(1);
  script.push(3, 0, BASIS);
  script.push(2, 3, BASIS);
  script.push(2, 5, 0);
  script.push(1, 7, 1);
  script.push(1, 9, 1);
  expect(script.count).toBe(4);
  expect([...script.lengths.subarray(0, 4)]).toEqual([5, 2, 1, 1]);
});

test('what is read is written again as it was', () => {
  const made = delta(lines(300, 1), Buffer.concat([lines(200, 1), noise(90, 2), lines(250, 1)]));
  const streams = writeScript(readScript(made, 0), [made]);
  expect({ ...made, ...streams }).toEqual(made);
});

describe('the bound of pieces', () => {
  const MOST = 2 ** 24;

  /** A script with room for `capacity` pieces that has so many; the pages of its columns are never touched. */
  function withPieces(pieces: number, capacity: number): Script {
    const script = new Script(capacity);
    script.count = pieces;
    return script;
  }

  test.each([0, 1, 1000, 2 ** 18])('leaves room after %i pieces', (pieces) => {
    const script = withPieces(pieces, pieces);
    script.push(3, 5, 0);
    expect(script.count).toBe(pieces + 1);
    const at = script.count - 1;
    expect([script.lengths[at], script.starts[at], script.origins[at]]).toEqual([3, 5, 0]);
    expect(script.lengths.length).toBeLessThanOrEqual(Math.max(16, 2 * pieces));
  });

  test('is 2^24, and a piece more is too many, whatever it is', () => {
    const script = withPieces(MOST - 1, MOST);
    script.push(3, 5, 0);
    expect(script.count).toBe(MOST);
    for (const [start, origin] of [
      [9, 0],
      [8, 1],
      [8, BASIS],
    ] as const) {
      expect(codeOf(() => script.push(1, start, origin))).toBe('DELTA_TOO_LARGE');
    }
    // What goes on from the last piece is none of its own.
    script.push(1, 8, 0);
    expect([script.count, script.lengths[MOST - 1]]).toEqual([MOST, 4]);
  });

  test.each([1, 3, 1000])(
    'is for what is there: %i pairs take no more than two pieces each',
    (pairs) => {
      const made = {
        ...delta(Buffer.alloc(0), Buffer.alloc(0)),
        targetLength: 2 * pairs,
        literalLengths: Buffer.alloc(pairs, 1),
        copyLengths: Buffer.alloc(pairs, 1),
        copyOffsets: Buffer.alloc(pairs, 2),
        literals: Buffer.alloc(pairs),
      };
      const script = readScript(made, 4);
      expect(script.count).toBe(2 * pairs);
      expect(script.lengths.length).toBe(2 * pairs);
      expect([...script.origins.subarray(0, 2)]).toEqual([4, BASIS]);
    },
  );
});
