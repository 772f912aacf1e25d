import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AttributeSet } from '../../../src/repo/model.js';
import { decodeAttributeSet, encodeAttributeSet } from '../../../src/repo/packs/attribute-set.js';
import type { ByteString } from '../../../src/platform/bytes.js';
import { runs } from '../../support/seed.js';

const bytes = fc
  .uint8Array({ maxLength: 300 })
  .map((array) => Buffer.from(array).toString('latin1') as ByteString);
const sets: fc.Arbitrary<AttributeSet> = fc.record({
  user: bytes,
  group: bytes,
  flags: fc.nat(),
  xattrs: fc.array(fc.record({ name: bytes, value: bytes }), { maxLength: 5 }),
});

describe('an attribute set', () => {
  test('is what was encoded, whatever bytes its names and values have', () => {
    fc.assert(
      fc.property(sets, (set) => {
        expect(decodeAttributeSet(encodeAttributeSet(set))).toEqual(set);
      }),
      runs(200),
    );
  });

  test('that nothing is known of is empty; that has nothing is not', () => {
    expect(decodeAttributeSet(new Uint8Array(0))).toBeUndefined();
    const none = { user: '' as ByteString, group: '' as ByteString, flags: 0, xattrs: [] };
    expect(encodeAttributeSet(none)).toEqual(Buffer.of(0, 0, 0, 0));
  });

  test('is refused when it is cut or continued anywhere', () => {
    fc.assert(
      fc.property(
        sets,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (set, share) => {
          const encoded = encodeAttributeSet(set);
          const cut = encoded.subarray(0, Math.max(1, Math.floor(encoded.length * share)));
          const refused = expect.objectContaining({
            code: expect.stringMatching(/^(FRAME|DELTA)_CORRUPT$/) as string,
          }) as Error;
          expect(() => decodeAttributeSet(cut)).toThrow(refused);
          expect(() => decodeAttributeSet(Buffer.concat([encoded, Buffer.of(0)]))).toThrow(refused);
        },
      ),
      runs(200),
    );
  });
});
