import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyDelta } from '../../src/delta/apply.js';
import { encodeDelta } from '../../src/delta/encode.js';

test('a delta rebuilds its target from its basis', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.uint8Array({ maxLength: 400 }), (a, b) => {
      const basis = Buffer.concat([a, b, a]);
      const target = Buffer.concat([b, a]);
      const delta = encodeDelta(basis, target);
      if (delta === undefined) throw new Error('no delta');
      expect(applyDelta(basis, delta)).toEqual(target);
    }),
  );
});
