/** Rebuilding a target from its basis and a delta. */
import { CodedError } from '../errors.js';
import { count } from '../platform/count.js';
import type { Delta } from './delta.js';
import { blake3 } from '../platform/hash.js';
import { readPairs } from './pairs.js';

/** The longest target that is rebuilt when nobody says how long it may be. */
const MAX_TARGET_BYTES = 2 ** 32;

/** What a decoder may be told. */
export interface ApplyOptions {
  /** Refuse targets longer than this, bytes. Default: 4 GiB. */
  readonly maxTargetLength?: number;
  /** Gives the buffer that the target is rebuilt in, of exactly this length. Default: a new one. */
  readonly allocate?: (lengthBytes: number) => Buffer;
  /** The caller has the target and compares the result with it, byte by byte: it is not hashed. */
  readonly isCompared?: boolean;
}

/** Runs up to this long are copied byte by byte: making a view of them costs more. */
const SHORT_BYTES = 24;

/**
 * The target of `delta`, rebuilt and proven by its hash. The instructions are checked as a whole
 * before a byte is allocated, so a hostile delta costs no more than reading it and `maxTargetLength`.
 *
 * @throws CodedError DELTA_CORRUPT for a malformed delta, DELTA_TOO_LARGE beyond `maxTargetLength`, OUT_OF_MEMORY,
 * DELTA_BASIS_MISMATCH if this is not the basis, DELTA_TARGET_MISMATCH if the result is not the target.
 */
export function applyDelta(basis: Uint8Array, delta: Delta, options: ApplyOptions = {}): Buffer {
  checkLimit(delta.targetLength, options.maxTargetLength ?? MAX_TARGET_BYTES);
  checkReads(basis, delta);
  const target = rebuild(basis, delta, options.allocate ?? allocate);
  if (options.isCompared === true) return target;
  if (Buffer.compare(blake3(target), delta.targetHash) === 0) return target;
  throw mismatch(basis, delta);
}

function checkLimit(targetLength: number, limit: number): void {
  if (targetLength <= limit) return;
  throw new CodedError(
    'DELTA_TOO_LARGE',
    `The delta rebuilds ${count(targetLength, 'byte')}; the limit here is ${limit}.`,
  );
}

function checkReads(basis: Uint8Array, delta: Delta): void {
  let end = 0;
  readPairs(delta, (_literal, copy, start) => {
    if (copy > 0 && start + copy > end) end = start + copy;
  });
  if (end > basis.length) {
    throw mismatch(basis, delta, `it reads up to byte ${end} of a basis of ${basis.length}`);
  }
}

/** Tells a wrong basis from a damaged delta; hashes the basis only now that something is wrong. */
function mismatch(basis: Uint8Array, delta: Delta, what?: string): CodedError {
  if (Buffer.compare(blake3(basis), delta.basisHash) !== 0) {
    return new CodedError('DELTA_BASIS_MISMATCH', 'The delta was made against a different basis.', {
      hint: 'Apply it to the basis whose hash it names.',
    });
  }
  const reason = what ?? 'the rebuilt bytes do not have the hash of the target';
  return new CodedError(
    what === undefined ? 'DELTA_TARGET_MISMATCH' : 'DELTA_CORRUPT',
    `The delta is damaged: ${reason}.`,
    { hint: 'The stored bytes have changed since they were written; run `varve verify`.' },
  );
}

function rebuild(
  basis: Uint8Array,
  delta: Delta,
  newTarget: (lengthBytes: number) => Buffer,
): Buffer {
  const target = new Target(newTarget(delta.targetLength));
  let used = 0;
  readPairs(delta, (literal, copy, start) => {
    target.append(delta.literals, used, literal);
    used += literal;
    target.append(basis, start, copy);
  });
  return target.bytes;
}

/** A target that is filled from its beginning. */
class Target {
  readonly bytes: Buffer;
  private filled = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  append(from: Uint8Array, start: number, length: number): void {
    const { bytes, filled } = this;
    if (length > SHORT_BYTES) {
      bytes.set(from.subarray(start, start + length), filled);
    } else {
      for (let i = 0; i < length; i += 1) bytes[filled + i] = from[start + i] ?? 0;
    }
    this.filled = filled + length;
  }
}

function allocate(length: number): Buffer {
  try {
    return Buffer.allocUnsafe(length);
  } catch (cause) {
    throw new CodedError('OUT_OF_MEMORY', `Not enough memory for ${count(length, 'byte')}.`, {
      hint: 'Use fewer --jobs, or free memory.',
      cause,
    });
  }
}
