/** Shows the algorithm at work: which parts of a new file were found in which blocks of an old one. */
import { orAborted, Turns, type ByteSource, type StepOptions } from './bytes-io.js';
import { writeSignature } from './signature.js';
import { ByteBuilder } from './format/bytes.js';
import type { InstructionSink } from './format/instructions.js';
import { Search } from './format/search.js';
import { readSignature, type SignatureOptions } from './format/whole.js';

/** A stretch of the new file. */
export interface ExplainedPart {
  /** Where it starts in the new file. */
  readonly position: number;
  readonly length: number;
  /** Where it was found in the old file; undefined when it was not. */
  readonly basisPosition: number | undefined;
}

/** What became of a new file. */
export interface Explanation {
  readonly blockLength: number;
  /** Blocks of the old file. */
  readonly blocks: number;
  readonly oldSize: number;
  readonly newSize: number;
  readonly parts: readonly ExplainedPart[];
  readonly falseMatches: number;
}

/** Joins adjacent instructions into parts. */
class PartCollector implements InstructionSink {
  readonly parts: ExplainedPart[] = [];
  private position = 0;

  copy(basisPosition: number, length: number): void {
    this.add(basisPosition, length);
  }

  literal(bytes: Uint8Array): void {
    this.add(undefined, bytes.length);
  }

  private add(basisPosition: number | undefined, length: number): void {
    const last = this.parts.at(-1);
    if (last !== undefined && continues(last, basisPosition)) {
      this.parts[this.parts.length - 1] = { ...last, length: last.length + length };
    } else {
      this.parts.push({ position: this.position, length, basisPosition });
    }
    this.position += length;
  }
}

const continues = (last: ExplainedPart, basisPosition: number | undefined): boolean =>
  last.basisPosition === undefined
    ? basisPosition === undefined
    : last.basisPosition + last.length === basisPosition;

/** @throws CodedError RDIFF_PARAMETER, RDIFF_IO */
export async function explainDifference(
  oldFile: ByteSource,
  newFile: ByteSource,
  options: SignatureOptions & StepOptions = {},
): Promise<Explanation> {
  const { signature, blocks, oldSize } = await sign(oldFile, options);
  const search = new Search(signature);
  const collector = new PartCollector();
  const turns = new Turns(options.signal);
  search.restart(collector);
  let newSize = 0;
  for (;;) {
    const length = await orAborted(newFile.read(search.room()), options.signal);
    if (length === 0) break;
    search.filled(length);
    newSize += length;
    await turns.done(length);
  }
  search.finish();
  const { blockLength } = signature;
  const { falseMatches } = search.counts;
  return { blockLength, blocks, oldSize, newSize, parts: collector.parts, falseMatches };
}

async function sign(oldFile: ByteSource, options: SignatureOptions & StepOptions) {
  const file = new ByteBuilder();
  const report = await writeSignature(oldFile, { write: (bytes) => file.push(bytes) }, options);
  return { signature: readSignature(file.view()), blocks: report.blocks, oldSize: report.bytesIn };
}
