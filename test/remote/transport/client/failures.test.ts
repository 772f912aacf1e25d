import { describe, expect, test } from 'vitest';
import { failureOfAnswer } from '../../../../src/remote/transport/client/failures.js';

const url = new URL('http://attic:8080/x');
const failure = (status: number, body = '') =>
  failureOfAnswer({ status, body }, url, ['COPY_MISMATCH', 'DISK_FULL']);
const said = (error: object) => JSON.stringify({ error });

test.each<[number, string, string, RegExp]>([
  [401, 'REMOTE_REFUSED', 'attic:8080 refused the request (401).', /--token-file/],
  [403, 'REMOTE_REFUSED', 'attic:8080 refused the request (403).', /--token-file/],
  [429, 'REMOTE_REFUSED', 'attic:8080 refused the request (429).', /--token-file/],
  [404, 'PATH_NOT_FOUND', 'attic:8080 has no such file.', /the root of the server/],
  ...[199, 301, 302, 400, 402, 405, 410, 428, 430, 500, 503].map(
    (status): [number, string, string, RegExp] => [
      status,
      'REMOTE_PROTOCOL',
      `attic:8080 answered with status ${status}.`,
      /redirects are not followed/,
    ],
  ),
])('the status %i alone means %s', (status, code, message, hint) => {
  const error = failure(status);
  expect(error).toMatchObject({ code, message });
  expect(error.hint).toMatch(hint);
});

describe('a failure that the server reports', () => {
  test('has its code, its text with the host before it, and its hint', () => {
    const error = failure(404, said({ code: 'DISK_FULL', message: 'Full.', hint: 'Free some.' }));
    expect(error).toMatchObject({
      code: 'DISK_FULL',
      message: 'attic:8080: Full.',
      hint: 'Free some.',
    });
    const none = failure(507, said({ code: 'COPY_MISMATCH', message: 'No.', hint: 7 }));
    expect([none.code, none.hint]).toEqual(['COPY_MISMATCH', undefined]);
  });

  test.each([
    ['a code that it may not report', said({ code: 'USAGE', message: 'x' })],
    ['no text', said({ code: 'DISK_FULL' })],
    ['a text that is too long', said({ code: 'DISK_FULL', message: 'x'.repeat(4097) })],
    ['no error', '{"code":"DISK_FULL","message":"x"}'],
    ['no document', '<html>'],
    ['nothing', 'null'],
  ])('is not one with %s: then the status counts', (_, body) => {
    expect(failure(403, body).code).toBe('REMOTE_REFUSED');
    expect(failure(500, body).code).toBe('REMOTE_PROTOCOL');
  });
});
