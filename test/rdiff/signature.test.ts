import { expect, test } from 'vitest';
import { loadSignature, writeDelta } from '../../src/rdiff/delta.js';
import { writeDirectDelta } from '../../src/rdiff/direct.js';
import { HashingSink, HashingSource } from '../../src/rdiff/hashing.js';
import { MemorySource } from '../../src/rdiff/memory.js';
import { writeSignature } from '../../src/rdiff/signature.js';
import {
  makeDelta,
  makeDirectDelta,
  makeSignature,
  readSignature,
} from '../../src/rdiff/format/whole.js';
import { blake3 } from '../../src/platform/hash.js';
import { noise } from '../support/seed.js';

const basis = noise(700_000, 1);
const target = Buffer.concat([basis.subarray(300_000), noise(5000, 2), basis.subarray(0, 300_000)]);

/** A source that gives what it has in small pieces, and may not know how much that is. */
function pieces(bytes: Uint8Array, isSizeKnown = true) {
  const memory = new MemorySource('pieces', bytes);
  const size = isSizeKnown ? bytes.length : undefined;
  return {
    name: 'pieces',
    size,
    read: (into: Uint8Array) => memory.read(into.subarray(0, 70_001)),
  };
}

function sink() {
  const written: Buffer[] = [];
  return {
    write: (bytes: Uint8Array) => void written.push(Buffer.from(bytes)),
    bytes: () => Buffer.concat(written),
  };
}

test.each([
  [{}, true],
  [{}, false],
  [{ weak: 'rollsum', strong: 'md4', blockLength: 1000, strongLength: 8 }, true],
  [{ strongLength: -1 }, true],
] as const)(
  'a signature with %j, of a known size %s, is that of the whole',
  async (options, isKnown) => {
    const out = sink();
    const report = await writeSignature(pieces(basis, isKnown), out, options);
    const expected = makeSignature(basis, isKnown ? options : { ...options, blockLength: 2048 });
    expect(out.bytes().equals(expected)).toBe(true);
    const { blockLength, strongLength, blockCount } = readSignature(expected);
    expect(report).toMatchObject({
      blockLength,
      strongLength,
      blocks: blockCount,
      bytesIn: basis.length,
      bytesOut: expected.length,
    });
  },
);

test('a delta is that of the whole, and what was done is reported', async () => {
  const file = makeSignature(basis);
  const signature = await loadSignature(pieces(file));
  const out = sink();
  const report = await writeDelta(signature, pieces(target), out);
  const expected = makeDelta(readSignature(file), target);
  expect(out.bytes().equals(expected)).toBe(true);
  expect(report).toMatchObject({ bytesIn: target.length, bytesOut: expected.length });
  expect(report.matches?.matches).toBeGreaterThan(0);
});

test('a delta of both files is exact where both sizes are known, else by a signature', async () => {
  const out = sink();
  const report = await writeDirectDelta(pieces(basis), pieces(target), out);
  const expected = makeDirectDelta(basis, target);
  expect(out.bytes().equals(expected)).toBe(true);
  expect(report).toMatchObject({ bytesIn: target.length, bytesOut: expected.length });
  expect(report.matches).toBeUndefined();
  for (const [of, to] of [
    [false, true],
    [true, false],
  ] as const) {
    const other = sink();
    const searched = await writeDirectDelta(pieces(basis, of), pieces(target, to), other);
    expect(searched.matches?.matches).toBeGreaterThan(0);
    const options = of ? {} : { blockLength: 2048 };
    const signature = readSignature(makeSignature(basis, options));
    expect(other.bytes().equals(makeDelta(signature, target))).toBe(true);
  }
});

test('what passes is hashed, both ways', async () => {
  const source = new HashingSource(pieces(target));
  const out = sink();
  const hashing = new HashingSink(out);
  expect([source.name, source.size]).toEqual(['pieces', target.length]);
  for (const into = new Uint8Array(100_000); ;) {
    const length = await source.read(into);
    if (length === 0) break;
    await hashing.write(into.subarray(0, length));
  }
  const expected = { size: target.length, blake3: blake3(target).toString('hex') };
  expect(source.result()).toEqual(expected);
  expect(hashing.result()).toEqual(expected);
  expect(out.bytes().equals(target)).toBe(true);
});
