/** Reads SIZE: bytes with a unit that is a power of 1024. */
import { CodedError } from '../../store.js';

const UNITS = ['', 'K', 'M', 'G', 'T', 'P'];
const SIZE = /^(\d{1,16}(?:\.\d{1,9})?) ?(?:([KMGTP])(?:i?B)?|B)?$/i;

/**
 * The bytes that `text` says: `500`, `500K`, `1.5G`, `1MiB`. `K`, `KB` and `KiB` are all 1024, in
 * either case; parts of a byte are dropped.
 *
 * @throws CodedError USAGE_SIZE
 */
export function parseSize(text: string): number {
  const [, count, unit = ''] = SIZE.exec(text.trim()) ?? [];
  const bytes = Math.floor(Number(count) * 1024 ** UNITS.indexOf(unit.toUpperCase()));
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new CodedError('USAGE_SIZE', `"${text}" is not a size such as 500K, 2G or 1MiB.`, {
    hint: 'Units are K M G T P, powers of 1024; at most 8191T.',
  });
}
