import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { formatElapsed, formatIsoTime, formatIsoTimeNs } from '../../../src/cli/render/times.js';

vi.stubEnv('TZ', 'Europe/Berlin');

const WINTER_MS = Date.parse('2026-11-01T17:30:15.123Z');

test('JSON shows local time with its offset', () => {
  expect(formatIsoTime(WINTER_MS)).toBe('2026-11-01T18:30:15.123+01:00');
  expect(formatIsoTime(Date.parse('2026-07-01T00:00:00Z'))).toBe('2026-07-01T02:00:00.000+02:00');
});

test('an offset of zero is written out', () => {
  vi.stubEnv('TZ', 'UTC');
  expect(formatIsoTime(0)).toBe('1970-01-01T00:00:00.000+00:00');
  vi.stubEnv('TZ', 'Europe/Berlin');
});

test.each([
  ['America/St_Johns', '1970-01-01T02:30:00.000-03:30', 6 * 3_600_000],
  ['Asia/Kathmandu', '2026-01-01T05:45:00.000+05:45', Date.parse('2026-01-01T00:00:00Z')],
  ['America/Los_Angeles', '2026-06-30T17:00:00.000-07:00', Date.parse('2026-07-01T00:00:00Z')],
])('an offset has hours, minutes and a sign: %s', (zone, text, epochMs) => {
  vi.stubEnv('TZ', zone);
  expect(formatIsoTime(epochMs)).toBe(text);
  vi.stubEnv('TZ', 'Europe/Berlin');
});

test('an instant beyond all dates is its seconds, as TIME would have it', () => {
  expect(formatIsoTime(8.64e15)).toBe('+275760-09-13T02:00:00.000+02:00'.slice(1));
  expect(formatIsoTime(8.64e15 + 1000)).toBe('@8640000000001');
  expect(formatIsoTimeNs(99_999_999_999_999n * 1_000_000_000n)).toBe('@99999999999999');
});

test('file times keep their nanoseconds', () => {
  expect(formatIsoTimeNs(BigInt(WINTER_MS) * 1_000_000n + 456_789n)).toBe(
    '2026-11-01T18:30:15.123456789+01:00',
  );
});

test('file times before 1970 are right too', () => {
  expect(formatIsoTimeNs(-1n)).toBe('1970-01-01T00:59:59.999999999+01:00');
});

test('a program reads back the instant that was written', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4e12 }), (epochMs) => {
      expect(Date.parse(formatIsoTime(epochMs))).toBe(epochMs);
    }),
  );
});

test.each([
  [0, '0:00'],
  [7400, '0:07'],
  [59_600, '1:00'],
  [754_000, '12:34'],
  [3_723_000, '1:02:03'],
  [360_000_000, '100:00:00'],
])('%d ms are %s', (durationMs, text) => {
  expect(formatElapsed(durationMs)).toBe(text);
});
