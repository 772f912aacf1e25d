import { expect, test } from 'vitest';
import { failureOf } from '../../../src/cli/rdiff/failures.js';
import { CodedError } from '../../../src/rdiff/index.js';

test('a failure of librsync has its number and its words, and ours before', () => {
  const error = new CodedError('RDIFF_IO', 'No \x1b\udcff.', { hint: 'Do \x07\udcfe.' });
  expect(failureOf(error, 107)).toEqual({
    exitCode: 100,
    text: 'rdiff: No \\x1b\\xff.\nrdiff: Do \\x07\\xfe.\nrdiff: Failed, IO error.\n',
    document: { error: { code: 'RDIFF_IO', message: 'No \x1b\\xff.', hint: 'Do \x07\\xfe.' } },
  });
  expect(failureOf(new CodedError('RDIFF_CORRUPT', 'No.'), 107)).toMatchObject({
    exitCode: 106,
    text: expect.stringMatching(/^rdiff: No\.\nrdiff: Failed, .*\.\n$/) as string,
    document: { error: { code: 'RDIFF_CORRUPT', message: 'No.', hint: undefined } },
  });
});

test('another failure of ours ends with the number of a bug, and says what it is', () => {
  expect(failureOf(new CodedError('DISK_FULL', 'Full.', { hint: 'Free space.' }), 107)).toEqual({
    exitCode: 107,
    text: 'rdiff: Full.\nrdiff: Free space.\nrdiff: Failed, Full.\n',
    document: { error: { code: 'DISK_FULL', message: 'Full.', hint: 'Free space.' } },
  });
});

test('a bug has its trace', () => {
  const { exitCode, text, document } = failureOf(new TypeError('x is not a function'), 107);
  expect(exitCode).toBe(107);
  expect(text).toMatch(/^rdiff: TypeError: x is not a function\n {4}at [^]*failures\.test\.ts/);
  expect(text.endsWith('\nrdiff: Failed, library internal error.\n')).toBe(true);
  expect(document).toMatchObject({ error: { code: 'INTERNAL' } });
  expect(failureOf('odd', 107)).toEqual({
    exitCode: 107,
    text: 'rdiff: odd\nrdiff: Failed, library internal error.\n',
    document: { error: { code: 'INTERNAL', message: 'odd' } },
  });
});
