import { expect, test } from 'vitest';
import { exitCodeOfError, exitCodeOfIssues } from '../../src/cli/exit-code.js';

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

test('issues end with 3, damage among them with 4, want of rights alone with 0', () => {
  const [unreadable, damaged] = [{ code: 'UNREADABLE' }, { code: 'DAMAGED' }] as const;
  expect(exitCodeOfIssues([])).toBe(0);
  expect(exitCodeOfIssues([{ code: 'METADATA_NOT_PERMITTED' }])).toBe(0);
  expect(exitCodeOfIssues([unreadable])).toBe(3);
  expect(exitCodeOfIssues([unreadable, damaged])).toBe(4);
});
