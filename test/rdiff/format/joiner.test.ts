import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteBuilder } from '../../../src/rdiff/format/bytes.js';
import { InstructionWriter } from '../../../src/rdiff/format/instruction-writer.js';
import { InstructionJoiner, InstructionPacker } from '../../../src/rdiff/format/joiner.js';
import { Search } from '../../../src/rdiff/format/search.js';
import { fill } from '../../../src/rdiff/format/input-buffer.js';
import { applyDelta, makeSignature, readSignature } from '../../../src/rdiff/format/whole.js';
import { runs } from '../../support/seed.js';

const BLOCK = 8;
/** Runs that repeat, so that matches reach over the borders of parts in every way. */
const file = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 40 })), {
    maxLength: 20,
  })
  .map((runs) => Buffer.concat(runs.map(([byte, length]) => Buffer.alloc(length, byte))));

/** Searches `target` part by part, as worker threads do. */
function searchInParts(basis: Uint8Array, target: Uint8Array, partLength: number): Buffer {
  const signature = readSignature(makeSignature(basis, { blockLength: BLOCK }));
  const search = new Search(signature);
  const output = new ByteBuilder();
  const writer = new InstructionWriter(output);
  const joiner = new InstructionJoiner(writer, (at, length) => target.subarray(at, at + length));
  for (let start = 0; start < target.length; start += partLength) {
    const last = start + partLength + BLOCK > target.length;
    const end = last ? target.length : start + partLength;
    const packer = new InstructionPacker();
    search.restart(packer, start / BLOCK);
    fill(search, target.subarray(start, last ? end : end + BLOCK - 1));
    if (last) search.finish();
    else search.stop();
    joiner.add(start, packer.finish());
    if (last) break;
  }
  joiner.finish();
  writer.finish();
  return Buffer.from(output.take());
}

test('parts searched apart and joined rebuild the file', () => {
  fc.assert(
    fc.property(file, file, fc.integer({ min: 1, max: 6 }), (basis, target, blocks) => {
      const delta = searchInParts(basis, target, blocks * BLOCK);
      expect(Buffer.from(applyDelta(basis, delta))).toEqual(target);
    }),
    runs(500),
  );
});
