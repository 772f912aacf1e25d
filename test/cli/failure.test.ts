import { readFileSync } from 'node:fs';
import { CommanderError } from 'commander';
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

test('wrong usage names the help of its command', () => {
  const error = new CommanderError(1, 'x', "error: unknown option '--x'\n(Did you mean --y?)");
  expect(describeFailure(error, 'ls')).toMatchObject({
    message: "Unknown option '--x'.",
    hint: 'Did you mean --y? See `varve help ls`.',
    exitCode: 2,
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
    "The system refused a call: ENOENT: no such file or directory, open '/none'.",
  );
});

test('anything else is a bug, with its stack', () => {
  const failure = describeFailure(new TypeError('x is not a function'));
  expect(failure).toMatchObject({ code: 'BUG', exitCode: 1 });
  expect(failure.hint).toContain('This is a bug in Varve.');
  expect(failure.stack).toContain('failure.test.ts');
});
