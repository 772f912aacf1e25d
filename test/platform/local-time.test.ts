import { expect, test, vi } from 'vitest';
import { formatLocalTime } from '../../src/platform/local-time.js';

vi.stubEnv('TZ', 'Europe/Berlin');

test('people are shown local time', () => {
  expect(formatLocalTime(Date.parse('2026-11-01T17:30:15.123Z'))).toBe('2026-11-01 18:30:15');
  expect(formatLocalTime(Date.parse('2026-07-01T17:30:15.999Z'))).toBe('2026-07-01 19:30:15');
});

test.each([
  [8.64e15, '275760-09-13 02:00:00'],
  [8.64e15 + 1000, '@8640000000001'],
  [-8.64e15 - 1500, '@-8640000000002'],
])('%d ms, at the end of all dates, is %s', (epochMs, shown) => {
  expect(formatLocalTime(epochMs)).toBe(shown);
});
