/** The library's only door: everything a program may use is named here. */
export { CodedError, type CodedErrorOptions, type ErrorCode } from './errors.js';
export { blake3, HASH_BYTES } from './delta/hash.js';
export {
  resolveTimePoint,
  type DatedSnapshot,
  type TimePoint,
} from './repo/operations/time-point.js';
export { bytesToText, INVALID_BYTES } from './repo/tree/byte-text.js';
