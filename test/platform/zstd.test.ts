import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { zstdModule } from '../../src/platform/native-modules.js';
import {
  compress,
  compressBound,
  decompress,
  DEFAULT_LEVEL,
  UndecodableError,
} from '../../src/platform/zstd.js';
import { noise, prose } from '../support/seed.js';

const compressed = (raw: Uint8Array, level = 3): Buffer => {
  const into = Buffer.alloc(compressBound(raw.length));
  return into.subarray(0, compress(raw, into, level) ?? 0);
};

describe('compressing', () => {
  test.each([
    ['nothing', noise(0, 1)],
    ['31 equal bytes', Buffer.alloc(31, 'a')],
    ['noise', noise(5000, 1)],
    ['a lot of noise, by samples', noise(200_000, 1)],
  ])('does not pay for %s', (_, raw) => {
    expect(compress(raw, Buffer.alloc(compressBound(raw.length)), 3)).toBeUndefined();
  });

  test.each([1, 3, 9])('pays for text, and comes back, at level %i', (level) => {
    const raw = prose(500, 1);
    const stored = compressed(raw, level);
    const back = Buffer.alloc(raw.length);
    expect(stored.length).toBeLessThan(raw.length / 2);
    expect(decompress(stored, back)).toBe(raw.length);
    expect(back.equals(raw)).toBe(true);
  });
});

describe('decompressing', () => {
  const raw = prose(50, 1);
  const stored = compressed(raw);

  test.each([
    ['noise', noise(40, 1), raw.length],
    ['a frame that is cut', stored.subarray(0, 90), raw.length],
    ['more than there is room for', stored, raw.length - 1],
  ])('refuses %s', (_, bytes, room) => {
    expect(() => decompress(bytes, Buffer.alloc(room))).toThrow(UndecodableError);
  });

  test('says how much it gave where there is more room', () => {
    expect(decompress(stored, Buffer.alloc(raw.length + 1))).toBe(raw.length);
  });
});

describe('whether compressing pays', () => {
  const KIB = 1024;
  const pays = (raw: Uint8Array, level = DEFAULT_LEVEL): boolean =>
    compressed(raw, level).length > 0;
  /** Noise of a length, with prose at some places. */
  const mixed = (length: number, ...places: readonly number[]): Buffer => {
    const raw = noise(length, 1);
    for (const at of places) prose(2000, 1).copy(raw, at, 0, 20 * KIB);
    return raw;
  };

  test('is asked from 32 bytes on, and is so where at least three in a hundred are saved', () => {
    expect([31, 32].map((length) => pays(Buffer.alloc(length, 'a')))).toEqual([false, true]);
    const share = (percent: number): Buffer =>
      Buffer.concat([noise(10_000 - 100 * percent, 1), Buffer.alloc(100 * percent)]);
    expect([2, 5].map((percent) => pays(share(percent)))).toEqual([false, true]);
    for (const length of [0, 1, 255, 256, 100_000]) {
      expect(compressBound(length)).toBe(length + Math.floor(length / 256) + 1024);
    }
  });

  test.each([
    ['at the beginning', 0, true],
    ['in the middle', 90 * KIB, true],
    ['at the end', 180 * KIB, true],
    ['between the samples', 40 * KIB, false],
  ])('is told of long bytes by one sample of three: %s', (_, at, isTold) => {
    expect(pays(mixed(200 * KIB, at))).toBe(isTold);
  });

  test('is not told by samples below 128 KiB', () => {
    const places = (length: number): boolean => pays(mixed(length, 20 * KIB, 36 * KIB));
    expect([128 * KIB - 1, 128 * KIB].map(places)).toEqual([true, false]);
  });

  test.each([
    [512 * KIB, 166_761],
    [512 * KIB + 1, 169_112],
    [1536 * KIB, 518_134],
    [1536 * KIB + 1, 517_729],
  ])('at the usual level, %i bytes take %i, by the tables for that length', (length, stored) => {
    // They change with zstd, or with the tables.
    const raw = prose(60_000, 1).subarray(0, length);
    expect(raw.length).toBe(length);
    expect(compressed(raw, DEFAULT_LEVEL).length).toBe(stored);
    expect(compressed(raw, 1).length).not.toBe(stored);
  });
});

describe('the native code', () => {
  /** The module over zstd of which a class is another. */
  async function over(change: (real: ReturnType<typeof zstdModule>) => object) {
    vi.resetModules();
    vi.doMock('../../src/platform/native-modules.js', async (original) => {
      const real = await original<{ zstdModule: typeof zstdModule }>();
      return {
        ...real,
        zstdModule: () => ({ ...real.zstdModule(), ...change(real.zstdModule()) }),
      };
    });
    onTestFinished(() => {
      vi.doUnmock('../../src/platform/native-modules.js');
      vi.resetModules();
    });
    return import('../../src/platform/zstd.js');
  }

  test('makes one compressor for each level, and for each length of tables', async () => {
    let made = 0;
    const { compress: compressBy, compressBound: boundOf } = await over(({ CCtx }) => ({
      CCtx: class extends CCtx {
        constructor() {
          super();
          made += 1;
        }
      },
    }));
    const raw = prose(50, 1);
    for (let turn = 0; turn < 3; turn += 1) {
      for (const level of [3, 7, 9]) {
        expect(compressBy(raw, Buffer.alloc(boundOf(raw.length)), level)).toBeGreaterThan(0);
      }
    }
    expect(made).toBe(3);
  });

  test.each<[string, () => Error, object]>([
    ['its own failure', () => new Error('Data corruption detected'), { name: 'Error' }],
    [
      'no memory',
      () => new Error('Allocation error : not enough memory'),
      { code: 'OUT_OF_MEMORY' },
    ],
    ['a bug', () => new TypeError('x is not a function'), { name: 'TypeError' }],
  ])('fails with %s as what it is', async (_, make, expected) => {
    const error = make();
    const { decompress: decode, UndecodableError: Undecodable } = await over(() => ({
      DCtx: class {
        decompress(): never {
          throw error;
        }
      },
    }));
    let found: unknown;
    try {
      decode(Buffer.alloc(10), Buffer.alloc(10));
    } catch (thrown) {
      found = thrown;
    }
    expect(found).toMatchObject(expected);
    expect(found instanceof Undecodable).toBe(error.message.startsWith('Data'));
    if (!(error instanceof TypeError)) expect((found as Error).cause).toBe(error);
    else expect(found).toBe(error);
  });
});
