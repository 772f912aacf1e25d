/** The vectors made with the real programs, in `test/golden/librsync`; see the README there. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = new URL('../golden/librsync/', import.meta.url);

/** Where a vector lies. */
export const goldenPath = (name: string): string => fileURLToPath(new URL(name, ROOT));
export const golden = (name: string): Buffer => readFileSync(goldenPath(name));
/** A manifest; the caller says its shape. */
export const manifest = (name: string): unknown => JSON.parse(golden(name).toString());

/** The reproducible random content of the vectors: SHA-256(seed ":" be32(i)) for i = 0, 1, ... */
export function seededBytes(seed: string, length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, i) => {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(i);
    return createHash('sha256').update(`${seed}:`).update(counter).digest();
  });
  return Buffer.concat(blocks).subarray(0, length);
}

export const sha256 = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');
