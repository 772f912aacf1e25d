import { expect, test } from 'vitest';
import { rootNames } from '../../../../src/repo/operations/queries/root-names.js';
import { bytesFromText } from '../../../../src/platform/bytes.js';

test.each([
  ['/a', '/a'],
  ['/a /b /c /d', '/a /b /c /d'],
  ['/a /b /c /d /e', '/a /b /c and 2 more'],
])('the roots %s are named %s', (roots, names) => {
  expect(rootNames(roots.split(' ').map(bytesFromText))).toBe(names);
});
