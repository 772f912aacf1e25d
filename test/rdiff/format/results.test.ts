import { expect, test } from 'vitest';
import type { ErrorCode } from '../../../src/errors.js';
import { librsyncResult } from '../../../src/rdiff/format/results.js';

test.each<[ErrorCode, string, number, string]>([
  ['RDIFF_IO', 'IO_ERROR', 100, 'IO error'],
  ['RDIFF_SYNTAX', 'SYNTAX_ERROR', 101, 'bad command line syntax'],
  ['RDIFF_INPUT_ENDED', 'INPUT_ENDED', 103, 'unexpected end of input'],
  ['RDIFF_BAD_MAGIC', 'BAD_MAGIC', 104, 'bad magic number at start of stream'],
  ['RDIFF_CORRUPT', 'CORRUPT', 106, 'stream corrupt'],
  ['RDIFF_OUTPUT_LIMIT', 'CORRUPT', 106, 'stream corrupt'],
  ['RDIFF_HASH_MISMATCH', 'CORRUPT', 106, 'stream corrupt'],
  ['RDIFF_PARAMETER', 'PARAM_ERROR', 108, 'unexplained problem'],
])('%s is %s of librsync', (code, name, exitCode, text) => {
  expect(librsyncResult(code)).toEqual({ name, exitCode, text });
});

test('other failures have nothing to do with librsync', () => {
  expect(librsyncResult('USAGE')).toBeUndefined();
});
