/** The roots of a source as messages and tables name them: a list of files has thousands. */
import { textFromBytes, type ByteString } from '../../../platform/bytes.js';

/** A longer list is cut to this many names. */
const MAX_NAMED = 3;

/** `/a /b /c and 7 more`; `format` makes a name fit to be shown. */
export function rootNames(
  roots: readonly ByteString[],
  format: (root: ByteString) => string = textFromBytes,
): string {
  const isLong = roots.length > MAX_NAMED + 1;
  const named = (isLong ? roots.slice(0, MAX_NAMED) : roots).map((root) => format(root)).join(' ');
  return isLong ? `${named} and ${roots.length - MAX_NAMED} more` : named;
}
