/** Messages that name numbers name the right ones. */
import { mkdirSync, openSync, closeSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  DeltaWriter,
  makeSignature,
  patch,
  patchFiles,
  readSignature,
  applyLibrsyncDelta,
} from '../../../src/index.js';
import { InputFile } from '../../../src/rdiff/files/input.js';
import { MemorySource } from '../../../src/rdiff/memory.js';
import { writePatched } from '../../../src/rdiff/patch.js';
import { testDirectory } from '../../support/directory.js';
import { noise, runs } from '../../support/seed.js';

const directory = testDirectory();
mkdirSync(directory, { recursive: true });

/** A delta that copies a range. */
function copyOf(position: number, length: number): Buffer {
  const delta = Buffer.alloc(4 + 17 + 1);
  delta.writeUInt32BE(0x72730236);
  delta[4] = 0x45 + 15;
  delta.writeBigUInt64BE(BigInt(position), 5);
  delta.writeBigUInt64BE(BigInt(length), 13);
  return delta;
}

test.each([
  [500, 60_000, 100],
  [500, 450, 100],
  [500, 500, 1],
  [0, 0, 1],
  [200_000, 100_000, 2 ** 29],
  [200_000, 2 ** 50, 1],
])('of a basis of %i bytes, a copy from %i of %i bytes', async (size, position, length) => {
  const basis = noise(size);
  const failure = {
    code: 'RDIFF_INPUT_ENDED',
    message: `The delta copies ${length} bytes from ${position}; the basis ends at ${size}`.replace(
      / 1 bytes /,
      ' 1 byte ',
    ),
  };
  const delta = copyOf(position, length);
  const path = join(directory, `basis-${size}`);
  writeFileSync(path, basis);
  writeFileSync(join(directory, 'delta'), delta);
  const files = { basis: path, delta: join(directory, 'delta'), target: join(directory, 'target') };
  await expect(patch(basis, delta)).rejects.toMatchObject(failure);
  await expect(patchFiles(files)).rejects.toMatchObject(failure);
  expect(() => applyLibrsyncDelta(basis, delta)).toThrow(expect.objectContaining(failure));
  // A basis whose size is not known beforehand.
  const descriptor = openSync(path, 'r');
  const file = new InputFile('a file', descriptor);
  const unknown = {
    name: 'a device',
    readAt: (at: number, into: Uint8Array) => file.readAt(at, into),
  };
  const patched = writePatched(unknown, new MemorySource('delta', delta), {
    write: () => undefined,
  });
  await expect(patched).rejects.toMatchObject(failure);
  closeSync(descriptor);
});

test('any copy beyond the end names it', async () => {
  const sizes = fc.tuple(fc.nat(400_000), fc.nat(500_000), fc.integer({ min: 1, max: 300_000 }));
  await fc.assert(
    fc.asyncProperty(sizes, async ([size, position, length]) => {
      fc.pre(position + length > size);
      const patched = patch(new Uint8Array(size), copyOf(position, length));
      await expect(patched).rejects.toThrow(`the basis ends at ${size}`);
    }),
    runs(50),
  );
});

test('a result that is longer than its hash file says is not that file, whatever limit there is', async () => {
  const [old, now] = [noise(3000), noise(5000, 2)];
  const writer = new DeltaWriter(readSignature(makeSignature(old)));
  const delta = Buffer.concat([writer.update(now), writer.finish()]);
  const at = (name: string): string => join(directory, name);
  writeFileSync(at('old'), old);
  writeFileSync(at('long'), delta);
  writeFileSync(at('hash'), `varve-rdiff-hash 1\nsize 4999\nblake3 ${'0'.repeat(64)}\n`);
  const files = { basis: at('old'), delta: at('long'), target: at('out'), sidecar: at('hash') };
  for (const maxOutput of [undefined, 5000, 2 ** 40]) {
    await expect(patchFiles({ ...files, maxOutput })).rejects.toMatchObject({
      code: 'RDIFF_HASH_MISMATCH',
      message: expect.stringContaining('it has more than the expected 4999 bytes') as string,
    });
  }
  await expect(patchFiles({ ...files, maxOutput: 10 })).rejects.toMatchObject({
    code: 'RDIFF_OUTPUT_LIMIT',
    message: 'The delta makes more than 10 bytes, the most allowed here',
  });
});
