/** Names and limits of the requests of copies; docs/copy.md describes them. */

/** Which state of the file an answer is about. */
export const IDENTITY_HEADER = 'varve-identity';
/** On bodies with bytes of files that are one frame of zstd; the value is `zstd`. */
export const ENCODING_HEADER = 'varve-encoding';

/** The longest hash list. */
export const MAX_LIST_BYTES = 256 * 1024 * 1024;
