/** Applies a delta: basis and delta in, new file out. */
import {
  orAborted,
  Turns,
  type ByteSink,
  type ByteSource,
  type RandomSource,
  type StepOptions,
} from './bytes-io.js';
import { beyondBasis, Patcher, type PatchLimits, type PatchStep } from './format/patcher.js';
import type { InstructionCounts } from './format/statistics.js';

/** How to patch. */
export interface WritePatchOptions extends StepOptions, PatchLimits {}

/** What a patch run did. */
export interface PatchReport {
  readonly instructions: Readonly<InstructionCounts>;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Bytes behind the delta's END, which mean nothing. */
  readonly trailingBytes: number;
}

const DELTA_BYTES = 128 * 1024;
/** Small enough to stay in the cache between read and write: a third faster than 1 MiB. */
const COPY_BYTES = 128 * 1024;

/**
 * The format cannot tell whether the basis is the right one: whoever knows the new file's hash must
 * compare it before the result is used.
 * @throws CodedError RDIFF_INPUT_ENDED, RDIFF_BAD_MAGIC, RDIFF_CORRUPT, RDIFF_OUTPUT_LIMIT, RDIFF_IO
 */
export async function writePatched(
  basis: RandomSource,
  delta: ByteSource,
  sink: ByteSink,
  options: WritePatchOptions = {},
): Promise<PatchReport> {
  const patcher = new Patcher(options);
  const execute = stepExecutor(basis, sink, new Turns(options.signal));
  const buffer = new Uint8Array(DELTA_BYTES);
  let bytesIn = 0;
  for (;;) {
    const length = await orAborted(delta.read(buffer), options.signal);
    if (length === 0) break;
    bytesIn += length;
    for (const step of patcher.update(buffer.subarray(0, length))) await execute(step);
  }
  patcher.finish();
  const { counts: instructions, length: bytesOut, trailingBytes } = patcher;
  return { instructions, bytesIn, bytesOut, trailingBytes };
}

function stepExecutor(
  basis: RandomSource,
  sink: ByteSink,
  turns: Turns,
): (step: PatchStep) => Promise<void> {
  const buffer = new Uint8Array(COPY_BYTES);
  const copy = async (position: number, length: number) => {
    for (let done = 0; done < length;) {
      const wanted = buffer.subarray(0, Math.min(buffer.length, length - done));
      const read = basis.readAt(position + done, wanted);
      if (read === 0) throw beyondBasis(position, length, endOf(basis, position + done));
      const written = sink.write(buffer.subarray(0, read));
      if (written !== undefined) await written;
      done += read;
      const turn = turns.done(read);
      if (turn !== undefined) await turn;
    }
  };
  return async (step) => {
    if (step.type === 'copy') return copy(step.position, step.length);
    await sink.write(step.bytes);
    await turns.done(step.bytes.length);
  };
}

/** Where a basis ends that has nothing at `beyond`: its size may not be known, or have changed. */
function endOf(basis: RandomSource, beyond: number): number {
  const one = new Uint8Array(1);
  let [least, most] = [0, beyond];
  while (least < most) {
    const middle = least + Math.floor((most - least) / 2);
    if (basis.readAt(middle, one) > 0) least = middle + 1;
    else most = middle;
  }
  return least;
}
