import { expect, test } from 'vitest';
import {
  foundChange,
  toChange,
  type FileSide,
} from '../../../../src/repo/operations/queries/change.js';
import type { ByteString } from '../../../../src/platform/bytes.js';

const PATH = '/f' as ByteString;
const before: FileSide = { sizeBytes: 0, content: { type: 'none' } };
const after: FileSide = { sizeBytes: 7, content: { type: 'live' } };

test.each([
  ['modified', before, after, { sizeBefore: 0, sizeAfter: 7 }],
  ['added', undefined, after, { sizeAfter: 7 }],
  ['removed', before, undefined, { sizeBefore: 0 }],
  ['type', undefined, undefined, {}],
] as const)('%s: it has the size of each side that is a file', (change, old, now, sizes) => {
  const found = foundChange(PATH, change, old, now);
  expect(found).toEqual({ path: PATH, change, ...sizes, before: old, after: now });
  expect(toChange(found)).toEqual({ path: PATH, change, ...sizes });
  const renamed = { ...found, renamedFrom: '/old' as ByteString };
  expect(toChange(renamed)).toEqual({ path: PATH, change, ...sizes, renamedFrom: '/old' });
});
