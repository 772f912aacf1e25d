/** The error that programs rely on: its code, its hint and its cause; and which codes speak of damage. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CodedError, isDamage, isDamageCode, type ErrorCode } from '../src/errors.js';

/** Stored bytes are not what was written; of all other codes none says so. */
const DAMAGE = [
  ...['BLOB_DAMAGED', 'DELTA_BASIS_MISMATCH', 'DELTA_CORRUPT', 'DELTA_TARGET_MISMATCH'],
  ...['DELTA_TOO_LARGE', 'FRAME_CORRUPT', 'INDEX_CORRUPT', 'INDEX_MISSING'],
  ...['PACK_CORRUPT', 'PACK_MISSING'],
];
const source = readFileSync(new URL('../src/errors.ts', import.meta.url), 'utf8');
const CODES = [...source.matchAll(/^ {2}\| '([A-Z_0-9]+)'/gm)].map(([, code]) => code as ErrorCode);

test('a failure has what it was given, and is an Error with a name and a stack', () => {
  const cause = new Error('below');
  const error = new CodedError('PACK_MISSING', 'A pack is missing.', { hint: 'Look.', cause });
  expect(error).toBeInstanceOf(Error);
  const { name, code, hint } = error;
  expect({ name, code, hint }).toEqual({
    name: 'CodedError',
    code: 'PACK_MISSING',
    hint: 'Look.',
  });
  expect(error.message).toBe('A pack is missing.');
  expect(error.cause).toBe(cause);
  expect(error.stack).toContain('CodedError: A pack is missing.');
});

test('what was not given is not there: no hint, no cause at all', () => {
  for (const error of [new CodedError('USAGE', 'x'), new CodedError('USAGE', 'x', {})]) {
    expect(error.hint).toBeUndefined();
    expect(Object.hasOwn(error, 'cause')).toBe(false);
  }
  expect(new CodedError('USAGE', 'x', { cause: null }).cause).toBeNull();
});

test('these codes and no others speak of damage, and only as codes of our own errors', () => {
  expect(CODES.length).toBeGreaterThan(70);
  expect(CODES.filter(isDamageCode).sort()).toEqual(DAMAGE);
  for (const code of CODES) {
    expect(isDamage(new CodedError(code, 'x')), code).toBe(DAMAGE.includes(code));
  }
  const alike = Object.assign(new Error('x'), { code: 'PACK_CORRUPT' });
  for (const other of [alike, { code: 'PACK_CORRUPT' }, new TypeError('x'), undefined, null]) {
    expect(isDamage(other)).toBe(false);
  }
});
