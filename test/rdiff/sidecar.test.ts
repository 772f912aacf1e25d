import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkResult, formatSidecar, parseSidecar } from '../../src/rdiff/sidecar.js';

const BLAKE3 = 'ab'.repeat(32);

test('what is written is read again', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (size) => {
      expect(parseSidecar(formatSidecar({ size, blake3: BLAKE3 }))).toEqual({
        size,
        blake3: BLAKE3,
      });
    }),
  );
});

test.each([
  ['nothing', ''],
  ['another version', formatSidecar({ size: 1, blake3: BLAKE3 }).replace('hash 1', 'hash 2')],
  ['a size with a sign', formatSidecar({ size: 1, blake3: BLAKE3 }).replace('size 1', 'size -1')],
  [
    'a size that does not count exactly',
    `varve-rdiff-hash 1\nsize 9999999999999999\nblake3 ${BLAKE3}\n`,
  ],
  ['a short hash', `varve-rdiff-hash 1\nsize 1\nblake3 abcd\n`],
  ['more behind it', `${formatSidecar({ size: 1, blake3: BLAKE3 })}x`],
])('%s is refused', (_, text) => {
  expect(() => parseSidecar(text)).toThrow(expect.objectContaining({ code: 'RDIFF_CORRUPT' }));
});

test('any other size or hash is a mismatch', () => {
  const right = { size: 3, blake3: BLAKE3 };
  const mismatch = expect.objectContaining({ code: 'RDIFF_HASH_MISMATCH' }) as Error;
  checkResult(right, { ...right });
  expect(() => checkResult(right, { ...right, size: 4 })).toThrow(mismatch);
  expect(() => checkResult(right, { ...right, blake3: 'cd'.repeat(32) })).toThrow(mismatch);
});
