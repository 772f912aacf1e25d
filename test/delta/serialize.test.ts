import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyDelta } from '../../src/delta/apply.js';
import { parseDelta, serializeDelta } from '../../src/delta/serialize.js';
import { noise, runs } from '../support/seed.js';
import { codeOf, delta, edited, edits, text } from '../support/texts.js';

test('a delta survives its standalone form', () => {
  fc.assert(
    fc.property(text, edits, (basis, steps) => {
      const made = delta(basis, edited(basis, steps));
      const parsed = parseDelta(serializeDelta(made));
      expect(serializeDelta(parsed)).toEqual(serializeDelta(made));
      expect(parsed.targetLength).toBe(made.targetLength);
    }),
    runs(200),
  );
});

test('the worked example of the documentation is what the encoder writes', () => {
  const page = readFileSync(new URL('../../docs/delta-format.md', import.meta.url), 'utf8');
  const example = /```hex\n([^`]*)```/.exec(page)?.[1] ?? '';
  const bytes = Buffer.from(example.replaceAll(/#.*|\s/g, ''), 'hex');
  const basis = Buffer.from('The lake lays down one layer of sediment in a year.\n');
  const target = Buffer.from('Each year the lake lays down one layer of sediment.\n');
  expect(serializeDelta(delta(basis, target)).toString('hex')).toBe(bytes.toString('hex'));
  expect(applyDelta(basis, parseDelta(bytes))).toEqual(target);
});

test('the streams are views, so parsing copies nothing', () => {
  const bytes = serializeDelta(delta(noise(10, 1), noise(5000, 2)));
  expect(parseDelta(bytes).literals.buffer).toBe(bytes.buffer);
});

test.each([
  ['empty bytes', (): Buffer => Buffer.alloc(0)],
  ['another magic', (good: Buffer): Buffer => patched(good, 0, 0x57)],
  ['another version', (good: Buffer): Buffer => patched(good, 4, 2)],
  ['a byte too few', (good: Buffer): Buffer => good.subarray(0, -1)],
  ['a byte too many', (good: Buffer): Buffer => Buffer.concat([good, Buffer.alloc(1)])],
  ['a header without lengths', (good: Buffer): Buffer => good.subarray(0, 69)],
  ['a stream of 2^53 - 1 bytes', (good: Buffer): Buffer => lengthened(good)],
])('%s is refused', (_name, harm) => {
  const good = serializeDelta(delta(noise(10, 1), noise(20, 1)));
  expect(codeOf(() => parseDelta(harm(good)))).toBe('DELTA_CORRUPT');
});

function patched(bytes: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = value;
  return copy;
}

/** The second number after the hashes is the length of the literal lengths. */
function lengthened(good: Buffer): Buffer {
  const huge = Buffer.from('ffffffffffffff0f', 'hex');
  return Buffer.concat([good.subarray(0, 70), huge, good.subarray(71)]);
}
