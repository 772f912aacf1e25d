import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { describeFailure } from '../../src/cli/failure.js';
import { CodedError } from '../../src/store.js';

test('a foreseen failure has no stack', () => {
  const error = new CodedError('NO_SNAPSHOTS', 'There is none.', { hint: 'Take one.' });
  expect(describeFailure(error)).toEqual({
    code: 'NO_SNAPSHOTS',
    message: 'There is none.',
    hint: 'Take one.',
    exitCode: 1,
  });
});

test('a refused system call names its path', () => {
  const failure = (() => {
    try {
      return readFileSync('/none');
    } catch (error) {
      return describeFailure(error);
    }
  })();
  expect(failure).toMatchObject({ code: 'ENOENT', exitCode: 1 });
  expect(failure).toHaveProperty(
    'message',
    'The system refused a call at /none: it does not exist.',
  );
});

test('anything else is a bug, with its stack', () => {
  const failure = describeFailure(new TypeError('x is not a function'));
  expect(failure).toMatchObject({ code: 'BUG', exitCode: 1 });
  expect(failure.hint).toContain('This is a bug in Varve.');
  expect(failure.stack).toContain('failure.test.ts');
});

test('a refused system call without a path names none, and one that has a cause of ours is that', () => {
  const refused = (code: string, more: object = {}) =>
    describeFailure(Object.assign(new Error(code), { code, errno: -1, syscall: 'x', ...more }));
  expect(refused('EIO').message).not.toContain('undefined');
  expect(refused('ELOOP').message).toMatch(/^The system refused a call: /);
  expect(refused('ELOOP', { path: '/a' }).message).toMatch(/^The system refused a call at \/a: /);
  expect(refused('ELOOP')).toMatchObject({
    hint: 'Check that path, its permissions and its disk, then run the command again.',
    exitCode: 1,
  });
  expect(refused('EMFILE')).toMatchObject({ code: 'OPEN_FILES_LIMIT', exitCode: 1 });
  expect(refused('ENOSPC')).toMatchObject({ code: 'DISK_FULL', exitCode: 1 });
});

test('bytes that are not UTF-8 are shown in message and hint, of every kind of failure', () => {
  const [odd, shown] = ['a\udcff', 'a\\xff'];
  expect(describeFailure(new CodedError('USAGE', odd, { hint: odd }))).toMatchObject({
    message: shown,
    hint: shown,
  });
  expect(describeFailure(new CodedError('USAGE', odd)).hint).toBeUndefined();
  expect(describeFailure(new TypeError(odd)).message).toBe(shown);
});

test('what is thrown and is no error is a bug, too', () => {
  expect(describeFailure('odd')).toEqual({
    code: 'BUG',
    message: 'odd',
    hint: 'This is a bug in Varve. Please report it with the lines above and what you did.',
    exitCode: 1,
    stack: undefined,
  });
});
