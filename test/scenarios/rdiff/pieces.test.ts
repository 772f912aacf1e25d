import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DeltaWriter } from '../../../src/rdiff/format/delta-writer.js';
import { signatureKind } from '../../../src/rdiff/format/kinds.js';
import { Patcher } from '../../../src/rdiff/format/patcher.js';
import { SignatureReader } from '../../../src/rdiff/format/signature-reader.js';
import { SignatureWriter } from '../../../src/rdiff/format/signature-writer.js';
import {
  applyDelta,
  makeDelta,
  makeSignature,
  readSignature,
} from '../../../src/rdiff/format/whole.js';
import { runs } from '../../support/seed.js';

/** Few byte values, so that matches, repeats and near misses all occur. */
const text = fc.uint8Array({ min: 0, max: 2, maxLength: 600 });
const edited = fc.tuple(text, text, fc.nat(600), fc.nat(600)).map(([basis, insert, from, to]) => ({
  basis,
  target: Uint8Array.from([...basis.slice(0, from), ...insert, ...basis.slice(to)]),
}));
const options = fc.record({
  weak: fc.constantFrom('rollsum' as const, 'rabinkarp' as const),
  strong: fc.constantFrom('md4' as const, 'blake2' as const),
  blockLength: fc.integer({ min: 1, max: 40 }),
});
const cuts = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 8 });

/** `bytes` in pieces of the given lengths, over and over; at least one byte a round. */
function* pieces(bytes: Uint8Array, lengths: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length]! + (i % lengths.length === 0 ? 1 : 0);
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

function collect(
  writer: { update(bytes: Uint8Array): Uint8Array; finish(): Uint8Array },
  input: Iterable<Uint8Array>,
): Buffer {
  const parts = [...input].map((piece) => writer.update(piece));
  return Buffer.concat([...parts, writer.finish()]);
}

test('a delta rebuilds the target, and how input is cut changes nothing', () => {
  const property = fc.property(edited, options, cuts, ({ basis, target }, asked, lengths) => {
    const whole = makeSignature(basis, asked);
    const header = { kind: signatureKind(asked.weak, asked.strong), ...asked, strongLength: 0 };
    const strongLength = header.kind.maxStrongLength;
    const writer = new SignatureWriter({ ...header, strongLength });
    expect(collect(writer, pieces(basis, lengths))).toEqual(Buffer.from(whole));

    const reader = new SignatureReader();
    for (const piece of pieces(whole, lengths)) reader.update(piece);
    expect(reader.finish()).toEqual(readSignature(whole));

    const delta = makeDelta(readSignature(whole), target);
    const cut = collect(new DeltaWriter(readSignature(whole)), pieces(target, lengths));
    expect(cut).toEqual(Buffer.from(delta));

    expect(Buffer.from(applyDelta(basis, delta))).toEqual(Buffer.from(target));
    const patcher = new Patcher();
    const steps = [...pieces(delta, lengths)].flatMap((piece) => patcher.update(piece));
    patcher.finish();
    const output = steps.map((step) =>
      step.type === 'literal'
        ? step.bytes
        : basis.subarray(step.position, step.position + step.length),
    );
    expect(Buffer.concat(output)).toEqual(Buffer.from(target));
  });
  fc.assert(property, runs(300));
});

test('literals longer than one command are cut the same way, however they arrive', () => {
  const target = new Uint8Array(200_000).map((_, i) => (i * i) >>> 7);
  const signature = readSignature(makeSignature(new Uint8Array(1000), { blockLength: 100 }));
  const whole = makeDelta(signature, target);
  for (const length of [1000, 65_535, 65_536, 99_999]) {
    expect(collect(new DeltaWriter(signature), pieces(target, [length]))).toEqual(
      Buffer.from(whole),
    );
  }
  expect(Buffer.from(applyDelta(new Uint8Array(1000), whole))).toEqual(Buffer.from(target));
});
