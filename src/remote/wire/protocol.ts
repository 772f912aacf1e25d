/** Names and limits of the wire, which both sides share; docs/copy.md describes it. */

/** On every answer of a Varve server. */
export const VERSION_HEADER = 'varve-copy';
export const WIRE_VERSION = '1';
/** Which state of the file an answer is about. */
export const IDENTITY_HEADER = 'varve-identity';

/** On bodies with bytes of files that are one frame of zstd; the value is `zstd`. */
export const ENCODING_HEADER = 'varve-encoding';

/** The longest body with bytes of files: a batch, or a single block. */
export const MOST_BODY_BYTES = 33 * 1024 * 1024;
/** The longest JSON document, either way. */
export const MOST_JSON_BYTES = 64 * 1024;
/** The longest hash list. */
export const MOST_LIST_BYTES = 256 * 1024 * 1024;
