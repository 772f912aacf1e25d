import fc from 'fast-check';
import { expect, test } from 'vitest';
import { holds } from '../../../src/repo/tree/listing.js';
import type { ByteString } from '../../../src/platform/bytes.js';
import { runs } from '../../support/seed.js';

const listing = (names: readonly string[]) => ({
  handle: 1,
  names: [...names].sort() as ByteString[],
  device: 1,
  mount: undefined,
});

test('a name is found where it is, and nowhere else', () => {
  const names = fc.uniqueArray(
    fc.string({ maxLength: 2, unit: fc.constantFrom('a', 'b', '\xff') }),
  );
  fc.assert(
    fc.property(
      names,
      fc.string({ maxLength: 2, unit: fc.constantFrom('a', 'b', '\xff') }),
      (all, one) => {
        expect(holds(listing(all), one as ByteString)).toBe(all.includes(one));
        for (const name of all) expect(holds(listing(all), name as ByteString)).toBe(true);
      },
    ),
    runs(200),
  );
});

test('it costs a few comparisons, however many names there are', () => {
  const { names, ...rest } = listing(
    Array.from({ length: 4096 }, (_, at) => `${at}`.padStart(5, '0')),
  );
  let looks = 0;
  const watched = new Proxy(names, {
    get(target, key, receiver) {
      if (key !== 'length') looks += 1;
      return Reflect.get(target, key, receiver) as unknown;
    },
  });
  expect(holds({ ...rest, names: watched }, '02345' as ByteString)).toBe(true);
  expect(looks).toBeLessThan(20);
});
