/** The direct codec's matches as librsync instructions. */
import type { CopyList } from '../../delta/copy-list.js';
import { findCopies } from '../../delta/find-copies.js';
import { textOf } from '../../delta/text.js';
import { widthIndex, WIDTHS, type InstructionSink } from './instructions.js';

/** Header of the literal that a copy cuts in two: mostly one byte, at worst three. */
const LITERAL_HEADER_BYTES = 2;

/** Bytes that a COPY takes; below that, the bytes themselves are the shorter way to say it. */
const copyCost = (position: number, length: number): number =>
  1 + (WIDTHS[widthIndex(position)] as number) + (WIDTHS[widthIndex(length)] as number);

/**
 * Gives `sink` the instructions that rebuild `target` from `basis`. Both are compared byte by byte,
 * so that no collision of sums can deceive. Time is linear in both lengths.
 */
export function compareDirectly(
  basis: Uint8Array,
  target: Uint8Array,
  sink: InstructionSink,
): void {
  // Without a limit on literals there is always a list.
  const copies = findCopies(textOf(basis), textOf(target), Infinity) as CopyList;
  let literalStart = 0;
  for (let i = 0; i < copies.count; i++) {
    const start = copies.target(i);
    const source = copies.source(i);
    const length = copies.length(i);
    if (length <= copyCost(source, length) + LITERAL_HEADER_BYTES) continue;
    sink.literal(target.subarray(literalStart, start));
    sink.copy(source, length);
    literalStart = start + length;
  }
  sink.literal(target.subarray(literalStart));
}
