/** The codec bytes of frames: how each section is stored. */
import { CodedError } from '../../errors.js';
import { compress, compressBound, decompress, UndecodableError } from '../../platform/zstd.js';

/** The codec byte of a section. */
export const Codec = { raw: 0, zstd: 1 } as const;
export type Codec = (typeof Codec)[keyof typeof Codec];

export function isCodec(codec: number): codec is Codec {
  return codec === Codec.raw || codec === Codec.zstd;
}

interface Compressed {
  readonly codec: Codec;
  readonly storedBytes: number;
}

/** Compresses `raw` into `into` at its start; what does not shrink is copied as it is. */
export function compressSection(raw: Uint8Array, into: Uint8Array, level: number): Compressed {
  const storedBytes = compress(raw, into, level);
  if (storedBytes !== undefined) return { codec: Codec.zstd, storedBytes };
  into.set(raw);
  return { codec: Codec.raw, storedBytes: raw.length };
}

/** Bytes that `raw` would take alone; for decisions, nothing is kept. */
export function compressedSize(raw: Uint8Array, level: number): number {
  return compress(raw, Buffer.allocUnsafe(compressBound(raw.length)), level) ?? raw.length;
}

/**
 * The raw bytes of a section: `stored` itself when it is raw, else written to `into`.
 * @throws CodedError FRAME_CORRUPT when they are not exactly `rawBytes` long
 */
export function decompressSection(
  stored: Uint8Array,
  codec: Codec,
  rawBytes: number,
  into: (lengthBytes: number) => Buffer = (lengthBytes) => Buffer.allocUnsafeSlow(lengthBytes),
): Uint8Array {
  if (codec === Codec.raw) {
    if (stored.length !== rawBytes) throw corrupt('a raw section has the wrong length');
    return stored;
  }
  const raw = into(rawBytes);
  if (decompressed(stored, raw) === rawBytes) return raw;
  throw corrupt('a section decodes to the wrong length');
}

function decompressed(stored: Uint8Array, raw: Buffer): number {
  try {
    return decompress(stored, raw);
  } catch (error) {
    if (!(error instanceof UndecodableError)) throw error;
    throw corrupt('zstd cannot decode a section', error.cause);
  }
}

function corrupt(what: string, cause?: unknown): CodedError {
  return new CodedError('FRAME_CORRUPT', `A frame is damaged: ${what}.`, { cause });
}
