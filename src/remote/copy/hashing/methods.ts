/** The hashes that blocks can be compared by: BLAKE3, XXH64, and all that Node's OpenSSL has. */
import { blake3, HASH_BYTES, startBlake3 } from '../../../platform/hash.js';
import { CodedError } from '../../../errors.js';
import { nodeHashes, nodeHashName, startNodeHash } from './hash-names.js';

/** A hash of blocks. */
export interface HashMethod {
  /** One of all its spellings: Node's. */
  readonly name: string;
  readonly digestBytes: number;
  readonly digest: (bytes: Uint8Array) => Uint8Array;
  /** For blocks that come in parts. */
  readonly start: () => PartialHash;
}

/** The hash of bytes that come in parts. */
interface PartialHash {
  update(bytes: Uint8Array): void;
  /** To be called once. */
  digest(): Uint8Array;
}

/** Strong, and with 4 GB/s on one core the fastest of the strong ones. */
const DEFAULT_METHOD = 'blake3';

/** What is used unless a user says otherwise: blocks are as long as fits the size of the file. */
export const VARVE_DEFAULTS = { method: DEFAULT_METHOD, blockBytes: undefined } as const;

/**
 * Makes a method ready for use. Names may be spelled as Node or as Python's hashlib does.
 * @throws CodedError USAGE_HASH_METHOD
 */
export async function loadHashMethod(name: string): Promise<HashMethod> {
  const plain = name.toLowerCase();
  if (plain === 'blake3') return blake3Method;
  if (plain === 'xxh64') return loadXxh64();
  const known = nodeHashName(name);
  if (known === undefined) throw unknownMethod(name);
  try {
    const digestBytes = startNodeHash(known).digest().length;
    const digest = (bytes: Uint8Array): Uint8Array => startNodeHash(known).update(bytes).digest();
    return { name: known, digestBytes, digest, start: () => startNodeHash(known) };
  } catch (cause) {
    throw unknownMethod(name, cause);
  }
}

const blake3Method: HashMethod = {
  name: 'blake3',
  digestBytes: HASH_BYTES,
  digest: blake3,
  start() {
    const hash = startBlake3();
    return {
      update: (bytes) => hash.update(bytes),
      digest: () => Buffer.from(hash.hex(), 'hex'),
    };
  },
};

async function loadXxh64(): Promise<HashMethod> {
  const { default: load } = await import('xxhash-wasm');
  const xxhash = await load();
  const asBytes = (sum: bigint): Uint8Array => {
    const digest = Buffer.alloc(8);
    digest.writeBigUInt64BE(sum);
    return digest;
  };
  return {
    name: 'xxh64',
    digestBytes: 8,
    digest: (bytes) => asBytes(xxhash.h64Raw(bytes)),
    start() {
      const hash = xxhash.create64();
      return {
        update: (bytes) => void hash.update(bytes),
        digest: () => asBytes(hash.digest()),
      };
    },
  };
}

function unknownMethod(name: string, cause?: unknown): CodedError {
  return new CodedError(
    'USAGE_HASH_METHOD',
    `"${name}" is not a hash method that Node.js has here.`,
    {
      hint: `Use one of these: ${['blake3', 'xxh64', ...nodeHashes()].join(', ')}.`,
      ...(cause !== undefined && { cause }),
    },
  );
}
