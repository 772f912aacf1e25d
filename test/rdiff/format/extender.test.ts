import { expect, test } from 'vitest';
import { MatchExtender } from '../../../src/rdiff/format/extender.js';

/** What the extender makes of instructions against `abcdefghij`. */
function extended(basis: string, instructions: readonly (string | readonly [number, number])[]) {
  const said: string[] = [];
  const extender = new MatchExtender(Buffer.from(basis), {
    copy: (position, length) => void said.push(`${position}+${length}`),
    literal: (bytes) => void said.push(Buffer.from(bytes).toString()),
  });
  for (const one of instructions) {
    if (typeof one === 'string') extender.literal(Buffer.from(one));
    else extender.copy(...one);
  }
  extender.flush();
  return said;
}

test.each([
  ['to the left, over the literal before it', ['XXbc', [3, 4]], ['XX', '1+6']],
  ['to the left, no further than the basis goes', ['Xab', [2, 2]], ['X', '0+4']],
  ['to the left, over all of the literal', ['abc', [3, 2]], ['0+5']],
  ['to the left, not where bytes differ', ['abX', [3, 2]], ['abX', '3+2']],
  ['to the left, over two literals', ['Xa', 'bc', [3, 2]], ['X', '0+5']],
  ['to the right, over the literal behind it', [[0, 3], 'deX'], ['0+3', '3+2', 'X']],
  [
    'to the right, over literals as long as they agree',
    [[0, 2], 'c', 'dX', 'f'],
    ['0+2', '2+1', '3+1', 'Xf'],
  ],
  ['to the right, no further than the basis goes', [[7, 2], 'jX'], ['7+2', '9+1', 'X']],
  ['not from a copy that is not the last', [[0, 2], 'X', 'cd'], ['0+2', 'Xcd']],
] as const)('a match grows %s', (_, instructions, expected) => {
  expect(extended('abcdefghij', instructions)).toEqual(expected);
});

test('long literals are handed on whole, in order', () => {
  const literal = 'x'.repeat(200_000);
  const said = extended('abc', [literal, [0, 3], literal]);
  expect(said.join('')).toBe(`${literal}0+3${literal}`);
});
