/** Texts that hurt: what the delta tests have in common. */
import fc from 'fast-check';
import { applyDelta } from '../../src/delta/apply.js';
import type { Delta } from '../../src/delta/delta.js';
import { encodeDelta } from '../../src/delta/encode.js';
import { CodedError, type ErrorCode } from '../../src/errors.js';
import { noise } from './seed.js';

/** `length` bytes that repeat every `period`. */
export function periodic(length: number, period: number, seed: number): Buffer {
  const bytes = Buffer.alloc(length);
  return length === 0 ? bytes : bytes.fill(noise(period, seed));
}

/** Lines of a program: words that repeat, which is what the near search is for. */
export function lines(count: number, seed: number): Buffer {
  const words = ['return', 'const', 'if (', 'value', 'node', ') {', '};', 'kind ===', 'void 0'];
  const picks = noise(count * 5, seed);
  const line = (i: number): string =>
    [0, 1, 2, 3].map((k) => words[picks[5 * i + k]! % words.length]).join(' ');
  return Buffer.from(Array.from({ length: count }, (_, i) => `  ${line(i)} ${i % 97}\n`).join(''));
}

/** One step of the life of a text. */
export interface Edit {
  readonly kind: 'insert' | 'delete' | 'replace' | 'move' | 'duplicate';
  readonly at: number;
  readonly length: number;
  readonly seed: number;
}

export const edits: fc.Arbitrary<readonly Edit[]> = fc.array(
  fc.record({
    kind: fc.constantFrom('insert', 'delete', 'replace', 'move', 'duplicate'),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.oneof(fc.nat(40), fc.nat(3000)),
    seed: fc.nat(1000),
  }),
  { maxLength: 8 },
);

/** The text after `steps`. */
export function edited(text: Buffer, steps: readonly Edit[]): Buffer {
  return steps.reduce(applyEdit, text);
}

function applyEdit(text: Buffer, { kind, at, length, seed }: Edit): Buffer {
  const start = Math.floor(at * text.length);
  const end = Math.min(text.length, start + length);
  const before = text.subarray(0, start);
  const range = text.subarray(start, end);
  const after = text.subarray(end);
  if (kind === 'insert') return Buffer.concat([before, noise(length, seed), range, after]);
  if (kind === 'delete') return Buffer.concat([before, after]);
  if (kind === 'replace') return Buffer.concat([before, noise(range.length, seed), after]);
  if (kind === 'move') return Buffer.concat([range, before, after]);
  return Buffer.concat([before, range, range, after]);
}

/** A text of some nature and up to a few thousand bytes. */
export const text: fc.Arbitrary<Buffer> = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  fc.tuple(fc.nat(9000), fc.nat(99)).map(([length, seed]) => noise(length, seed)),
  fc
    .tuple(fc.nat(9000), fc.integer({ min: 1, max: 64 }), fc.nat(99))
    .map(([length, period, seed]) => periodic(length, period, seed)),
  fc.tuple(fc.nat(200), fc.nat(99)).map(([count, seed]) => lines(count, seed)),
  fc.array(fc.constantFrom(97, 98, 99), { maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
);

/** A delta that must exist, as no limit is set. */
export function delta(basis: Uint8Array, target: Uint8Array): Delta {
  const made = encodeDelta(basis, target);
  if (made === undefined) throw new Error('the encoder gave up without a limit');
  return made;
}

/** A chain of texts, newest first, and the delta from each to the next older. */
export function chain(
  start: Buffer,
  steps: readonly (readonly Edit[])[],
): {
  texts: Buffer[];
  deltas: Delta[];
} {
  const texts = [start];
  for (const step of steps) texts.push(edited(texts.at(-1)!, step));
  return { texts, deltas: texts.slice(1).map((target, i) => delta(texts[i]!, target)) };
}

/** The oldest text of a chain, one delta after the other. */
export function applyEach(start: Buffer, deltas: readonly Delta[]): Buffer {
  return deltas.reduce((basis, step) => applyDelta(basis, step), start);
}

/** The code of the failure that `action` must end in. */
export function codeOf(action: () => unknown): ErrorCode {
  try {
    action();
  } catch (error) {
    if (error instanceof CodedError) return error.code;
    throw error;
  }
  throw new Error('it did not fail');
}
