/** Writes a delta: from the signature of a basis and a new file. */
import { orAborted, Turns, type ByteSink, type ByteSource, type StepOptions } from './bytes-io.js';
import type { PartsOptions } from './worker/pool.js';
import { readFully } from './files/descriptor.js';
import { blocksPerPart, splitEvenly, worthSplitting } from './parts.js';
import { ByteBuilder } from './format/bytes.js';
import { DeltaWriter } from './format/delta-writer.js';
import { InstructionWriter } from './format/instruction-writer.js';
import { InstructionJoiner } from './format/joiner.js';
import { SignatureReader } from './format/signature-reader.js';
import type { Signature } from './format/signature.js';
import {
  addMatchCounts,
  emptyMatchCounts,
  type InstructionCounts,
  type MatchCounts,
} from './format/statistics.js';

/** How to make a delta. */
export interface WriteDeltaOptions extends StepOptions {
  /** Threads for a regular file that is large; 1 by default. */
  readonly jobs?: number;
}

/** What a delta run did. */
export interface DeltaReport {
  readonly instructions: Readonly<InstructionCounts>;
  /** Absent where no signature was searched. */
  readonly matches?: Readonly<MatchCounts>;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

const READ_BYTES = 256 * 1024;

/** Reads a signature file. @throws CodedError RDIFF_INPUT_ENDED, RDIFF_BAD_MAGIC, RDIFF_CORRUPT, RDIFF_PARAMETER, RDIFF_IO */
export async function loadSignature(
  source: ByteSource,
  options: StepOptions = {},
): Promise<Signature> {
  const reader = new SignatureReader();
  const buffer = new Uint8Array(READ_BYTES);
  for (;;) {
    const length = await orAborted(source.read(buffer), options.signal);
    if (length === 0) return reader.finish();
    reader.update(buffer.subarray(0, length));
  }
}

/** @throws CodedError RDIFF_IO */
export function writeDelta(
  signature: Signature,
  target: ByteSource,
  sink: ByteSink,
  options: WriteDeltaOptions = {},
): Promise<DeltaReport> {
  const jobs = options.jobs ?? 1;
  return worthSplitting(target, jobs)
    ? inParallel(signature, target, sink, { jobs, signal: options.signal })
    : inSequence(signature, target, sink, options.signal);
}

async function inSequence(
  signature: Signature,
  target: ByteSource,
  sink: ByteSink,
  signal: AbortSignal | undefined,
): Promise<DeltaReport> {
  const writer = new DeltaWriter(signature);
  const turns = new Turns(signal);
  let [bytesIn, bytesOut] = [0, 0];
  const pass = async (bytes: Uint8Array) => {
    bytesOut += bytes.length;
    await sink.write(bytes);
  };
  for (;;) {
    const length = await orAborted(target.read(writer.room()), signal);
    if (length === 0) break;
    writer.filled(length);
    bytesIn += length;
    await writer.drain(pass);
    await turns.done(length);
  }
  await pass(writer.finish());
  const { instructionCounts: instructions, matchCounts: matches } = writer;
  return { instructions, matches, bytesIn, bytesOut };
}

async function inParallel(
  signature: Signature,
  target: ByteSource,
  sink: ByteSink,
  options: PartsOptions,
): Promise<DeltaReport> {
  const { runParts } = await import('./worker/pool.js');
  const { size, descriptor } = target as Required<ByteSource> & { size: number };
  const { blockLength } = signature;
  const output = new ByteBuilder();
  const writer = new InstructionWriter(output);
  const joiner = new InstructionJoiner(writer, literalReader(descriptor));
  const matches = emptyMatchCounts();
  let bytesOut = 0;
  const drain = async () => {
    bytesOut += output.length;
    if (output.length > 0) await sink.write(output.view());
    output.clear();
  };
  const task = { type: 'delta', descriptor, signature, size } as const;
  const parts = splitEvenly(size, blocksPerPart(signature) * blockLength, blockLength);
  await runParts(task, parts, options, async ({ instructions, counts }, part) => {
    addMatchCounts(matches, counts);
    joiner.add(part.start, instructions);
    await drain();
  });
  joiner.finish();
  writer.finish();
  await drain();
  return { instructions: writer.counts, matches, bytesIn: size, bytesOut };
}

/** Reads literals again, which the searching threads do not pass on. */
function literalReader(descriptor: number): (position: number, length: number) => Uint8Array {
  let buffer = new Uint8Array(0);
  return (position, length) => {
    if (buffer.length < length) buffer = new Uint8Array(length);
    const bytes = buffer.subarray(0, length);
    readFully(descriptor, position, bytes);
    return bytes;
  };
}
