import * as fs from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { blake3 } from '../../../../src/platform/hash.js';
import type { ChunkingParameters } from '../../../../src/repo/model.js';
import { createPieceCutter } from '../../../../src/repo/operations/backup/piece-cutter.js';
import { hashFile } from '../../../../src/repo/operations/queries/hash-file.js';
import { holeHash, holeLength } from '../../../../src/repo/packs/hole.js';
import { openFileSystem } from '../../../../src/platform/files.js';
import { scratchDirectory } from '../../../support/directory.js';
import { seededBytes } from '../../../support/golden.js';
import { runs } from '../../../support/seed.js';

const MIB = 1024 * 1024;
const CHUNKING: ChunkingParameters = {
  wholeFileBytes: 300_000,
  segmentBytes: 5 * MIB,
  leastBytes: 16_384,
  averageBytes: 65_536,
  mostBytes: 262_144,
};
/** Noise, with zeros across the edges of windows and of the segment. */
const BYTES = seededBytes('pieces', 6 * MIB)
  .fill(0, 4 * MIB - 200_000, 4 * MIB + 100_001)
  .fill(0, 5 * MIB - 70_000, 5 * MIB + 90_000);

/** The hash of each piece that the cutter makes of bytes that come in parts of these lengths. */
function hashPieces(bytes: Buffer, partBytes: () => number): Uint8Array[] {
  const cutter = createPieceCutter(CHUNKING);
  const hashes: Uint8Array[] = [];
  let endsInHole = false;
  const take = (groups: ReturnType<typeof cutter.end>): void => {
    for (const { bytes: window, pieces } of groups) {
      for (const { start, lengthBytes, isHole } of pieces) {
        const before = isHole && endsInHole ? holeLength(hashes.pop()!)! : 0;
        const piece = window.subarray(start, start + lengthBytes);
        hashes.push(isHole ? holeHash(before + lengthBytes) : blake3(piece));
        endsInHole = isHole;
      }
    }
  };
  for (let start = 0; start < bytes.length;) {
    const end = start + partBytes();
    take(cutter.push(bytes.subarray(start, end)));
    start = end;
  }
  take(cutter.end());
  return hashes;
}

test('bytes are cut as a file with the same bytes is, whatever parts they come in', () => {
  const path = join(scratchDirectory(), 'file');
  const files = openFileSystem();
  const edges = [0, 1, 300_000, 300_001, 4 * MIB, 4 * MIB + 1, 5 * MIB, 5 * MIB + 1];
  const length = fc.oneof(fc.constantFrom(...edges), fc.nat(BYTES.length));
  const parts = fc.array(fc.integer({ min: 1, max: 3 * MIB }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(length, parts, (lengthBytes, partLengths) => {
      const bytes = BYTES.subarray(0, lengthBytes);
      fs.writeFileSync(path, bytes);
      const descriptor = files.open(path, 'read');
      const wanted = hashFile(files, descriptor, lengthBytes, CHUNKING);
      files.close(descriptor);

      let part = 0;
      const hashes = hashPieces(bytes, () => partLengths[part++ % partLengths.length]!);
      const [first] = hashes;
      if (first === undefined) expect(wanted).toEqual({ type: 'none' });
      else if (hashes.length === 1) expect(wanted).toEqual({ type: 'blob', hash: first });
      else expect(wanted).toEqual({ type: 'content', hash: blake3(Buffer.concat(hashes)) });
    }),
    runs(20),
  );
});
