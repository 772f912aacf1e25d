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
