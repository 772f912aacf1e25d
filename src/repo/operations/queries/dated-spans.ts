/** Spans with the times of their snapshots. */
import type { Index } from '../../index/index.js';
import { createSpans, type Span } from './span.js';

/** When the snapshots at both ends were taken, milliseconds since 1970. */
export interface DatedSpan extends Span {
  readonly firstMs: number;
  readonly lastMs: number;
}

/** The spans of versions of a source. */
export function createDatedSpans(
  { history }: Index,
  source: number,
): (range: Parameters<ReturnType<typeof createSpans>>[0]) => DatedSpan | undefined {
  const times = new Map(history.snapshotTimes(source));
  const spanOf = createSpans([...times.keys()]);
  return (range) => {
    const span = spanOf(range);
    if (!span) return undefined;
    const { firstSnapshot, lastSnapshot } = span;
    return {
      ...span,
      firstMs: times.get(firstSnapshot) ?? NaN,
      lastMs: times.get(lastSnapshot) ?? NaN,
    };
  };
}
