/** When a path was there, where a snapshot does not have it. */
import { CodedError } from '../../../errors.js';
import type { Index } from '../../index/index.js';
import { textFromBytes, type ByteString } from '../../../platform/bytes.js';
import type { Platform } from '../../../platform/platform.js';
import { createDatedSpans, type DatedSpan } from './dated-spans.js';
import { formatLocalTime } from '../../../platform/local-time.js';
import { pathIdOf } from './locate.js';
import { meaningIn } from './meaning.js';
import { shellWord } from './shell-word.js';
import type { SourceSnapshot } from './sources.js';

/** The snapshots that have a path, oldest version first. */
export function spansOf(
  index: Index,
  { source }: Pick<SourceSnapshot, 'source'>,
  path: ByteString,
): DatedSpan[] {
  const id = pathIdOf(index, source, path);
  if (id === undefined) return [];
  const spanOf = createDatedSpans(index, source.id);
  return index.history.ofPath(id).flatMap((version) => spanOf(version) ?? []);
}

/** The newest snapshot that has a path, not later than the one of `place`. */
export function lastSeen(
  index: Index,
  place: SourceSnapshot,
  path: ByteString,
): number | undefined {
  const limit = place.snapshot.number;
  const span = spansOf(index, place, path).findLast(({ firstSnapshot }) => firstSnapshot <= limit);
  return span && Math.min(span.lastSnapshot, limit);
}

/** How a command is typed that gets `path` from a snapshot. */
export type Suggestion = (path: string, snapshot: number) => string;

/**
 * That `text` is in none of `places`: when it was, and what to type to get it. `suggest`: none where
 * a command cannot be told another snapshot.
 * @throws CodedError SOURCE_AMBIGUOUS where several paths that were there may be meant
 */
export function notThere(
  { index, platform }: { readonly index: Index; readonly platform: Platform },
  places: readonly SourceSnapshot[],
  text: string,
  suggest?: Suggestion,
): CodedError {
  const isThere = (place: SourceSnapshot, candidate: ByteString): boolean =>
    spansOf(index, place, candidate).length > 0;
  const path = meaningIn(platform, places, text, isThere);
  const seen = places.flatMap((place) => (path === undefined ? [] : sightings(index, place, path)));
  const [best] = seen.sort(
    (a, b) => Number(b.isBefore) - Number(a.isBefore) || b.number - a.number,
  );
  if (!best || path === undefined) {
    const message = `${text} is not in ${nameSnapshots(places)}.`;
    const hint = `List what is there with \`varve ls --at ${places[0]?.snapshot.number ?? 1}\`, or look for it with \`varve find\`.`;
    return new CodedError('PATH_NOT_FOUND', message, { hint });
  }
  const where = nameSnapshots(seen.map(({ place }) => place));
  const when = `snapshot ${best.number}, of ${formatLocalTime(best.takenMs)}`;
  const message = `${text} is not in ${where}; it was ${best.isBefore ? 'last' : 'first'} in ${when}.`;
  const word = shellWord(textFromBytes(path));
  const orElse = best.isBefore ? ', or add --last-seen' : '';
  const hint = suggest
    ? `Get it with \`${suggest(word, best.number)}\`${orElse}.`
    : `See \`varve log ${word}\`.`;
  return new CodedError('PATH_NOT_FOUND', message, { hint });
}

/** One end of when a path was there: the newest before the snapshot of `place`, or the first after it. */
interface Sighting {
  readonly place: SourceSnapshot;
  readonly number: number;
  readonly takenMs: number;
  readonly isBefore: boolean;
}

function sightings(index: Index, place: SourceSnapshot, path: ByteString): Sighting[] {
  const spans = spansOf(index, place, path);
  const limit = place.snapshot.number;
  const before = spans.findLast(({ lastSnapshot }) => lastSnapshot <= limit);
  if (before)
    return [{ place, number: before.lastSnapshot, takenMs: before.lastMs, isBefore: true }];
  const [after] = spans;
  return after
    ? [{ place, number: after.firstSnapshot, takenMs: after.firstMs, isBefore: false }]
    : [];
}

/** More are not named one by one. */
const MAX_NAMED = 5;

function nameSnapshots(places: readonly SourceSnapshot[]): string {
  const numbers = places.map(({ snapshot }) => snapshot.number).sort((a, b) => a - b);
  if (numbers.length === 1) return `snapshot ${numbers.join('')}`;
  if (numbers.length > MAX_NAMED) return `the snapshots of ${numbers.length} sources at that time`;
  return `snapshots ${numbers.slice(0, -1).join(', ')} and ${numbers.at(-1) ?? ''}`;
}
