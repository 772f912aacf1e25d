/** Shows the algorithm at work: which parts of a new file were found in which blocks of an old one. */
import { orAborted, Turns, type ByteSource, type StepOptions } from './bytes-io.js';
import { writeSignature } from './signature.js';
import { ByteBuilder } from './format/bytes.js';
import type { InstructionSink } from './format/instructions.js';
import type { StrongName, WeakName } from './format/kinds.js';
import { Search } from './format/search.js';
import { strongOffset, type Signature } from './format/signature.js';
import { readSignature, type SignatureOptions } from './format/whole.js';

/** A stretch of the new file. */
export interface ExplainedPart {
  /** Where it starts in the new file. */
  readonly position: number;
  readonly length: number;
  /** Where it was found in the old file; undefined when it was not. */
  readonly basisPosition: number | undefined;
}

/** A block of the old file, and what the signature says of it. */
export interface ExplainedBlock {
  readonly position: number;
  /** That of the last block may be shorter than the others'. */
  readonly length: number;
  /** Hexadecimal digits, as are those of the strong sum. */
  readonly weakSum: string;
  readonly strongSum: string;
}

/** What became of a new file, step by step. */
export interface Explanation {
  readonly blockLength: number;
  /** Blocks of the old file. */
  readonly blocks: number;
  readonly oldSize: number;
  readonly newSize: number;
  /** The names of the sums. */
  readonly weak: WeakName;
  readonly strong: StrongName;
  /** The first blocks, as many as were asked for. */
  readonly blockSums: readonly ExplainedBlock[];
  readonly signatureBytes: number;
  /** Windows whose weak sum was looked for. */
  readonly searches: number;
  /** Windows whose strong sum was computed. */
  readonly strongSums: number;
  readonly falseMatches: number;
  readonly parts: readonly ExplainedPart[];
}

export interface ExplainDifferenceOptions extends SignatureOptions, StepOptions {
  /** Whose sums are told of at most so many blocks; 40 by default. */
  readonly maxBlockSums?: number;
}

const DEFAULT_BLOCK_SUMS = 40;

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
  options: ExplainDifferenceOptions = {},
): Promise<Explanation> {
  const { signature, signatureBytes, blocks, oldSize } = await sign(oldFile, options);
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
  const { blockLength, kind } = signature;
  const { searches, strongSums, falseMatches } = search.counts;
  return {
    blockLength,
    blocks,
    oldSize,
    newSize,
    weak: kind.weak,
    strong: kind.strong,
    blockSums: sumsOf(signature, oldSize, options.maxBlockSums ?? DEFAULT_BLOCK_SUMS),
    signatureBytes,
    searches,
    strongSums,
    falseMatches,
    parts: collector.parts,
  };
}

async function sign(oldFile: ByteSource, options: SignatureOptions & StepOptions) {
  const file = new ByteBuilder();
  const report = await writeSignature(oldFile, { write: (bytes) => file.push(bytes) }, options);
  const signature = readSignature(file.view());
  return { signature, signatureBytes: file.length, blocks: report.blocks, oldSize: report.bytesIn };
}

function sumsOf(signature: Signature, oldSize: number, most: number): ExplainedBlock[] {
  const { blockLength, blockCount, strongLength, weak, entries } = signature;
  return Array.from({ length: Math.min(most, blockCount) }, (_, block) => {
    const strong = strongOffset(signature, block);
    return {
      position: block * blockLength,
      length: Math.min(blockLength, oldSize - block * blockLength),
      weakSum: (weak[block] as number).toString(16).padStart(8, '0'),
      strongSum: Buffer.from(entries.subarray(strong, strong + strongLength)).toString('hex'),
    };
  });
}
