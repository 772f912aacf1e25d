/** Compression: the only module that knows zstd. */
import type zstd from 'zstd-napi/binding.js';
import { count } from './count.js';
import { CodedError } from '../errors.js';
import { zstdModule } from './native-modules.js';
import { once } from './once.js';

/** zstd's own default: beyond it time grows faster than the gain. */
export const DEFAULT_LEVEL = 3;

/**
 * The lengths of zstd's tables at the default level, as powers of two, where its own are 16 to 17: more
 * of them stays in the processor's cache. Longer inputs, whose matches lie farther apart, keep zstd's
 * own.
 *
 * Pieces of large files take 6 % (an image) to 13 % (a library) less time to compress than with a hash
 * table of 16, and 0.4 to 0.6 % more bytes. Frames of small files take 3 to 6 % less time than with
 * 17, and 0.2 % more bytes (15: 0.45 %).
 */
const TABLES = [
  { maxBytes: 512 * 1024, hashLog: 15, chainLog: 15 },
  { maxBytes: 1536 * 1024, hashLog: 16, chainLog: undefined },
] as const;

/** Below this many bytes zstd's own frame costs more than it saves. */
const MIN_COMPRESSIBLE = 32;
/** From here on three samples tell first whether compressing pays (a media file costs nothing). */
const SAMPLED_FROM = 128 * 1024;
const SAMPLE_BYTES = 8 * 1024;
/** Compressing pays if it saves at least this share. */
const MIN_GAIN = 0.03;

/** Bytes that are no frame of zstd, or more than there is room for. `cause` is zstd's own error. */
export class UndecodableError extends Error {}

/** Room that {@link compress} may need for `rawBytes`. */
export function compressBound(rawBytes: number): number {
  return rawBytes + (rawBytes >>> 8) + 1024;
}

const compressors = new Map<number, zstd.CCtx>();
const tabledCompressors = TABLES.map(({ maxBytes, hashLog, chainLog }) => ({
  maxBytes,
  compressor: once(() => {
    const compressor = createCompressor(DEFAULT_LEVEL);
    const { CParameter } = zstdModule();
    compressor.setParameter(CParameter.hashLog, hashLog);
    if (chainLog !== undefined) compressor.setParameter(CParameter.chainLog, chainLog);
    return compressor;
  }),
}));
const decompressor = once(() => new (zstdModule().DCtx)());
const sampleOutput = Buffer.alloc(compressBound(SAMPLE_BYTES));

/**
 * Compresses `raw` into one frame at the start of `into`, and returns how long that is; undefined where
 * it does not pay, and then anything may be in `into`.
 */
export function compress(raw: Uint8Array, into: Uint8Array, level: number): number | undefined {
  if (raw.length < MIN_COMPRESSIBLE || !looksCompressible(raw)) return undefined;
  const storedBytes = compressorFor(raw, level).compress2(asBuffer(into), asBuffer(raw));
  return storedBytes < raw.length * (1 - MIN_GAIN) ? storedBytes : undefined;
}

/**
 * Decompresses one frame to the start of `into`, and returns how many bytes it gave.
 * @throws UndecodableError
 * @throws CodedError OUT_OF_MEMORY
 */
export function decompress(stored: Uint8Array, into: Buffer): number {
  const zstd = decompressor();
  try {
    return zstd.decompress(into, asBuffer(stored));
  } catch (cause) {
    if (isOutOfMemory(cause)) {
      throw new CodedError(
        'OUT_OF_MEMORY',
        `Not enough memory to decode ${count(into.length, 'byte')}.`,
        {
          hint: 'Use fewer --jobs, or free memory.',
          cause,
        },
      );
    }
    if (!(cause instanceof Error) || cause instanceof TypeError) throw cause;
    throw new UndecodableError('zstd cannot decode this', { cause });
  }
}

/** zstd's own errors carry only a text. */
function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && error.message === 'Allocation error : not enough memory';
}

function compressorFor(raw: Uint8Array, level: number): zstd.CCtx {
  if (level !== DEFAULT_LEVEL) return compressorAt(level);
  const tabled = tabledCompressors.find(({ maxBytes }) => raw.length <= maxBytes);
  return tabled?.compressor() ?? compressorAt(level);
}

function compressorAt(level: number): zstd.CCtx {
  const compressor = compressors.get(level) ?? createCompressor(level);
  compressors.set(level, compressor);
  return compressor;
}

function createCompressor(level: number): zstd.CCtx {
  const compressor = new (zstdModule().CCtx)();
  compressor.setParameter(zstdModule().CParameter.compressionLevel, level);
  return compressor;
}

function looksCompressible(raw: Uint8Array): boolean {
  if (raw.length < SAMPLED_FROM) return true;
  const last = raw.length - SAMPLE_BYTES;
  return [0, last >>> 1, last].some((start) => {
    const sample = asBuffer(raw.subarray(start, start + SAMPLE_BYTES));
    const stored = compressorAt(1).compress2(sampleOutput, sample);
    return stored < SAMPLE_BYTES * (1 - MIN_GAIN);
  });
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
