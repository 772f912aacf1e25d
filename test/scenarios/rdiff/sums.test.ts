import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BLAKE2B, hashBlocks, MD4, type StrongHash } from '../../../src/rdiff/format/strong.js';
import { Kernel } from '../../../src/rdiff/format/wasm/kernel.js';
import { RabinKarp } from '../../../src/rdiff/format/weak/rabin-karp.js';
import { Rollsum } from '../../../src/rdiff/format/weak/rollsum.js';
import { manifest, seededBytes } from '../../support/golden.js';
import { referenceBlake2b, referenceMd4 } from '../../support/reference-sums.js';
import { runs } from '../../support/seed.js';

interface Vector {
  name: string;
  len: number;
  hex: string;
  rollsum: string;
  rabinkarp: string;
  md4: string;
  blake2b256: string;
}
interface Roll {
  kind: 'rollsum' | 'rabinkarp';
  window64at0: string;
  window64at330: string;
  window390to394: string;
}
const sums = manifest('sums/sums.json') as { vectors: Vector[]; rolling: { checks: Roll[] } };

const hex32 = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');

function contentOf({ name, len, hex }: Vector): Buffer {
  if (name.startsWith('zeros-')) return Buffer.alloc(len);
  if (name.startsWith('ff-')) return Buffer.alloc(len, 0xff);
  return name.startsWith('rnd-') ? seededBytes('sums', len) : Buffer.from(hex, 'hex');
}

/** The strong sums of `count` consecutive blocks. */
function strongSums(hash: StrongHash, bytes: Uint8Array, length: number, count: number): Buffer[] {
  const kernel = new Kernel();
  const digests = kernel.reserve(count * hash.digestBytes);
  const address = kernel.reserve(bytes.length);
  kernel.bytes.set(bytes, address);
  hashBlocks(kernel, hash, { address, length, count }, digests);
  return Array.from({ length: count }, (_, block) =>
    Buffer.from(
      kernel.bytes.slice(
        digests + block * hash.digestBytes,
        digests + (block + 1) * hash.digestBytes,
      ),
    ),
  );
}

function weakSums(bytes: Uint8Array): { rollsum: string; rabinkarp: string } {
  const kernel = new Kernel();
  const address = kernel.reserve(bytes.length);
  kernel.bytes.set(bytes, address);
  return {
    rollsum: hex32(kernel.run.rollsum(address, bytes.length)),
    rabinkarp: hex32(kernel.run.rabinKarp(address, bytes.length)),
  };
}

describe.each(sums.vectors)('the sums of $name', (vector) => {
  const content = contentOf(vector);

  test('are those of librsync', () => {
    expect(strongSums(MD4, content, content.length, 1)[0]!.toString('hex')).toBe(vector.md4);
    expect(strongSums(BLAKE2B, content, content.length, 1)[0]!.toString('hex')).toBe(
      vector.blake2b256,
    );
    const { rollsum, rabinkarp } = vector;
    expect(weakSums(content)).toEqual({ rollsum, rabinkarp });
  });

  test('are those of the reference and of the rolling sums', () => {
    expect(referenceMd4(content).toString('hex')).toBe(vector.md4);
    expect(referenceBlake2b(content.subarray(0, 4096)).length).toBe(32);
    const [rollsum, rabinKarp] = [new Rollsum(), new RabinKarp()];
    rollsum.update(content);
    rabinKarp.update(content);
    expect(hex32(rollsum.digest)).toBe(vector.rollsum);
    expect(hex32(rabinKarp.digest)).toBe(vector.rabinkarp);
  });
});

test.each(sums.rolling.checks)('$kind rolls as in librsync', (check) => {
  const data = seededBytes('roll', 400);
  const sum = check.kind === 'rollsum' ? new Rollsum() : new RabinKarp();
  sum.update(data.subarray(0, 64));
  expect(hex32(sum.digest)).toBe(check.window64at0);
  for (let i = 0; i < 330; i++) sum.rotate(data[i]!, data[i + 64]!);
  expect(hex32(sum.digest)).toBe(check.window64at330);
  for (let i = 330; i < 390; i++) sum.rollOut(data[i]!);
  expect(hex32(sum.digest)).toBe(check.window390to394);
});

describe('blocks hashed side by side have the sums that they have alone', () => {
  const blocks = fc.record({
    length: fc.oneof(fc.integer({ min: 1, max: 400 }), fc.constantFrom(55, 56, 64, 128, 256)),
    count: fc.integer({ min: 1, max: 20 }),
    seed: fc.string(),
  });
  test.each([
    { hash: MD4, reference: referenceMd4 },
    { hash: BLAKE2B, reference: referenceBlake2b },
  ])('$hash.name', ({ hash, reference }) => {
    fc.assert(
      fc.property(blocks, ({ length, count, seed }) => {
        const bytes = seededBytes(seed, length * count);
        const expected = Array.from({ length: count }, (_, block) =>
          reference(bytes.subarray(block * length, (block + 1) * length)),
        );
        expect(strongSums(hash, bytes, length, count)).toEqual(expected);
      }),
      runs(30),
    );
  });
});
