/** The kinds of signature, and how a stream that begins otherwise is told. */
import { expect, test } from 'vitest';
import { badMagic, kindOfMagic, signatureKind } from '../../../src/rdiff/format/kinds.js';

test('each pair of sums has a kind of its own, which its magic number names', () => {
  expect(signatureKind()).toMatchObject({ weak: 'rabinkarp', strong: 'blake2' });
  expect(signatureKind('rollsum')).toMatchObject({ weak: 'rollsum', strong: 'blake2' });
  const magics = (['rollsum', 'rabinkarp'] as const).flatMap((weak) =>
    (['md4', 'blake2'] as const).map((strong) => {
      const kind = signatureKind(weak, strong);
      expect(kind).toMatchObject({ weak, strong, maxStrongLength: strong === 'md4' ? 16 : 32 });
      expect(kindOfMagic(kind.magic)).toBe(kind);
      return kind.magic.toString(16);
    }),
  );
  expect(magics).toEqual(['72730136', '72730137', '72730146', '72730147']);
});

test.each([
  ['md5' as never, undefined, 'The weak sum must be "rabinkarp" or "rollsum", not "md5"'],
  [undefined, 'sha1' as never, 'The strong sum must be "blake2" or "md4", not "sha1"'],
  [
    'rollsum' as const,
    'rollsum' as never,
    'The strong sum must be "blake2" or "md4", not "rollsum"',
  ],
])('there is no kind of %s and %s', (weak, strong, message) => {
  expect(() => signatureKind(weak, strong)).toThrow(
    expect.objectContaining({ code: 'RDIFF_PARAMETER', message }),
  );
});

test.each([
  [0, '0x00000000'],
  [0x1234, '0x00001234'],
  [0xffff_ffff, '0xffffffff'],
])('a magic number is told with all its digits: %i', (magic, digits) => {
  expect(badMagic('delta', magic, '0x72730236')).toMatchObject({
    code: 'RDIFF_BAD_MAGIC',
    message: `The delta starts with the magic number ${digits}; 0x72730236 was expected`,
    hint: 'Check that this file is a librsync delta and that the arguments are in order.',
  });
  expect(kindOfMagic(magic)).toBeUndefined();
});
