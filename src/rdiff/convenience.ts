/**
 * The three steps in the shape of python-librsync: `signature(old)`, `delta(new, signature)`,
 * `patch(old, delta)`, over file handles, streams and byte strings.
 */
import { once } from 'node:events';
import { Readable, type Writable } from 'node:stream';
import type { ByteSink, ByteSource, RandomSource, StepOptions } from './bytes-io.js';
import { loadSignature, writeDelta, type DeltaReport } from './delta.js';
import { writeAll } from './files/descriptor.js';
import { InputFile } from './files/input.js';
import { MemorySource } from './memory.js';
import { writePatched, type PatchReport } from './patch.js';
import { writeSignature, type SignatureReport } from './signature.js';
import { CodedError } from '../errors.js';
import type { FileHandle } from '../platform/plain-files.js';
import { ByteBuilder } from './format/bytes.js';
import type { PatchLimits } from './format/patcher.js';
import { DEFAULT_MAX_OUTPUT, type SignatureOptions } from './format/whole.js';

/** What can be read. File handles are read from where they stand, and stay open. */
export type RdiffInput = FileHandle | Readable | Uint8Array;
/** What can be written to. It stays open. */
export type RdiffOutput = FileHandle | Writable;

/** Where the result goes: without an output, it is returned. */
interface WithOutput {
  readonly output: RdiffOutput;
}

/** The signatures that python-librsync makes. Eight bytes of MD4 deceive nobody with intent. */
export const PYTHON_LIBRSYNC: SignatureOptions = {
  weak: 'rollsum',
  strong: 'md4',
  blockLength: 2048,
  strongLength: 8,
};

type Written<T> = Promise<T | Buffer>;

/** The signature of `file`, the old one. @throws CodedError RDIFF_PARAMETER, RDIFF_IO */
export function signature(
  file: RdiffInput,
  options: SignatureOptions & StepOptions & WithOutput,
): Promise<SignatureReport>;
export function signature(
  file: RdiffInput,
  options?: SignatureOptions & StepOptions,
): Promise<Buffer>;
export function signature(
  file: RdiffInput,
  options: SignatureOptions & StepOptions & Partial<WithOutput> = {},
): Written<SignatureReport> {
  return deliver(options.output, (sink) => writeSignature(sourceOf(file), sink, options));
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
  options?: StepOptions,
): Promise<Buffer>;
export function delta(
  file: RdiffInput,
  signatureFile: RdiffInput,
  options: StepOptions & Partial<WithOutput> = {},
): Written<DeltaReport> {
  return deliver(options.output, async (sink) => {
    const loaded = await loadSignature(sourceOf(signatureFile), options);
    return writeDelta(loaded, sourceOf(file), sink, options);
  });
}

/**
 * The file that `deltaFile` makes of `file`, the old one, which must allow reading anywhere: a file
 * handle or bytes. A result that is returned has at most 1 GiB, unless `maxOutput` says otherwise.
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
  options?: PatchLimits & StepOptions,
): Promise<Buffer>;
export async function patch(
  file: RdiffInput,
  deltaFile: RdiffInput,
  options: PatchLimits & StepOptions & Partial<WithOutput> = {},
): Written<PatchReport> {
  const limits = options.output === undefined ? { maxOutput: DEFAULT_MAX_OUTPUT } : {};
  const basis = basisOf(file);
  return deliver(options.output, (sink) =>
    writePatched(basis, sourceOf(deltaFile), sink, { ...limits, ...options }),
  );
}

/** Runs `write` into the output and gives its report; without an output, gives the bytes. */
async function deliver<T>(
  output: RdiffOutput | undefined,
  write: (sink: ByteSink) => Promise<T>,
): Written<T> {
  if (output !== undefined) return write(sinkOf(output));
  const bytes = new ByteBuilder();
  await write({ write: (piece) => bytes.push(piece) });
  return Buffer.from(bytes.view());
}

function sourceOf(input: RdiffInput): ByteSource {
  if (input instanceof Uint8Array) return new MemorySource('buffer', input);
  if (input instanceof Readable) return new StreamSource(input);
  return new InputFile('file handle', input.fd);
}

function basisOf(input: RdiffInput): RandomSource {
  if (input instanceof Readable) {
    throw new CodedError('RDIFF_PARAMETER', 'A stream does not support random access', {
      hint: 'Give the old file as a file handle or as bytes.',
    });
  }
  return input instanceof Uint8Array
    ? new MemorySource('buffer', input)
    : new InputFile('file handle', input.fd);
}

function sinkOf(output: RdiffOutput): ByteSink {
  if ('fd' in output && typeof output.fd === 'number') {
    const { fd } = output;
    return { write: (bytes) => writeAll('file handle', fd, bytes) };
  }
  const stream = output as Writable;
  return {
    write: async (bytes) => {
      // The stream keeps what it is given; the caller uses its bytes again.
      if (!stream.write(Buffer.from(bytes))) await once(stream, 'drain');
    },
  };
}

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
