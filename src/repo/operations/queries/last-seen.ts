/** When a path was last there. */
import type { Index } from '../../index/index.js';
import type { ByteString } from '../../../platform/bytes.js';
import { pathIdOf } from './locate.js';
import type { SourceSnapshot } from './sources.js';
import { createSpans } from './span.js';

/** The newest snapshot of a source that has a path, not later than the one of `place`. */
export function newestWith(
  index: Index,
  { source, snapshot }: SourceSnapshot,
  path: ByteString,
): number | undefined {
  const id = pathIdOf(index, source, path);
  if (id === undefined) return undefined;
  const numbers = index.history.snapshotNumbers(source.id);
  const spanOf = createSpans(numbers.filter((number) => number <= snapshot.number));
  const ends = index.history.ofPath(id).flatMap((version) => spanOf(version)?.lastSnapshot ?? []);
  return ends.length === 0 ? undefined : Math.max(...ends);
}
