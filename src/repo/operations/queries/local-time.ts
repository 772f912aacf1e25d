/** Times in messages: local, as tables show them and TIME reads them. */
import { lightFormat } from 'date-fns/lightFormat';

/** `2026-11-01 18:30`. */
export function formatLocalMinute(epochMs: number): string {
  return lightFormat(epochMs, 'yyyy-MM-dd HH:mm');
}
