import { expect, test, vi } from 'vitest';
import { lazily } from '../../src/platform/lazy.js';

test('an operation is loaded when it is called, with all that it is given', async () => {
  const operation = vi.fn((left: number, right: number) => left - right);
  const load = vi.fn(() => Promise.resolve(operation));
  const lazy = lazily(load);
  expect(load).not.toHaveBeenCalled();
  expect(await lazy(7, 3)).toBe(4);
  expect(operation.mock.calls).toEqual([[7, 3]]);
});

test.each([
  ['it cannot be loaded', () => Promise.reject(new Error('no'))],
  ['it fails at once', () => Promise.resolve(() => fail())],
  ['it fails later', () => Promise.resolve(() => Promise.reject(new Error('no')))],
])('a call fails where %s', async (_, load: () => Promise<() => unknown>) => {
  await expect(lazily(load)()).rejects.toThrow('no');
});

function fail(): never {
  throw new Error('no');
}
