import { expect, test } from 'vitest';
import { CodedError, type ErrorCode } from '../../../../src/errors.js';
import { answerOf } from '../../../../src/remote/transport/server/failures.js';

test.each<[string, number, string, string]>([
  ['ENOSPC', 507, 'DISK_FULL', 'No space is left on the server.'],
  ['EDQUOT', 507, 'DISK_FULL', 'No space is left on the server.'],
  ['EFBIG', 507, 'DISK_FULL', 'The server cannot hold a file of that length (EFBIG).'],
  ...['EACCES', 'EPERM', 'EROFS'].map((code): [string, number, string, string] => [
    code,
    403,
    'REMOTE_REFUSED',
    `The server is not permitted to do that with this file (${code}).`,
  ]),
  ['EIO', 500, 'EIO', 'The server failed (EIO).'],
  ['ENOENT', 500, 'ENOENT', 'The server failed (ENOENT).'],
])('%s of the system is answered without its own words', (system, status, code, message) => {
  const error = Object.assign(new Error(`${system}: open '/outside/secret'`), { code: system });
  expect(answerOf(error, {})).toEqual({
    status,
    body: { error: { code, message, hint: undefined } },
  });
});

test('what is no failure of the system is a bug, and nothing more is said of it', () => {
  for (const error of [new TypeError('x of /secret'), 'text', undefined]) {
    expect(answerOf(error, {})).toEqual({
      status: 500,
      body: { error: { code: 'BUG', message: 'The server failed.', hint: undefined } },
    });
  }
});

test.each<[ErrorCode, number]>([
  ['PATH_NOT_FOUND', 404],
  ['REMOTE_READ_ONLY', 403],
  ['REMOTE_REFUSED', 403],
  ['REMOTE_REQUEST', 400],
  ['COPY_MISMATCH', 422],
])('a failure of our own, %s, has the status %i, its text and its hint', (code, status) => {
  const error = new CodedError(code, 'It failed.', { hint: 'Try again.' });
  expect(answerOf(error, { COPY_MISMATCH: 422 })).toEqual({
    status,
    body: { error: { code, message: 'It failed.', hint: 'Try again.' } },
  });
});

test('the status that routes say goes before the usual one', () => {
  const error = new CodedError('PATH_NOT_FOUND', 'It is gone.');
  expect(answerOf(error, { PATH_NOT_FOUND: 410 }).status).toBe(410);
});

test('a part of the server that cannot be loaded is not described to clients', () => {
  const error = new CodedError('NATIVE_MODULE_UNUSABLE', 'at /opt/varve', { hint: 'Reinstall.' });
  expect(answerOf(error, { NATIVE_MODULE_UNUSABLE: 400 })).toEqual({
    status: 500,
    body: {
      error: {
        code: 'NATIVE_MODULE_UNUSABLE',
        message: 'Part of the server cannot be loaded: see its own messages.',
        hint: undefined,
      },
    },
  });
});
