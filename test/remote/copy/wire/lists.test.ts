import { expect, test } from 'vitest';
import { listBytes } from '../../../../src/remote/copy/wire/lists.js';

test.each([
  [0, 16, 32, 0],
  [1, 16, 32, 36],
  [16, 16, 32, 36],
  [17, 16, 32, 72],
  [2 ** 24 * 16, 16, 12, 2 ** 28],
])(
  'the list of %i bytes in blocks of %i with hashes of %i has %i bytes',
  (sizeBytes, blockBytes, digestBytes, bytes) => {
    expect(listBytes({ sizeBytes, blockBytes, digestBytes })).toBe(bytes);
  },
);

test('a list that is longer than any is refused, with the blocks that make it so', () => {
  const shape = { sizeBytes: 2 ** 24 * 16 + 1, blockBytes: 16, digestBytes: 12 };
  expect(() => listBytes(shape)).toThrow(
    expect.objectContaining({
      code: 'REMOTE_REQUEST',
      message: 'A file of 268435457 bytes has too many blocks of 16.',
    }),
  );
});
