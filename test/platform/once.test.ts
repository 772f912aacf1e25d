import { expect, test, vi } from 'vitest';
import { once } from '../../src/platform/once.js';

test.each([
  ['a value', {}],
  ['nothing', undefined],
  ['a false one', 0],
])('what gives %s is made when it is first asked for, and only then', (_, value) => {
  const make = vi.fn(() => value);
  const get = once(make);
  expect(make).not.toHaveBeenCalled();
  expect([get(), get(), get()].every((given) => given === value)).toBe(true);
  expect(make).toHaveBeenCalledOnce();
});

test('what could not be made is tried again', () => {
  const make = vi.fn((): string => {
    if (make.mock.calls.length === 1) throw new Error('not yet');
    return 'made';
  });
  const get = once(make);
  expect(get).toThrow('not yet');
  expect([get(), get()]).toEqual(['made', 'made']);
  expect(make).toHaveBeenCalledTimes(2);
});
