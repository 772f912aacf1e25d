/** How the sections of a frame are compressed. The only module that knows zstd. */
import type zstd from 'zstd-napi/binding.js';
import { CodedError } from '../../errors.js';
import { zstdModule } from '../../platform/native-modules.js';
import { once } from '../../platform/once.js';

/** The codec byte of a section. */
export const Codec = { raw: 0, zstd: 1 } as const;
export type Codec = (typeof Codec)[keyof typeof Codec];

/** zstd's own default: beyond it time grows faster than the gain. */
export const DEFAULT_LEVEL = 3;

/**
 * The lengths of zstd's tables at the default level, as powers of two, where its own are 16 to 17: more
 * of them stays in the processor's cache. Longer sections, whose matches lie farther apart, keep
 * zstd's own.
 *
 * Pieces of large files take 6 % (an image) to 13 % (a library) less time to compress than with a hash
 * table of 16, and 0.4 to 0.6 % more bytes. Frames of small files take 3 to 6 % less time than with
 * 17, and 0.2 % more bytes (15: 0.45 %).
 */
const TABLES = [
  { mostBytes: 512 * 1024, hashLog: 15, chainLog: 15 },
  { mostBytes: 1536 * 1024, hashLog: 16, chainLog: undefined },
] as const;

/** Below this many bytes zstd's own frame costs more than it saves. */
const MIN_COMPRESSIBLE = 32;
/** From here on three samples tell first whether compressing pays (a media file costs nothing). */
const SAMPLED_FROM = 128 * 1024;
const SAMPLE_BYTES = 8 * 1024;
/** A section is stored raw unless zstd saves at least this share. */
const MIN_GAIN = 0.03;

/** Room that {@link compressSection} may need for `rawBytes`. */
export function compressBound(rawBytes: number): number {
  return rawBytes + (rawBytes >>> 8) + 1024;
}

interface Compressed {
  readonly codec: Codec;
  readonly storedBytes: number;
}

const compressors = new Map<number, zstd.CCtx>();
const tabledCompressors = TABLES.map(({ mostBytes, hashLog, chainLog }) => ({
  mostBytes,
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

/** Compresses `raw` into `into` at its start; what does not shrink is copied as it is. */
export function compressSection(raw: Uint8Array, into: Uint8Array, level: number): Compressed {
  if (raw.length >= MIN_COMPRESSIBLE && looksCompressible(raw)) {
    const storedBytes = compressorFor(raw, level).compress2(asBuffer(into), asBuffer(raw));
    if (storedBytes < raw.length * (1 - MIN_GAIN)) return { codec: Codec.zstd, storedBytes };
  }
  into.set(raw);
  return { codec: Codec.raw, storedBytes: raw.length };
}

/** Bytes that `raw` would take alone; for decisions, nothing is kept. */
export function compressedSize(raw: Uint8Array, level: number): number {
  return compressSection(raw, Buffer.allocUnsafe(compressBound(raw.length)), level).storedBytes;
}

/**
 * The raw bytes of a section: `stored` itself when it is raw, else written to `into`.
 * @throws CodedError FRAME_CORRUPT when they are not exactly `rawBytes` long.
 */
export function decompressSection(
  stored: Uint8Array,
  codec: number,
  rawBytes: number,
  into: (lengthBytes: number) => Buffer = (lengthBytes) => Buffer.allocUnsafeSlow(lengthBytes),
): Uint8Array {
  if (codec === Codec.raw) {
    if (stored.length !== rawBytes) throw corrupt('a raw section has the wrong length');
    return stored;
  }
  if (codec !== Codec.zstd) throw corrupt(`unknown codec ${codec}`);
  const raw = into(rawBytes);
  const zstd = decompressor();
  let produced: number;
  try {
    produced = zstd.decompress(raw, asBuffer(stored));
  } catch (cause) {
    if (isOutOfMemory(cause)) {
      throw new CodedError('OUT_OF_MEMORY', `There is no memory to decode ${rawBytes} bytes.`, {
        hint: 'Give fewer --jobs, or free memory.',
        cause,
      });
    }
    if (!(cause instanceof Error) || cause instanceof TypeError) throw cause;
    throw corrupt('zstd cannot decode a section', cause);
  }
  if (produced !== rawBytes) throw corrupt('a section decodes to the wrong length');
  return raw;
}

/** zstd's own errors carry only a text. */
function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && error.message === 'Allocation error : not enough memory';
}

function compressorFor(raw: Uint8Array, level: number): zstd.CCtx {
  if (level !== DEFAULT_LEVEL) return compressorAt(level);
  const tabled = tabledCompressors.find(({ mostBytes }) => raw.length <= mostBytes);
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

function corrupt(what: string, cause?: unknown): CodedError {
  return new CodedError('FRAME_CORRUPT', `A frame is damaged: ${what}.`, { cause });
}
