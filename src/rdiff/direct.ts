/** Writes a delta from both files: exact matches at any byte, where both fit into memory. */
import { orAborted, type ByteSink, type ByteSource, type StepOptions } from './bytes-io.js';
import { writeDelta, type DeltaReport, type WriteDeltaOptions } from './delta.js';
import { writeSignature } from './signature.js';
import { ByteBuilder } from './format/bytes.js';
import { compareDirectly } from './format/direct.js';
import { InstructionWriter } from './format/instruction-writer.js';
import { readSignature } from './format/whole.js';

/**
 * Both files together: beyond this the basis is compared through a signature of its own, block by
 * block, which needs a fixed amount of memory.
 */
const MAX_DIRECT_BYTES = 512 * 1024 * 1024;

/** @throws CodedError RDIFF_IO */
export async function writeDirectDelta(
  basis: ByteSource,
  target: ByteSource,
  sink: ByteSink,
  options: WriteDeltaOptions = {},
): Promise<DeltaReport> {
  const total = (basis.size ?? Infinity) + (target.size ?? Infinity);
  if (total > MAX_DIRECT_BYTES) return throughSignature(basis, target, sink, options);
  const output = new ByteBuilder();
  const writer = new InstructionWriter(output);
  const [oldBytes, newBytes] = [await readAll(basis, options), await readAll(target, options)];
  compareDirectly(oldBytes, newBytes, writer);
  writer.finish();
  await sink.write(output.view());
  return { instructions: writer.counts, bytesIn: newBytes.length, bytesOut: output.length };
}

async function throughSignature(
  basis: ByteSource,
  target: ByteSource,
  sink: ByteSink,
  options: WriteDeltaOptions,
): Promise<DeltaReport> {
  const file = new ByteBuilder();
  await writeSignature(basis, { write: (bytes) => file.push(bytes) }, options);
  return writeDelta(readSignature(file.view()), target, sink, options);
}

/** The whole of a source of known size. A file that grows while it is being read is read up to that size. */
async function readAll(source: ByteSource, { signal }: StepOptions): Promise<Uint8Array> {
  const bytes = new Uint8Array(source.size ?? 0);
  for (let done = 0; done < bytes.length;) {
    const length = await orAborted(source.read(bytes.subarray(done)), signal);
    if (length === 0) return bytes.subarray(0, done);
    done += length;
  }
  return bytes;
}
