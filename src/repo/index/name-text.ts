/**
 * Names that come as SQLite's text (`CAST(name AS TEXT)`), which takes half the time of a BLOB but is
 * not exact where they are not UTF-8.
 */
import { bytesFromText, type ByteString } from '../../platform/bytes.js';

/** What bytes that are not UTF-8 become as text. */
const REPLACEMENT = '\ufffd';

/** The bytes of a name; `readExact` is asked for them where the text may not say. */
export function nameFromText(text: string, readExact: () => ByteString): ByteString {
  if (/^[ -~]*$/.test(text)) return text as ByteString;
  return text.includes(REPLACEMENT) ? readExact() : bytesFromText(text);
}
