/** Writes the signature of a basis: reads, sums, writes; with several threads where it pays. */
import type { StepOptions, ByteSink, ByteSource } from './bytes-io.js';
import { orAborted, Turns } from './bytes-io.js';
import { signatureArguments } from './format/arguments.js';
import { signatureKind } from './format/kinds.js';
import { SignatureWriter } from './format/signature-writer.js';
import { encodeHeader, type SignatureHeader } from './format/signature.js';
import type { SignatureOptions } from './format/whole.js';
import type { PartsOptions } from './worker/pool.js';
import { blocksPerPart, splitEvenly, worthSplitting } from './parts.js';

/** Which signature, and how to make it. */
export interface WriteSignatureOptions extends SignatureOptions, StepOptions {
  /** Threads for a regular file that is large; 1 by default. */
  readonly jobs?: number;
}

/** What a signature run did. */
export interface SignatureReport {
  readonly blockLength: number;
  readonly strongLength: number;
  readonly safeStrongLength: number;
  readonly blocks: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** @throws CodedError RDIFF_PARAMETER, RDIFF_IO */
export async function writeSignature(
  basis: ByteSource,
  sink: ByteSink,
  options: WriteSignatureOptions = {},
): Promise<SignatureReport> {
  const kind = signatureKind(options.weak, options.strong);
  const sizes = signatureArguments(kind, basis.size, options);
  const header = { kind, ...sizes };
  const counted = new CountingSink(sink);
  const jobs = options.jobs ?? 1;
  const bytesIn = worthSplitting(basis, jobs)
    ? await inParallel(basis, header, counted, { jobs, signal: options.signal })
    : await inSequence(basis, header, counted, options.signal);
  const blocks = Math.ceil(bytesIn / header.blockLength);
  return { ...sizes, blocks, bytesIn, bytesOut: counted.bytes };
}

class CountingSink implements ByteSink {
  bytes = 0;
  private readonly sink: ByteSink;

  constructor(sink: ByteSink) {
    this.sink = sink;
  }

  write(bytes: Uint8Array): void | Promise<void> {
    this.bytes += bytes.length;
    return this.sink.write(bytes);
  }
}

async function inSequence(
  basis: ByteSource,
  header: SignatureHeader,
  sink: ByteSink,
  signal: AbortSignal | undefined,
): Promise<number> {
  const writer = new SignatureWriter(header);
  const turns = new Turns(signal);
  let total = 0;
  for (;;) {
    const length = await orAborted(basis.read(writer.room()), signal);
    if (length === 0) break;
    writer.filled(length);
    total += length;
    await sink.write(writer.take());
    await turns.done(length);
  }
  await sink.write(writer.finish());
  return total;
}

async function inParallel(
  basis: ByteSource,
  header: SignatureHeader,
  sink: ByteSink,
  options: PartsOptions,
): Promise<number> {
  const { runParts } = await import('./worker/pool.js');
  const { size, descriptor } = basis as Required<ByteSource> & { size: number };
  const partLength = blocksPerPart(header) * header.blockLength;
  const task = { type: 'signature', descriptor, header } as const;
  await sink.write(encodeHeader(header));
  await runParts(task, splitEvenly(size, partLength), options, async (entries) => {
    await sink.write(entries);
  });
  return size;
}
