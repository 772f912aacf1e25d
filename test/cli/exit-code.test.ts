import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { exitCodeOfError, exitCodeOfIssues } from '../../src/cli/exit-code.js';
import type { ErrorCode } from '../../src/store.js';

test.each([
  ['USAGE_TIME', 2],
  ['PRUNE_EMPTY_POLICY', 2],
  ['BLOB_DAMAGED', 4],
  ['INDEX_CORRUPT', 4],
  ['REPOSITORY_NOT_FOUND', 10],
  ['NOT_A_REPOSITORY', 10],
  ['REPOSITORY_LOCKED', 11],
  ['INTERRUPTED', 130],
  ['TARGET_NOT_EMPTY', 1],
] as const)('%s ends with %d', (code, exitCode) => {
  expect(exitCodeOfError(code)).toBe(exitCode);
});

test('every other code ends with 1, and one for each of these is as documented', () => {
  const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
  const codes = [...page.matchAll(/^#+ ([A-Z][A-Z_]+)$/gm)].map(([, code]) => code as ErrorCode);
  const BY_EXIT: Readonly<Record<number, readonly string[]>> = {
    2: ['PRUNE_EMPTY_POLICY', 'PRUNE_INVALID_COUNT', 'REPOSITORY_REMOTE'],
    4: [
      ...['BLOB_DAMAGED', 'DELTA_BASIS_MISMATCH', 'DELTA_CORRUPT', 'DELTA_TARGET_MISMATCH'],
      ...['DELTA_TOO_LARGE', 'FRAME_CORRUPT', 'INDEX_CORRUPT', 'INDEX_MISSING'],
      ...['PACK_CORRUPT', 'PACK_MISSING'],
    ],
    10: ['REPOSITORY_NOT_FOUND', 'NOT_A_REPOSITORY'],
    11: ['REPOSITORY_LOCKED'],
    130: ['INTERRUPTED'],
  };
  const expected = (code: string): number =>
    Number(Object.entries(BY_EXIT).find(([, some]) => some.includes(code))?.[0] ?? 0) ||
    (code.startsWith('USAGE') ? 2 : 1);
  expect(codes).toEqual(expect.arrayContaining(Object.values(BY_EXIT).flat()));
  expect(codes.map((code) => [code, exitCodeOfError(code)])).toEqual(
    codes.map((code) => [code, expected(code)]),
  );
});

test('issues end with 3, damage among them with 4, want of rights alone with 0', () => {
  const [unreadable, damaged] = [{ code: 'UNREADABLE' }, { code: 'DAMAGED' }] as const;
  expect(exitCodeOfIssues([])).toBe(0);
  expect(exitCodeOfIssues([{ code: 'METADATA_NOT_PERMITTED' }])).toBe(0);
  expect(exitCodeOfIssues([unreadable])).toBe(3);
  expect(exitCodeOfIssues([unreadable, damaged])).toBe(4);
  expect(exitCodeOfIssues([damaged, unreadable])).toBe(4);
  expect(exitCodeOfIssues([{ code: 'METADATA_NOT_PERMITTED' }, unreadable])).toBe(3);
  expect(exitCodeOfIssues([damaged, { code: 'METADATA_NOT_PERMITTED' }])).toBe(4);
});
