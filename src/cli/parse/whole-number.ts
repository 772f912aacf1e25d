/** Reads plain numbers such as those of `--jobs` and `--level`. */
import { CodedError } from '../../store.js';

/**
 * A reader of whole numbers from `least` to `most`.
 *
 * The reader throws CodedError `USAGE_COUNT`.
 */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
    if (number >= least && number <= most) return number;
    throw new CodedError(
      'USAGE_COUNT',
      `"${text}" is not a whole number from ${least} to ${most}.`,
    );
  };
}
