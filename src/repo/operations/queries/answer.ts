/**
 * Which snapshot answers a question about paths. One rule for every command: the newest that has the
 * path, whatever its source; a source or a snapshot that is named stays what it is. Where a user may
 * mean several things, the candidates are listed, and nothing is guessed from the working directory.
 */
import { CodedError } from '../../../errors.js';
import type { Index } from '../../index/index.js';
import { textFromBytes, type ByteString } from '../../../platform/bytes.js';
import { escapeUnsafe } from '../../../platform/shown-text.js';
import type { HeldRepository } from '../../repository/held.js';
import { lastSeen, notThere, spansOf, type Suggestion } from './last-seen.js';
import { locate, type Located } from './locate.js';
import { meaningIn } from './meaning.js';
import { snapshotsAt } from './places.js';
import {
  isOriginEvident,
  onlySource,
  sourcesMeant,
  type Origin,
  type QueryOptions,
  type SourceSnapshot,
} from './sources.js';
import type { TimePoint } from './time-point.js';

export interface Question extends QueryOptions {
  /** As backed up, or relative to the working directory or a root. None: a whole source. */
  readonly paths: readonly string[];
  readonly at: TimePoint;
  /** The newest snapshot with the paths, not later than `at`; else the one at `at` must have them. */
  readonly isLastSeen?: boolean | undefined;
  /** For the message about a path that is not there. */
  readonly suggest?: Suggestion;
}

export interface Answer extends SourceSnapshot, Origin {
  /** For each path of the question, its node in the snapshot. */
  readonly located: readonly Located[];
}

type Held = Pick<HeldRepository, 'index' | 'platform'>;

/**
 * @throws CodedError NO_SNAPSHOTS, SOURCE_NOT_FOUND, SOURCE_AMBIGUOUS, SNAPSHOT_NOT_FOUND,
 *   TIME_BEFORE_FIRST_SNAPSHOT, PATH_NOT_FOUND
 */
export function findAnswer(held: Held, question: Question): Answer {
  const { index } = held;
  const { paths, at, isLastSeen } = question;
  const sources = sourcesMeant(index, question.source, [at]);
  const places = snapshotsAt(index, sources, at);
  const origin = { isEvident: isOriginEvident(index, question.source) };
  if (paths.length === 0) {
    const source = onlySource(
      index,
      places.map((place) => place.source),
    );
    const place = places.find((one) => one.source === source);
    if (!place) throw new Error(`source ${source.id} has no snapshot`);
    return { ...place, located: [], ...origin };
  }
  const seenIn = (place: SourceSnapshot, path: ByteString): number | undefined => {
    if (isLastSeen) return lastSeen(index, place, path);
    return locate(index, place, path) && place.snapshot.number;
  };
  const meant = paths.map((text) => {
    const path = meaningIn(
      held.platform,
      places,
      text,
      (...place) => seenIn(...place) !== undefined,
    );
    if (path === undefined) throw notThere(held, places, text, question.suggest);
    return path;
  });
  const candidates = isLastSeen ? whenSeen(index, places, meant) : places;
  for (const place of candidates) {
    const located = meant.flatMap((path) => locate(index, place, path) ?? []);
    if (located.length === meant.length) return { ...place, located, ...origin };
  }
  throw scattered(places, meant, seenIn);
}

/**
 * The snapshots not later than those of `places` that may be the newest with all of `paths`: where one
 * of them was last there.
 */
function whenSeen(
  index: Index,
  places: readonly SourceSnapshot[],
  paths: readonly ByteString[],
): SourceSnapshot[] {
  const seen = places.flatMap((place) => {
    const limit = place.snapshot.number;
    const spans = paths.flatMap((path) => spansOf(index, place, path));
    const ends = spans
      .filter(({ firstSnapshot }) => firstSnapshot <= limit)
      .map(({ lastSnapshot }) => Math.min(lastSnapshot, limit));
    return [...new Set(ends)].flatMap((number): SourceSnapshot[] => {
      const snapshot = index.snapshots.get(number);
      return snapshot ? [{ source: place.source, snapshot }] : [];
    });
  });
  return seen.sort((a, b) => b.snapshot.number - a.snapshot.number);
}

/** Each path is somewhere, by `seenIn`, but no snapshot has all of them. */
function scattered(
  places: readonly SourceSnapshot[],
  paths: readonly ByteString[],
  seenIn: (place: SourceSnapshot, path: ByteString) => number | undefined,
): CodedError {
  const list = paths.flatMap((path) => {
    const seen = places.flatMap((place) => {
      const number = seenIn(place, path);
      return number === undefined ? [] : [{ number, source: place.source.id }];
    });
    const [newest] = seen.sort((a, b) => b.number - a.number);
    if (!newest) return [];
    return [
      `${escapeUnsafe(textFromBytes(path))}  (snapshot ${newest.number}, source ${newest.source})`,
    ];
  });
  return new CodedError('SOURCE_AMBIGUOUS', 'No snapshot has all of these paths.', {
    hint: `  ${list.join('\n  ')}\nGive those of one snapshot at a time.`,
  });
}
