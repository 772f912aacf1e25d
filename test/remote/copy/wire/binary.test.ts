import { describe, expect, test } from 'vitest';
import type { DraftPiece } from '../../../../src/remote/copy/draft/pieces.js';
import {
  decodePieces,
  decodeRanges,
  encodePieces,
  encodeRanges,
  MAX_HEAD_BYTES,
} from '../../../../src/remote/copy/wire/binary.js';

const refused = expect.objectContaining({ code: 'REMOTE_REQUEST' }) as Error;
const wide = (value: number): string => value.toString(16).padStart(16, '0');

test('ranges are two numbers of eight bytes each, and lie one after the other', () => {
  const ranges = [
    { offset: 0x1234, length: 5 },
    { offset: Number.MAX_SAFE_INTEGER, length: 7 },
  ];
  const bytes = encodeRanges(ranges);
  expect(bytes.toString('hex')).toBe(
    wide(0x1234) + wide(5) + wide(Number.MAX_SAFE_INTEGER) + wide(7),
  );
  expect(decodeRanges(bytes)).toEqual([
    { ...ranges[0], at: 0 },
    { ...ranges[1], at: 5 },
  ]);
});

test.each([
  ['none', 0, false],
  ['a part of one', 1.5, false],
  ['one', 1, true],
  ['4096', 4096, true],
  ['4097', 4097, false],
])('%s of them are read: %s', (_, count, isRead) => {
  const bytes = Buffer.alloc(count * 16);
  if (isRead) expect(decodeRanges(bytes)).toHaveLength(count);
  else expect(() => decodeRanges(bytes)).toThrow(refused);
});

const PIECES: readonly DraftPiece[] = [
  { type: 'keep', offset: 1, length: 2 },
  { type: 'data', offset: 3, length: 4, at: 0 },
  { type: 'copy', offset: 5, length: 6, from: 7 },
  { type: 'zeros', offset: 8, length: 9 },
  { type: 'data', offset: 10, length: 11, at: 4 },
];
const HEX = [
  '00' + wide(1) + wide(2) + wide(0),
  '02' + wide(3) + wide(4) + wide(0),
  '01' + wide(5) + wide(6) + wide(7),
  '03' + wide(8) + wide(9) + wide(0),
  '02' + wide(10) + wide(11) + wide(0),
];

describe('pieces', () => {
  const head = (count: number): string => count.toString(16).padStart(8, '0');

  test('are their count, then type, offset, length and origin of each; data follows', () => {
    const bytes = Buffer.from(head(5) + HEX.join(''), 'hex');
    expect(encodePieces(PIECES).equals(bytes)).toBe(true);
    const expected = { pieces: PIECES, headBytes: bytes.length, dataBytes: 15 };
    expect(decodePieces(bytes)).toEqual(expected);
    expect(decodePieces(Buffer.concat([bytes, Buffer.alloc(15)]))).toEqual(expected);
  });

  test.each<[string, string]>([
    ['of none', head(0)],
    ['without a count', '000000'],
    ['with less than they are', head(2) + HEX[0]!],
    ['of a type that there is not', `${head(1)}04${wide(0)}${wide(1)}${wide(0)}`],
    ...[0, 1, 2].map((at): [string, string] => {
      const numbers = [1, 1, 1].map((one) => wide(one));
      numbers[at] = '0020000000000000';
      return [`with a number ${at} beyond all files`, `${head(1)}00${numbers.join('')}`];
    }),
    ['with more data than a body', `${head(1)}02${wide(0)}${wide(33 * 1024 * 1024 + 1)}${wide(0)}`],
  ])('%s are refused', (_, hex) => {
    expect(() => decodePieces(Buffer.from(hex, 'hex'))).toThrow(refused);
  });

  test('are at most 4096, with as much data as a body holds', () => {
    const most = Array<DraftPiece>(4096).fill({ type: 'keep', offset: 0, length: 1 });
    expect(encodePieces(most)).toHaveLength(MAX_HEAD_BYTES);
    expect(decodePieces(encodePieces(most)).pieces).toHaveLength(4096);
    const more = encodePieces([...most, ...most.slice(0, 1)]);
    expect(() => decodePieces(more)).toThrow(refused);
    const whole = { type: 'data', offset: 0, length: 33 * 1024 * 1024, at: 0 } as const;
    expect(decodePieces(encodePieces([whole])).dataBytes).toBe(whole.length);
  });
});
