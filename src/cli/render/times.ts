/**
 * Instants and elapsed times as text: a local day for people, ISO 8601 for programs. (Times for people are in
 * `platform/local-time.ts`, since messages have them too.)
 */
import { lightFormat } from 'date-fns/lightFormat';
import { formatBeyond } from '../../platform/local-time.js';

const MS_NS = 1_000_000n;

/** The local day, beside the number of a snapshot: `2026-11-01`. */
export function formatLocalDay(epochMs: number): string {
  return lightFormat(epochMs, 'yyyy-MM-dd');
}

/** ISO 8601 with milliseconds and the local offset: `2026-11-01T18:30:15.123+01:00`. */
export function formatIsoTime(epochMs: number): string {
  const beyond = formatBeyond(epochMs);
  if (beyond !== undefined) return beyond;
  return lightFormat(epochMs, "yyyy-MM-dd'T'HH:mm:ss.SSS") + formatOffset(epochMs);
}

/** The local offset at an instant: `+01:00`. (`format` of date-fns knows it, but loads for 12 ms.) */
function formatOffset(epochMs: number): string {
  const minutes = -Math.trunc(new Date(epochMs).getTimezoneOffset());
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `${minutes < 0 ? '-' : '+'}${twoDigits(hours)}:${twoDigits(rest)}`;
}

function twoDigits(count: number): string {
  return String(count).padStart(2, '0');
}

/** A file's time to the nanosecond: `2026-11-01T18:30:15.123456789+01:00`. */
export function formatIsoTimeNs(epochNs: bigint): string {
  const belowMs = ((epochNs % MS_NS) + MS_NS) % MS_NS;
  const epochMs = Number((epochNs - belowMs) / MS_NS);
  return formatIsoTime(epochMs).replace(/\.\d{3}/, `$&${belowMs.toString().padStart(6, '0')}`);
}

/** An elapsed or remaining time to the second: `0:07`, `12:34`, `1:02:03`. */
export function formatElapsed(durationMs: number): string {
  const seconds = Math.round(durationMs / 1000);
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60];
  const hours = Math.floor(seconds / 3600);
  if (hours > 0) parts.unshift(hours);
  return parts.map((part, i) => (i === 0 ? `${part}` : twoDigits(part))).join(':');
}
