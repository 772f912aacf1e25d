import { expect, test } from 'vitest';
import { chooseBasis } from '../../../src/remote/copy/basis.js';

const facts = (sizeBytes: number) => ({
  sizeBytes,
  identity: '',
  mode: undefined,
  mtime: undefined,
});
const left = (dataBytes: number) => ({ ...facts(1000), dataBytes });
const usual = { isWholeFile: false, isInPlace: false };
const none = { old: undefined, left: undefined };

test.each([
  ['nothing is there', none, usual, undefined],
  ['the old file is empty', { ...none, old: facts(0) }, usual, undefined],
  ['the old file is there', { ...none, old: facts(9) }, usual, { name: 'old', canMove: true }],
  [
    'it is written in place',
    { ...none, old: facts(9) },
    { ...usual, isInPlace: true },
    { name: 'old', canMove: false },
  ],
  [
    'only a start was left',
    { old: facts(9), left: left(499) },
    usual,
    { name: 'old', canMove: true },
  ],
  ['half was left', { old: facts(9), left: left(500) }, usual, { name: 'left', canMove: false }],
  [
    'a start was left, and there is no old file',
    { old: undefined, left: left(1) },
    usual,
    { name: 'left', canMove: false },
  ],
  [
    'something was left, and it is written in place',
    { old: facts(9), left: left(900) },
    { ...usual, isInPlace: true },
    { name: 'old', canMove: false },
  ],
  [
    'the whole file is to be sent',
    { old: facts(9), left: left(900) },
    { ...usual, isWholeFile: true },
    undefined,
  ],
])('where %s', (_, target, options, expected) => {
  expect(chooseBasis(target, 1000, options)).toEqual(expected);
});

test('an empty file is made from nothing', () => {
  expect(chooseBasis({ old: facts(9), left: left(900) }, 0, usual)).toBeUndefined();
});
