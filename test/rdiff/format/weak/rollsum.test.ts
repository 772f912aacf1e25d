/** Both rolling sums: whatever a window went through, its sum is that of its bytes. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Kernel } from '../../../../src/rdiff/format/wasm/kernel.js';
import {
  RABIN_KARP_MULTIPLIER,
  RabinKarp,
  rabinKarpPower,
} from '../../../../src/rdiff/format/weak/rabin-karp.js';
import { Rollsum } from '../../../../src/rdiff/format/weak/rollsum.js';
import { noise, runs } from '../../../support/seed.js';

const SUMS = [
  ['Rollsum', () => new Rollsum(), 'rollsum'],
  ['RabinKarp', () => new RabinKarp(), 'rabinKarp'],
] as const;

describe.each(SUMS)('%s', (_, create, kernelName) => {
  const of = (bytes: Iterable<number>): number => {
    const sum = create();
    sum.update(Uint8Array.from(bytes));
    return sum.digest;
  };

  test('of what rolled in, rolled on and rolled out is that of what is left', () => {
    const step = fc.constantFrom('in', 'on', 'out', 'copy');
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.nat(1000), (steps, seed) => {
        const bytes = noise(200, seed);
        let sum = create();
        const window: number[] = [];
        steps.forEach((one, index) => {
          const byte = bytes[index] as number;
          if (one === 'copy') sum = sum.copy();
          else if (one === 'in' || window.length === 0) {
            sum.rollIn(byte);
            window.push(byte);
          } else {
            const out = window.shift() as number;
            if (one === 'out') sum.rollOut(out);
            else {
              sum.rotate(out, byte);
              window.push(byte);
            }
          }
          expect([sum.digest, sum.length]).toEqual([of(window), window.length]);
        });
      }),
      runs(50),
    );
  });

  test('is what the kernel computes of a block, of any length', () => {
    const kernel = new Kernel();
    const address = kernel.reserve(70_000);
    for (const bytes of [noise(70_000, 5), Buffer.alloc(70_000, 255)]) {
      kernel.bytes.set(bytes, address);
      for (const length of [0, 1, 31, 32, 33, 63, 64, 65, 255, 4096, 65_535, 65_536, 70_000]) {
        const sum = kernel.run[kernelName](address, length) >>> 0;
        expect([length, sum]).toEqual([length, of(bytes.subarray(0, length))]);
      }
    }
  });

  test('of zeros tells how many there are', () => {
    const sums = Array.from({ length: 300 }, (__, length) => of(Buffer.alloc(length)));
    expect(new Set(sums).size).toBe(300);
  });
});

test('a power is the multiplier so many times', () => {
  let power = 1;
  for (let exponent = 0; exponent < 300; exponent += 1) {
    expect(rabinKarpPower(exponent) >>> 0).toBe(power >>> 0);
    power = Math.imul(power, RABIN_KARP_MULTIPLIER);
  }
});
