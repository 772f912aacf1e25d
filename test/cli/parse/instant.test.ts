import { describe, expect, test } from 'vitest';
import { instantOf } from '../../../src/cli/parse/instant.js';
import type { ListedSnapshot } from '../../../src/store.js';

const snapshot = (number: number, source: number): ListedSnapshot =>
  ({ source: { id: source }, snapshot: { number, startedMs: number * 1000 } }) as ListedSnapshot;

const NOW = new Date(1_000_000);
const one = [snapshot(1, 1), snapshot(3, 1)];
const other = [snapshot(2, 2), snapshot(4, 2)];
const all = [...one, ...other];

describe('the instant of a snapshot', () => {
  test.each(['latest', '1B'])('%s is refused where several sources are meant', (text) => {
    expect(() => instantOf(text, { all, meant: all }, NOW)).toThrow(
      `"${text}" means a different time for each source.`,
    );
  });

  test('is that of the newest one, or of one further back, of the only source that is meant', () => {
    expect(instantOf('latest', { all, meant: one }, NOW)).toBe(3000);
    expect(instantOf('latest', { all, meant: other }, NOW)).toBe(4000);
    expect(instantOf('1B', { all, meant: other }, NOW)).toBe(2000);
  });

  test('is found by its number, whatever source is meant', () => {
    expect(instantOf('4', { all, meant: one }, NOW)).toBe(4000);
    expect(instantOf('1', { all, meant: all }, NOW)).toBe(1000);
    expect(() => instantOf('5', { all, meant: one }, NOW)).toThrow(/5/);
  });

  test('does not matter to a time', () => {
    expect(instantOf('@7', { all, meant: all }, NOW)).toBe(7000);
  });
});
