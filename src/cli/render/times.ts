/** Instants and elapsed times as text: local and short for people, ISO 8601 for programs. */
import { lightFormat } from 'date-fns/lightFormat';

const MS_NS = 1_000_000n;

/** The first and last instant of a date are so far from 1970. Files may have times beyond. */
const MAX_DATE_MS = 8.64e15;

/** Seconds since 1970, for an instant that is beyond all dates: `@99999999999999`. */
function formatBeyond(epochMs: number): string | undefined {
  return Math.abs(epochMs) <= MAX_DATE_MS ? undefined : `@${Math.floor(epochMs / 1000)}`;
}

/** Local time to the second, as tables show it and TIME reads it: `2026-11-01 18:30:15`. */
export function formatLocalTime(epochMs: number): string {
  const beyond = formatBeyond(epochMs);
  if (beyond !== undefined) return beyond;
  return lightFormat(epochMs, 'yyyy-MM-dd HH:mm:ss');
}

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
