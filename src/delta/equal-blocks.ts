/**
 * Equal blocks at equal offsets: what databases, disk images and mail boxes are made of. Found at
 * the speed of memory comparison, so that only the holes between them are searched byte by byte.
 */
import type { TextPair } from './text.js';

/**
 * A quarter of the usual page, so that wherever the grid falls a whole page between two changed ones
 * holds an equal block.
 */
export const BLOCK_BYTES = 1024;

/** Compared at once within a run, so that the cost of a call does not show. */
const SPAN_BYTES = 64 * 1024;

/** Called with the run of bytes `[start, end)` that both texts hold at the same offset. */
type OnRun = (start: number, end: number) => void;

/**
 * Reports the runs of equal blocks within `[from, to)` of both texts, in order, each grown to the
 * byte on both sides. Bytes between two runs are the holes.
 */
export function equalBlocks(texts: TextPair, from: number, to: number, onRun: OnRun): void {
  let at = from;
  let done = from;
  while (at + BLOCK_BYTES <= to) {
    if (!isEqualRange(texts, at, at + BLOCK_BYTES)) {
      at += BLOCK_BYTES;
      continue;
    }
    const start = at - texts.equalBackward(at, at, at - done);
    done = at + equalSpans(texts, at, to);
    onRun(start, done);
    at = done + 1;
  }
}

function equalSpans(texts: TextPair, start: number, to: number): number {
  let at = start;
  while (at + SPAN_BYTES <= to && isEqualRange(texts, at, at + SPAN_BYTES)) at += SPAN_BYTES;
  return at - start + texts.equalForward(at, at, Math.min(to - at, SPAN_BYTES));
}

function isEqualRange({ basis, target }: TextPair, start: number, end: number): boolean {
  return (
    basis.view.getInt32(start, true) === target.view.getInt32(start, true) &&
    basis.bytes.compare(target.bytes, start, end, start, end) === 0
  );
}
