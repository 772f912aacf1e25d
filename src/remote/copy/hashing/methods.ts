/** The hashes that blocks can be compared by: BLAKE3, XXH64, and all of Node's. */
import { blake3, HASH_BYTES } from '../../../platform/hash.js';
import { CodedError } from '../../../errors.js';
import { crypto } from '../../../platform/node-modules.js';

/** A hash of blocks. */
export interface HashMethod {
  readonly name: string;
  readonly digestBytes: number;
  readonly digest: (bytes: Uint8Array) => Uint8Array;
}

/** Strong, and with 4 GB/s on one core the fastest of the strong ones. */
const DEFAULT_METHOD = 'blake3';

/** What is used unless a user says otherwise: blocks are as long as fits the size of the file. */
export const VARVE_DEFAULTS = { method: DEFAULT_METHOD, blockBytes: undefined } as const;

/**
 * Makes a method ready for use.
 * @throws CodedError USAGE_HASH_METHOD
 */
export async function loadHashMethod(name: string): Promise<HashMethod> {
  if (name === 'blake3') return { name, digestBytes: HASH_BYTES, digest: blake3 };
  if (name === 'xxh64') return loadXxh64();
  const known = nodeName(name);
  if (known === undefined) throw unknownMethod(name);
  const { createHash } = crypto();
  const digest = (bytes: Uint8Array): Uint8Array => createHash(known).update(bytes).digest();
  try {
    return { name, digestBytes: digest(new Uint8Array(0)).length, digest };
  } catch (cause) {
    // Node lists some that its OpenSSL then refuses, such as MD4.
    throw unknownMethod(name, cause);
  }
}

function nodeName(name: string): string | undefined {
  return crypto()
    .getHashes()
    .find((known) => known.toLowerCase() === name.toLowerCase());
}

async function loadXxh64(): Promise<HashMethod> {
  const { default: load } = await import('xxhash-wasm');
  const xxhash = await load();
  return {
    name: 'xxh64',
    digestBytes: 8,
    digest(bytes) {
      const digest = Buffer.alloc(8);
      digest.writeBigUInt64BE(xxhash.h64Raw(bytes));
      return digest;
    },
  };
}

function unknownMethod(name: string, cause?: unknown): CodedError {
  return new CodedError('USAGE_HASH_METHOD', `"${name}" is not a known hash method.`, {
    hint: 'Use blake3, xxh64, sha1, sha256 or any other hash of Node.js (`openssl list -digest-algorithms`).',
    ...(cause !== undefined && { cause }),
  });
}
