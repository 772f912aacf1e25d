/** Names and limits that both sides of every connection share; docs/copy.md describes them. */

/** On every answer of a Varve server. */
export const VERSION_HEADER = 'varve-copy';
export const WIRE_VERSION = '1';

/** The longest body with bytes of files: a batch, or a single block. */
export const MAX_BODY_BYTES = 33 * 1024 * 1024;
/** The longest JSON document, either way. */
export const MAX_JSON_BYTES = 64 * 1024;
