import { describe, expect, test } from 'vitest';
import {
  asObject,
  asSize,
  asText,
  optional,
  parseJson,
} from '../../../src/remote/transport/json.js';

const malformed = expect.objectContaining({ code: 'REMOTE_PROTOCOL' }) as Error;

describe('a value of the other side', () => {
  test.each<[string, (value: unknown) => unknown, unknown[], unknown[]]>([
    ['an object', asObject, [{}, { a: 1 }, []], [null, undefined, 'x', 1, true]],
    ['a text', asText, ['', 'x'.repeat(4096)], ['x'.repeat(4097), null, 1, {}, undefined]],
    [
      'a size',
      asSize,
      [0, 1, Number.MAX_SAFE_INTEGER],
      [-1, 0.5, NaN, Infinity, Number.MAX_SAFE_INTEGER + 1, '1', null, undefined],
    ],
  ])('is %s, or the document is refused', (_, read, valid, invalid) => {
    for (const value of valid) expect(read(value)).toBe(value);
    for (const value of invalid) expect(() => read(value), String(value)).toThrow(malformed);
  });

  test('may be left out, by nothing and by null, but not be another', () => {
    expect([optional(undefined, asSize), optional(null, asSize)]).toEqual([undefined, undefined]);
    expect(optional(0, asSize)).toBe(0);
    expect(optional('', asText)).toBe('');
    for (const other of [false, '', NaN]) expect(() => optional(other, asSize)).toThrow(malformed);
  });
});

test('what is no JSON is refused with what the parser says as its cause', () => {
  expect(parseJson('{"a":[1]}')).toEqual({ a: [1] });
  try {
    parseJson('{');
    expect.unreachable();
  } catch (error) {
    expect(error).toMatchObject({
      code: 'REMOTE_PROTOCOL',
      cause: expect.any(SyntaxError) as Error,
    });
    expect((error as { hint: string }).hint).toContain('varve serve');
  }
});
