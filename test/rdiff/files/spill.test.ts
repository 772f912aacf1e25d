/** Results stay in memory up to a limit, and go to a file from the first byte beyond it. */
import type { FileHandle } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { DEFAULT_MAX_MEMORY, Spill } from '../../../src/rdiff/files/spill.js';
import { overCalls } from '../../support/plain-calls.js';
import { noise, runs } from '../../support/seed.js';

/** What a spill makes of pieces, and whether it is in memory. */
async function spilled(maxMemory: number, pieces: readonly Uint8Array[]) {
  const spill = new Spill(maxMemory);
  for (const piece of pieces) {
    // The writer uses its bytes again.
    const lent = Buffer.from(piece);
    await spill.write(lent);
    lent.fill(0);
  }
  const result = spill.result();
  if (result instanceof Uint8Array) return { isInMemory: true, bytes: Buffer.from(result) };
  const bytes = await result.readFile();
  await result.close();
  return { isInMemory: false, bytes };
}

describe('a result', () => {
  test.each([0, 1, 2, 1000, 65_536])('is bytes up to a limit of %i', async (limit) => {
    for (const length of [0, 1, limit - 1, limit, limit + 1, 2 * limit].filter((n) => n >= 0)) {
      const bytes = noise(length, 1);
      for (const cut of [0, Math.floor(length / 2), Math.max(0, length - 1), length]) {
        const result = await spilled(limit, [bytes.subarray(0, cut), bytes.subarray(cut)]);
        expect(result.isInMemory, `${length} bytes`).toBe(length <= limit);
        expect(result.bytes.equals(bytes), `${length} bytes`).toBe(true);
      }
    }
  });

  test('is what was written, however that is cut', async () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(fc.nat(100), pieces, async (limit, written) => {
        const expected = Buffer.concat(written);
        const { isInMemory, bytes } = await spilled(limit, written);
        expect(isInMemory).toBe(expected.length <= limit);
        expect(bytes.equals(expected)).toBe(true);
      }),
      runs(200),
    );
  });

  test('is bytes up to 8 MiB, unless told otherwise', () => {
    expect(DEFAULT_MAX_MEMORY).toBe(8 * 1024 * 1024);
  });
});

test('what is given up is closed, and needs no file to be given up', async () => {
  const inMemory = new Spill(10);
  await inMemory.write(noise(10, 1));
  await inMemory.discard();
  const inFile = new Spill(10);
  await inFile.write(noise(11, 1));
  const handle = inFile.result() as FileHandle;
  expect(handle.fd).toBeGreaterThan(2);
  await inFile.discard();
  expect(handle.fd).toBe(-1);
});

test('where no temporary file can be opened, the failure says so', async () => {
  const failure = Object.assign(new Error('ENOSPC: of the system'), { errno: -28 });
  const { Spill: Failing } = await overCalls(
    { openNameless: () => Promise.reject(failure) },
    () => import('../../../src/rdiff/files/spill.js'),
  );
  const spill = new Failing(3);
  onTestFinished(() => spill.discard());
  await spill.write(Buffer.from('abc'));
  await expect(spill.write(Buffer.from('d'))).rejects.toMatchObject({
    code: 'RDIFF_IO',
    message: 'Error opening a temporary file: No space left on device',
  });
});
