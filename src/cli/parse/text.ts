/** Values that are kept or sent as text, and cannot be any bytes. */
import { CodedError, hasInvalidBytes } from '../../store.js';

/** `text` itself. `what`: the option that gave it. @throws CodedError USAGE when it is not UTF-8 */
export function requireText(what: string, text: string): string {
  if (!hasInvalidBytes(text)) return text;
  throw new CodedError('USAGE', `${what}: "${text}" is not UTF-8.`, {
    hint: 'Only paths, file names and patterns can be any bytes; give text here.',
  });
}
