import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyDelta } from '../../src/delta/apply.js';
import type { Delta } from '../../src/delta/delta.js';
import { blake3 } from '../../src/platform/hash.js';
import { parseDelta, serializeDelta } from '../../src/delta/serialize.js';
import { CodedError } from '../../src/errors.js';
import { noise, runs } from '../support/seed.js';
import { codeOf, delta, edited, edits, text } from '../support/texts.js';

const basis = Buffer.from('the quick brown fox');

/** A delta from `basis`, its streams spelled in hex, that claims `target`. */
function handMade(target: string, streams: readonly string[], literals = ''): Delta {
  const [literalLengths, copyLengths, copyOffsets] = streams.map((hex) => Buffer.from(hex, 'hex'));
  return {
    basisHash: blake3(basis),
    targetHash: blake3(Buffer.from(target)),
    targetLength: target.length,
    literalLengths: literalLengths!,
    copyLengths: copyLengths!,
    copyOffsets: copyOffsets!,
    literals: Buffer.from(literals),
  };
}

describe('a well-formed delta', () => {
  test('takes literals and copies in turn', () => {
    const made = handMade('a quick fox', ['0100', '0604', '060c'], 'a');
    expect(applyDelta(basis, made).toString()).toBe('a quick fox');
  });

  test('may end in a literal', () => {
    const made = handMade('the end', ['0003', '04', '00'], 'end');
    expect(applyDelta(basis, made).toString()).toBe('the end');
  });

  test('may be empty', () => {
    expect(applyDelta(basis, handMade('', ['', '', '']))).toHaveLength(0);
  });

  test('may copy backwards and the same bytes twice', () => {
    const made = handMade('foxthe the', ['000000', '030403', '202507']);
    expect(applyDelta(basis, made).toString()).toBe('foxthe the');
  });
});

describe('a malformed delta is refused', () => {
  test.each([
    ['an empty copy', handMade('', ['00', '00', '00'])],
    ['a copy without a literal length', handMade('the', ['', '03', '00'])],
    ['a copy without an offset', handMade('the', ['00', '03', ''])],
    ['an offset without a copy', handMade('the', ['00', '03', '0000'])],
    ['two literals in a row', handMade('ab', ['0101', '', ''], 'ab')],
    ['an empty literal at the end', handMade('the', ['0000', '03', '00'])],
    ['a copy split in two', handMade('the', ['0000', '0102', '0000'])],
    ['a copy from before the basis', handMade('the', ['00', '03', '01'])],
    ['more literals used than held', handMade('ab', ['02', '', ''], 'a')],
    ['more literals held than used', handMade('a', ['01', '', ''], 'ab')],
    ['more target than promised', handMade('th', ['00', '03', '00'])],
    ['less target than promised', handMade('the ', ['00', '03', '00'])],
    ['a copy from behind the basis', handMade('fox.', ['00', '04', '20'])],
    ['a copy that ends beyond 2^53', handMade('the', ['00', '03', 'feffffffffffff0f'])],
    ['an unfinished number', handMade('the', ['00', '83', '00'])],
  ])('%s', (_name, made) => {
    expect(codeOf(() => applyDelta(basis, made))).toBe('DELTA_CORRUPT');
  });
});

test('another basis is named as the cause, whether the reads fit or not', () => {
  const made = delta(noise(500, 1), noise(500, 1).subarray(100));
  for (const other of [noise(500, 2), noise(10, 2)]) {
    expect(codeOf(() => applyDelta(other, made))).toBe('DELTA_BASIS_MISMATCH');
  }
});

test('literals that changed are found by the hash of the target', () => {
  const made = handMade('the End', ['0003', '04', '00'], 'end');
  expect(codeOf(() => applyDelta(basis, made))).toBe('DELTA_TARGET_MISMATCH');
  expect(() => applyDelta(basis, made)).toThrow(
    'The delta is damaged: the rebuilt bytes do not have the hash of the target.',
  );
});

test('a target beyond the limit is refused before anything is read', () => {
  const made = handMade('the', ['garbage', '', '']);
  expect(codeOf(() => applyDelta(basis, made, { maxTargetLength: 2 }))).toBe('DELTA_TOO_LARGE');
});

test('a target as long as the limit is none too long', () => {
  const made = handMade('the', ['00', '03', '00']);
  expect(applyDelta(basis, made, { maxTargetLength: 3 }).toString()).toBe('the');
  for (const maxTargetLength of [2, 0, -1]) {
    expect(() => applyDelta(basis, made, { maxTargetLength })).toThrow(
      expect.objectContaining({
        code: 'DELTA_TOO_LARGE',
        message: `The delta rebuilds 3 bytes; the limit here is ${maxTargetLength}.`,
      }),
    );
  }
});

test('the target is rebuilt where the caller says, and hashed unless the caller compares it', () => {
  const made = handMade('a quick fox', ['0100', '0604', '060c'], 'a');
  const memory = Buffer.alloc(20);
  const asked: number[] = [];
  const allocate = (lengthBytes: number): Buffer => {
    asked.push(lengthBytes);
    return memory.subarray(2, 2 + lengthBytes);
  };
  const target = applyDelta(basis, made, { allocate });
  expect([target.toString(), target.byteOffset, asked]).toEqual([
    'a quick fox',
    memory.byteOffset + 2,
    [11],
  ]);
  expect(memory.toString('latin1')).toBe(`\0\0a quick fox${'\0'.repeat(7)}`);
  const other = { ...made, literals: Buffer.from('b') };
  expect(applyDelta(basis, other, { isCompared: true }).toString()).toBe('b quick fox');
  for (const options of [{}, { isCompared: false }])
    expect(codeOf(() => applyDelta(basis, other, options))).toBe('DELTA_TARGET_MISMATCH');
});

test('a target that does not fit into memory is a failure of its own', () => {
  const length = 2 ** 53 - 1;
  const made = {
    ...handMade('the', ['00', 'ffffffffffffff0f', '00']),
    targetLength: length,
  };
  const limits = { maxTargetLength: length };
  // The basis would have to have as much.
  const endless = new Proxy(basis, {
    get: (of, name) => (name === 'length' ? length : (Reflect.get(of, name) as unknown)),
  });
  expect(() => applyDelta(endless, made, limits)).toThrow(
    expect.objectContaining({ code: 'OUT_OF_MEMORY', cause: expect.any(RangeError) as Error }),
  );
});

test('a promise of 2^50 bytes costs nothing', () => {
  const made = { ...handMade('the', ['00', '03', '00']), targetLength: 2 ** 50 };
  expect(codeOf(() => applyDelta(basis, made))).toBe('DELTA_TOO_LARGE');
  const limits = { maxTargetLength: 2 ** 51 };
  expect(codeOf(() => applyDelta(basis, made, limits))).toBe('DELTA_CORRUPT');
});

/** One byte changed, or the end cut off, or bytes put in. */
const damage = fc.record({
  kind: fc.constantFrom('change', 'cut', 'insert'),
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  byte: fc.nat(255),
});

type Damage = typeof damage extends fc.Arbitrary<infer T> ? T : never;

function damaged(bytes: Buffer, { kind, at, byte }: Damage): Buffer {
  const place = Math.floor(at * bytes.length);
  if (kind === 'cut') return bytes.subarray(0, place);
  const rest = bytes.subarray(place + (kind === 'change' ? 1 : 0));
  return Buffer.concat([bytes.subarray(0, place), Buffer.of(byte), rest]);
}

test('a damaged delta fails with a code or yields exactly the target', () => {
  fc.assert(
    fc.property(text, edits, fc.array(damage, { minLength: 1, maxLength: 3 }), (a, steps, harm) => {
      const target = edited(a, steps);
      const bytes = harm.reduce(damaged, serializeDelta(delta(a, target)));
      try {
        expect(applyDelta(a, parseDelta(bytes))).toEqual(target);
      } catch (error) {
        if (!(error instanceof CodedError)) throw error;
      }
    }),
    runs(3000),
  );
});

test('streams of noise fail with a code', () => {
  const stream = fc.uint8Array({ maxLength: 12 });
  fc.assert(
    fc.property(stream, stream, stream, stream, fc.nat(300), (a, b, c, literals, targetLength) => {
      const made = { ...handMade('', ['', '', '']), targetLength, literals };
      const noisy = { ...made, literalLengths: a, copyLengths: b, copyOffsets: c };
      fc.pre(targetLength > 0);
      expect(codeOf(() => applyDelta(basis, noisy))).toMatch(/^DELTA_/);
    }),
    runs(3000),
  );
});
