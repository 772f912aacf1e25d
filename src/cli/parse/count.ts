/** Reads how many snapshots a `--keep-...` option keeps. */
import { CodedError } from '../../store.js';

/**
 * The count that `text` says: a whole number; `-1` and `unlimited` keep all.
 *
 * @throws CodedError USAGE_COUNT
 */
export function parseKeepCount(text: string): number | 'unlimited' {
  if (text === '-1' || text === 'unlimited') return 'unlimited';
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new CodedError('USAGE_COUNT', `"${text}" is not a number of snapshots.`, {
    hint: 'Give a whole number, or "unlimited" to keep all.',
  });
}
