/** Names and limits of the requests of copies; docs/copy.md describes them. */

/** Which state of the file an answer is about. */
export const IDENTITY_HEADER = 'varve-identity';
/** On bodies with bytes of files that are one frame of zstd; the value is `zstd`. */
export const ENCODING_HEADER = 'varve-encoding';

/** The longest hash list. */
export const MAX_LIST_BYTES = 256 * 1024 * 1024;

/** What the pieces of one request put in their places, sent or not: a second of work. */
export const MAX_PUT_BYTES = 256 * 1024 * 1024;
/** Blocks of those. */
export const MAX_PUT_BLOCKS = 1024 * 1024;
/** The longest name of a file: what the system takes as a path. */
export const MAX_NAME_BYTES = 4096;
