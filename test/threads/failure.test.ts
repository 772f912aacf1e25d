import { describe, expect, test } from 'vitest';
import { CodedError } from '../../src/errors.js';
import { decodeFailure, encodeFailure } from '../../src/threads/failure.js';

const overAThread = (error: unknown): Error => decodeFailure(structuredClone(encodeFailure(error)));

describe('what a thread throws arrives', () => {
  test('with its code and hint', () => {
    const error = new CodedError('PATH_NOT_FOUND', 'There is no x.', { hint: 'Look elsewhere.' });
    const arrived = overAThread(error);
    expect(arrived).toBeInstanceOf(CodedError);
    const { code, message, hint } = error;
    expect(arrived).toMatchObject({ code, message, hint });
  });

  test("with the system's code, which is no code of Varve", () => {
    const arrived = overAThread(Object.assign(new Error('EIO: read'), { code: 'EIO' }));
    expect(arrived).not.toBeInstanceOf(CodedError);
    expect(arrived).toMatchObject({ code: 'EIO', message: 'EIO: read' });
  });

  const ownOf = (error: Error): object => Object.fromEntries(Object.entries(overAThread(error)));

  test('with all that the system said of it: call, number and path, as far as it did', () => {
    const said = { code: 'ENOSPC', errno: -28, syscall: 'write', path: '/mnt/disk/file' };
    const error = Object.assign(new Error('ENOSPC: no space left on device, write'), said);
    expect(ownOf(error)).toEqual(said);
    const { path, ...withoutPath } = said;
    expect(path).toBeDefined();
    expect(ownOf(Object.assign(new Error(''), withoutPath))).toEqual(withoutPath);
    expect(ownOf(new Error('ours'))).toEqual({});
  });

  test('with the stack of a bug', () => {
    const bug = new TypeError('x is not a function');
    expect(overAThread(bug).stack).toBe(bug.stack);
  });

  test('as an error, whatever it was', () => {
    expect(overAThread('text')).toMatchObject({ message: 'text' });
  });
});

test.each([undefined, null, 'a text', 7])('what was thrown may be anything: %j', (thrown) => {
  const error = decodeFailure(encodeFailure(thrown));
  expect(error).toBeInstanceOf(Error);
  expect(error.message).toBe(String(thrown));
});
