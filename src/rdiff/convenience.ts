/**
 * The three steps in the shape of python-librsync: `signature(old)`, `delta(new, signature)`,
 * `patch(old, delta)`, over file handles, streams and byte strings.
 */
import { Readable, Writable } from 'node:stream';
import {
  orAborted,
  type ByteSink,
  type ByteSource,
  type RandomSource,
  type StepOptions,
} from './bytes-io.js';
import { loadSignature, writeDelta, type DeltaReport } from './delta.js';
import { descriptorOf, handleSink, handleSource } from './files/handle.js';
import { InputFile } from './files/input.js';
import { DEFAULT_MAX_MEMORY, Spill } from './files/spill.js';
import { expectOptions, isObject, wrongArgument } from './format/expect.js';
import { MemorySource } from './memory.js';
import { writePatched, type PatchReport } from './patch.js';
import { writeSignature, type SignatureReport } from './signature.js';
import { CodedError } from '../errors.js';
import type { FileHandle } from '../platform/plain-files.js';
import type { PatchLimits } from './format/patcher.js';
import { DEFAULT_MAX_OUTPUT, type SignatureOptions } from './format/whole.js';

/**
 * What can be read. A file handle is read from where it stands, and stands there afterwards; it stays
 * open. (A pipe moves on.)
 */
export type RdiffInput = FileHandle | Readable | Uint8Array;
/**
 * What can be written to. It stays open. A file is written from where its handle stands, and stands
 * there afterwards, so that the handle can be given to the next step if it may be read, too.
 */
export type RdiffOutput = FileHandle | Writable;
/**
 * A result that is returned: bytes, or beyond `maxMemory` an open file without a name. Either can be
 * given to the next step; {@link readResult} makes bytes of either. A file must be closed.
 */
export type RdiffResult = Buffer | FileHandle;

/** Where the result goes: without an output, it is returned. */
interface WithOutput {
  readonly output: RdiffOutput;
}

/** How a result is returned. */
export interface ReturnOptions {
  /** A result up to so many bytes is returned as bytes; 8 MiB by default, Infinity for any. */
  readonly maxMemory?: number;
}

type AnyOptions = StepOptions & ReturnOptions & Partial<WithOutput>;

/** The signatures that python-librsync makes. Eight bytes of MD4 deceive nobody with intent. */
export const PYTHON_LIBRSYNC: SignatureOptions = {
  weak: 'rollsum',
  strong: 'md4',
  blockLength: 2048,
  strongLength: 8,
};

type Written<T> = Promise<T | RdiffResult>;

/** The signature of `file`, the old one. @throws CodedError RDIFF_PARAMETER, RDIFF_IO */
export function signature(
  file: RdiffInput,
  options: SignatureOptions & StepOptions & WithOutput,
): Promise<SignatureReport>;
export function signature(
  file: RdiffInput,
  options?: SignatureOptions & StepOptions & ReturnOptions,
): Promise<RdiffResult>;
export async function signature(
  file: RdiffInput,
  options: SignatureOptions & AnyOptions = {},
): Written<SignatureReport> {
  expectOptions(options);
  const source = sourceOf('The file', file);
  return deliver(options, (sink) => writeSignature(source, sink, options));
}

/**
 * The delta from the file behind `signatureFile` to `file`, the new one.
 * @throws CodedError RDIFF_INPUT_ENDED, RDIFF_BAD_MAGIC, RDIFF_CORRUPT, RDIFF_PARAMETER, RDIFF_IO
 */
export function delta(
  file: RdiffInput,
  signatureFile: RdiffInput,
  options: StepOptions & WithOutput,
): Promise<DeltaReport>;
export function delta(
  file: RdiffInput,
  signatureFile: RdiffInput,
  options?: StepOptions & ReturnOptions,
): Promise<RdiffResult>;
export async function delta(
  file: RdiffInput,
  signatureFile: RdiffInput,
  options: AnyOptions = {},
): Written<DeltaReport> {
  expectOptions(options);
  const source = sourceOf('The file', file);
  const sums = sourceOf('The signature file', signatureFile);
  return deliver(options, async (sink) => {
    const loaded = await loadSignature(sums, options);
    return writeDelta(loaded, source, sink, options);
  });
}

/**
 * The file that `deltaFile` makes of `file`, the old one, which must allow reading anywhere: a file
 * handle, wherever it stands, or bytes. A result that is returned has at most 1 GiB, unless `maxOutput`
 * says otherwise.
 * @throws CodedError RDIFF_INPUT_ENDED, RDIFF_BAD_MAGIC, RDIFF_CORRUPT, RDIFF_OUTPUT_LIMIT, RDIFF_PARAMETER,
 * RDIFF_IO
 */
export function patch(
  file: RdiffInput,
  deltaFile: RdiffInput,
  options: PatchLimits & StepOptions & WithOutput,
): Promise<PatchReport>;
export function patch(
  file: RdiffInput,
  deltaFile: RdiffInput,
  options?: PatchLimits & StepOptions & ReturnOptions,
): Promise<RdiffResult>;
export async function patch(
  file: RdiffInput,
  deltaFile: RdiffInput,
  options: PatchLimits & AnyOptions = {},
): Written<PatchReport> {
  expectOptions(options);
  const limits = options.output === undefined ? { maxOutput: DEFAULT_MAX_OUTPUT } : {};
  const basis = basisOf(file);
  const source = sourceOf('The delta file', deltaFile);
  return deliver(options, (sink) => writePatched(basis, source, sink, { ...limits, ...options }));
}

/** The bytes of a result, whichever way it was returned; a file is closed. @throws CodedError RDIFF_IO */
export async function readResult(result: RdiffResult): Promise<Buffer> {
  if (result instanceof Uint8Array) return result;
  const source = sourceOf('The result', result);
  try {
    const bytes = Buffer.allocUnsafe(source.size ?? 0);
    let length = 0;
    while (length < bytes.length) {
      const added = await source.read(bytes.subarray(length));
      if (added === 0) break;
      length += added;
    }
    return bytes.subarray(0, length);
  } finally {
    await result.close();
  }
}

/** Runs `write` into the output and gives its report; without an output, gives the result. */
async function deliver<T>(
  { output, signal, maxMemory = DEFAULT_MAX_MEMORY }: AnyOptions,
  write: (sink: ByteSink) => Promise<T>,
): Written<T> {
  if (output !== undefined) return write(sinkOf(output, signal));
  const spill = new Spill(maxMemory);
  try {
    await write(spill);
    return spill.result();
  } catch (error) {
    await spill.discard();
    throw error;
  }
}

const INPUT = 'a file handle, a Readable or bytes';
const BASIS = 'a file handle or bytes, which can be read anywhere';

function sourceOf(name: string, input: RdiffInput): ByteSource {
  if (input instanceof Uint8Array) return new MemorySource('buffer', input);
  if (input instanceof Readable) return new StreamSource(input);
  if (isHandle(input)) return handleSource(input);
  throw wrongArgument(name, INPUT, input, hintFor(input));
}

function basisOf(input: RdiffInput): RandomSource {
  if (input instanceof Readable) {
    throw new CodedError('RDIFF_PARAMETER', 'A stream does not support random access', {
      hint: 'Give the old file as a file handle or as bytes.',
    });
  }
  if (input instanceof Uint8Array) return new MemorySource('buffer', input);
  if (isHandle(input)) return new InputFile('file handle', descriptorOf(input));
  throw wrongArgument('The old file', BASIS, input, hintFor(input));
}

const isHandle = (value: unknown): value is FileHandle =>
  isObject(value) && typeof value['fd'] === 'number' && typeof value['close'] === 'function';

/** What somebody who gave this may have wanted. */
function hintFor(value: unknown): string | undefined {
  if (typeof value === 'string') return 'signatureFiles, deltaFiles and patchFiles take paths.';
  if (value instanceof ReadableStream) return 'Readable.fromWeb makes a Readable of it.';
  if (value instanceof ArrayBuffer) return 'new Uint8Array(buffer) makes bytes of it.';
  return undefined;
}

function sinkOf(output: RdiffOutput, signal: AbortSignal | undefined): ByteSink {
  // A Writable of a file has a descriptor, too.
  if (output instanceof Writable) return streamSink(output, signal);
  if (isHandle(output)) return handleSink(output);
  throw wrongArgument('The option output', 'a file handle or a Writable', output, hintFor(output));
}

function streamSink(stream: Writable, signal: AbortSignal | undefined): ByteSink {
  return {
    write: async (bytes) => {
      // The stream keeps what it is given; the caller uses its bytes again.
      if (!stream.write(Buffer.from(bytes))) await orAborted(drained(stream), signal);
    },
  };
}

/** Waits until the stream takes more: one that is destroyed, perhaps in silence, never will. */
function drained(stream: Writable): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error | null): void => {
      stream.off('drain', settle).off('error', settle).off('close', close);
      if (error) reject(error);
      else resolve();
    };
    const close = (): void => settle(stream.errored ?? closedOutput());
    stream.on('drain', settle).on('error', settle).on('close', close);
    // Events that are under way come first.
    if (stream.closed) setImmediate(close);
  });
}

const closedOutput = (): CodedError =>
  new CodedError('RDIFF_IO', 'The output stream was closed before all was written', {
    hint: 'Whoever reads from it may have gone: make it again for another.',
  });

/** A stream, a piece at a time. */
class StreamSource implements ByteSource {
  readonly name = 'stream';
  readonly size = undefined;
  private readonly pieces: AsyncIterator<unknown>;
  private piece: Uint8Array = new Uint8Array(0);

  constructor(stream: Readable) {
    this.pieces = stream[Symbol.asyncIterator]();
  }

  async read(into: Uint8Array): Promise<number> {
    while (this.piece.length === 0) {
      const next = await this.pieces.next();
      if (next.done === true) return 0;
      this.piece = asBytes(next.value);
    }
    const taken = this.piece.subarray(0, into.length);
    into.set(taken);
    this.piece = this.piece.subarray(taken.length);
    return taken.length;
  }
}

function asBytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new CodedError('RDIFF_PARAMETER', 'The stream yields text or objects, not bytes', {
    hint: 'Do not set an encoding or object mode on it.',
  });
}
