import { describe, expect, test } from 'vitest';
import { baseName, isBelow, isWithin, join, parentOf } from '../../src/platform/paths.js';

test.each([
  ['/a/b/c', '/a/b', 'c'],
  ['/a', '/', 'a'],
  ['/', '/', ''],
  ['a/b', 'a', 'b'],
  ['a', '', 'a'],
  ['', '', ''],
])('%j is in %j under the name %j', (path, parent, name) => {
  expect(parentOf(path)).toBe(parent);
  expect(baseName(path)).toBe(name);
  if (name !== '') expect(join(parent, name)).toBe(path);
});

describe('below and within', () => {
  test.each([
    ['/a/b', '/a', true],
    ['/a/b/c', '/a', true],
    ['/ab', '/a', false],
    ['/a', '/a/b', false],
    ['/a', '/', true],
    ['a/b', 'a', true],
    ['ab', 'a', false],
  ])('%j below %j: %j', (path, directory, expected) => {
    expect(isBelow(path, directory)).toBe(expected);
    expect(isWithin(path, directory)).toBe(expected);
  });

  test.each(['/a', '/', 'a'])('%j is within itself, and not below', (path) => {
    expect(isBelow(path, path)).toBe(false);
    expect(isWithin(path, path)).toBe(true);
  });
});
