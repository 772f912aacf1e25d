import { expect, test } from 'vitest';
import { count } from '../../src/platform/count.js';

test.each([
  [count(0, 'file'), '0 files'],
  [count(1, 'file'), '1 file'],
  [count(2, 'file'), '2 files'],
  [count(1, 'directory'), '1 directory'],
  [count(2, 'directory'), '2 directories'],
  [count(2, 'day'), '2 days'],
  [count(1, 'index', 'indices'), '1 index'],
  [count(2, 'index', 'indices'), '2 indices'],
])('%s', (text, expected) => {
  expect(text).toBe(expected);
});
