import { expect, test } from 'vitest';
import { signatureArguments } from '../../../src/rdiff/format/arguments.js';
import { signatureKind, type StrongName } from '../../../src/rdiff/format/kinds.js';
import { manifest } from '../../support/golden.js';

type Row = [number, StrongName, number, number, number, number];
const { rows } = manifest('sig-args/sig-args.json') as { rows: Row[] };

test('block and strong sum lengths are those that rdiff chooses, 180 times', () => {
  for (const [size, hash, argBlock, argSum, blockLength, strongLength] of rows) {
    const kind = signatureKind('rabinkarp', hash);
    const sizes = { blockLength: argBlock, strongLength: argSum };
    const chosen = signatureArguments(kind, size < 0 ? undefined : size, sizes);
    expect({ size, hash, argBlock, argSum, ...chosen }).toMatchObject({
      blockLength,
      strongLength,
    });
  }
  expect(rows.length).toBe(180);
});

test.each([
  { blockLength: -1 },
  { blockLength: 2 ** 31 },
  { blockLength: 1.5 },
  { strongLength: -2 },
  { strongLength: 17 },
])('%o is refused', (sizes) => {
  expect(() => signatureArguments(signatureKind('rollsum', 'md4'), 1000, sizes)).toThrow(
    expect.objectContaining({ code: 'RDIFF_PARAMETER' }),
  );
});
