/** The one form in which people are shown times: local, to the second. */
import { lightFormat } from 'date-fns/lightFormat';

/** The first and last instant of a date are so far from 1970. Files may have times beyond. */
const MAX_DATE_MS = 8.64e15;

/** Seconds since 1970, for an instant that is beyond all dates: `@99999999999999`. */
export function formatBeyond(epochMs: number): string | undefined {
  return Math.abs(epochMs) <= MAX_DATE_MS ? undefined : `@${Math.floor(epochMs / 1000)}`;
}

/** As tables and messages show it and TIME reads it: `2026-11-01 18:30:15`. */
export function formatLocalTime(epochMs: number): string {
  return formatBeyond(epochMs) ?? lightFormat(epochMs, 'yyyy-MM-dd HH:mm:ss');
}
