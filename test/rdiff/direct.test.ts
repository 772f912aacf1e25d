/** Deltas of both files: whole in memory where their sizes are known and small, else block by block. */
import { describe, expect, test } from 'vitest';
import type { ByteSource } from '../../src/rdiff/bytes-io.js';
import { writeDirectDelta } from '../../src/rdiff/direct.js';
import { applyDelta, makeDirectDelta } from '../../src/rdiff/format/whole.js';
import { collector, pipeOf, sourceOf } from '../support/byte-source.js';
import { noise } from '../support/seed.js';

const basis = noise(30_000, 1);
const target = Buffer.concat([
  Buffer.from('new'),
  basis.subarray(5001, 20_000),
  noise(500, 2),
  basis.subarray(0, 9999),
]);
const nothing = Buffer.alloc(0);
const MOST = 512 * 1024 * 1024;

async function deltaOf(from: ByteSource, to: ByteSource) {
  const sink = collector();
  const report = await writeDirectDelta(from, to, sink);
  return { report, delta: sink.bytes() };
}

const texts: readonly (readonly [string, Buffer, Buffer])[] = [
  ['an edited file', basis, target],
  ['the same file', basis, basis],
  ['a file from nothing', nothing, target],
  ['nothing from a file', basis, nothing],
  ['nothing from nothing', nothing, nothing],
];

describe.each(texts)('the delta of %s', (_, from, to) => {
  test('is the one of both whole, where both have a size', async () => {
    const { report, delta } = await deltaOf(sourceOf(from), sourceOf(to));
    expect(delta.equals(makeDirectDelta(from, to))).toBe(true);
    expect(report).toMatchObject({ bytesIn: to.length, bytesOut: delta.length });
    expect(report.matches).toBeUndefined();
  });

  test.each([
    ['the old file', pipeOf, sourceOf],
    ['the new file', sourceOf, pipeOf],
    ['each of them', pipeOf, pipeOf],
  ] as const)('rebuilds it also where nobody knows the size of %s', async (__, oldOf, newOf) => {
    const { report, delta } = await deltaOf(oldOf(from), newOf(to));
    expect(Buffer.from(applyDelta(from, delta)).equals(to)).toBe(true);
    expect(report).toMatchObject({ bytesIn: to.length, bytesOut: delta.length });
    expect(report.matches).toBeDefined();
  });
});

describe('what takes more memory than is taken', () => {
  test.each([
    ['both', basis.length, MOST - basis.length, 'whole'],
    ['both, by a byte', basis.length, MOST - basis.length + 1, 'by blocks'],
    ['the old file', MOST + 1 - target.length, target.length, 'by blocks'],
    ['the new file', 0, MOST + 1, 'by blocks'],
    ['the new file, just not', 0, 1000, 'whole'],
  ])('is compared by blocks: %s of %i and %i bytes', async (_, oldSize, newSize, how) => {
    // What they say before; then they are found shorter, as files may be.
    const { report, delta } = await deltaOf(
      sourceOf(oldSize === 0 ? nothing : basis, oldSize),
      sourceOf(target, newSize),
    );
    expect(report.matches === undefined).toBe(how === 'whole');
    const taken = how === 'whole' ? target.subarray(0, newSize) : target;
    expect(Buffer.from(applyDelta(basis, delta)).equals(taken)).toBe(true);
  });
});

test('a file that is shorter than it was is taken as it is, one that grew as it was', async () => {
  for (const [size, now] of [
    [target.length + 5000, target],
    [target.length - 5000, target.subarray(0, -5000)],
  ] as const) {
    const { report, delta } = await deltaOf(sourceOf(basis), sourceOf(target, size));
    expect(report.bytesIn).toBe(now.length);
    expect(Buffer.from(applyDelta(basis, delta)).equals(now)).toBe(true);
  }
  const { delta } = await deltaOf(sourceOf(basis, basis.length + 5000), sourceOf(target));
  expect(Buffer.from(applyDelta(basis, delta)).equals(target)).toBe(true);
});

test.each([
  ['whole', sourceOf],
  ['by blocks', pipeOf],
] as const)('a comparison that is stopped ends with the reason: %s', async (_, of) => {
  const never: ByteSource = { ...of(basis), read: () => new Promise(() => undefined) };
  for (const [from, to] of [
    [never, of(target)],
    [of(basis), never],
  ] as const) {
    const controller = new AbortController();
    const work = writeDirectDelta(from, to, collector(), { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(work).rejects.toThrow('enough');
  }
});
