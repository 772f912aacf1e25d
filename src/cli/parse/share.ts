/** Reads shares of a whole such as `5%`. */
import { CodedError } from '../../store.js';

/** The fraction that `text` says, above 0 and at most 1; undefined when it says none. */
export function readShare(text: string): number | undefined {
  if (!/^\d{1,3}(?:\.\d{1,9})?%$/.test(text)) return undefined;
  const fraction = parseFloat(text) / 100;
  return fraction > 0 && fraction <= 1 ? fraction : undefined;
}

/**
 * The fraction that `text` says.
 *
 * @throws CodedError USAGE_SHARE
 */
export function parseShare(text: string): number {
  const fraction = readShare(text);
  if (fraction !== undefined) return fraction;
  throw new CodedError(
    'USAGE_SHARE',
    `"${text}" is not a share: expected more than 0% and at most 100%, such as 2% or 0.5%.`,
  );
}
