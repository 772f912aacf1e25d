import { describe, expect, test } from 'vitest';
import { MemorySource } from '../../src/rdiff/memory.js';
import { writePatched } from '../../src/rdiff/patch.js';
import { makeDelta, makeSignature, readSignature } from '../../src/rdiff/format/whole.js';
import { noise } from '../support/seed.js';

const basis = noise(400_000, 1);
const target = Buffer.concat([basis.subarray(100_000), noise(5000, 2), basis.subarray(0, 100_000)]);
const delta = Buffer.from(makeDelta(readSignature(makeSignature(basis)), target));

async function patched(of: Uint8Array, by: Uint8Array, maxOutput?: number) {
  const pieces: Buffer[] = [];
  const sink = { write: (bytes: Uint8Array) => void pieces.push(Buffer.from(bytes)) };
  const report = await writePatched(
    new MemorySource('basis', of),
    new MemorySource('delta', by),
    sink,
    maxOutput === undefined ? {} : { maxOutput },
  );
  return { report, bytes: Buffer.concat(pieces) };
}

test('the new file is written, and what was read, written and left over is reported', async () => {
  const trailing = Buffer.concat([delta, Buffer.alloc(7)]);
  const { report, bytes } = await patched(basis, trailing);
  expect(bytes.equals(target)).toBe(true);
  expect(report).toMatchObject({
    bytesIn: delta.length + 7,
    bytesOut: target.length,
    trailingBytes: 7,
  });
  const { literalBytes, copyBytes } = report.instructions;
  expect(literalBytes + copyBytes).toBe(target.length);
});

test('a result may be as long as the limit, and no longer', async () => {
  expect((await patched(basis, delta, target.length)).bytes.equals(target)).toBe(true);
  await expect(patched(basis, delta, target.length - 1)).rejects.toMatchObject({
    code: 'RDIFF_OUTPUT_LIMIT',
  });
});

describe('a basis that ends too early', () => {
  test.each([0, 1, 99_999, 100_000, 300_000, 350_000])(
    'at %i is named with its end',
    async (end) => {
      await expect(patched(basis.subarray(0, end), delta)).rejects.toMatchObject({
        code: 'RDIFF_INPUT_ENDED',
        message: expect.stringMatching(new RegExp(`; the basis ends at ${end}$`)) as string,
      });
    },
  );
});

test('a delta that ends too early is no delta', async () => {
  await expect(patched(basis, delta.subarray(0, -1))).rejects.toMatchObject({
    code: 'RDIFF_INPUT_ENDED',
  });
});
