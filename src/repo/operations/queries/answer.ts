/**
 * Which snapshot answers a question about paths. One rule for every command: the newest that has the
 * path, whatever its source; a source or a snapshot that is named stays what it is. Where a user may
 * mean several things, the candidates are listed, and nothing is guessed from the working directory.
 */
import { escapeUnsafe } from '../../../platform/shown-text.js';
import { CodedError } from '../../../errors.js';
import type { Index } from '../../index/index.js';
import type { Source } from '../../index/sources.js';
import { textFromBytes, type ByteString } from '../../../platform/bytes.js';
import type { Platform } from '../../../platform/platform.js';
import type { HeldRepository } from '../../repository/held.js';
import { locate, meaningsOf, type Located } from './locate.js';
import {
  isOriginEvident,
  onlySource,
  sourcesMeant,
  type Origin,
  type QueryOptions,
  type SourceSnapshot,
} from './sources.js';
import { noneAt, numberAt, type TimePoint } from './time-point.js';

export interface Question extends QueryOptions {
  /** As backed up, or relative to the working directory or a root. None: a whole source. */
  readonly paths: readonly string[];
  readonly at: TimePoint;
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
  const { paths, at } = question;
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
  const isThere = (place: SourceSnapshot, path: ByteString): boolean =>
    locate(index, place, path) !== undefined;
  const meant = paths.map(
    (text) => meaningIn(held.platform, places, text, isThere) ?? missing(text, places),
  );
  for (const place of places) {
    const located = meant.flatMap((path) => locate(index, place, path) ?? []);
    if (located.length === meant.length) return { ...place, located, ...origin };
  }
  throw scattered(index, places, meant);
}

/** The snapshot of each source at `at`, the newest first; sources that had none by then are left out. */
export function snapshotsAt(
  index: Index,
  sources: readonly Source[],
  at: TimePoint,
): SourceSnapshot[] {
  const places = sources.flatMap((source) => {
    const number = snapshotNumberAt(index, source, at);
    const snapshot = number === undefined ? undefined : index.snapshots.get(number);
    return snapshot ? [{ source, snapshot }] : [];
  });
  if (places.length === 0) throw nearestMiss(index, sources, at);
  return places.sort((a, b) => b.snapshot.number - a.snapshot.number);
}

function snapshotNumberAt({ snapshots }: Index, { id }: Source, at: TimePoint): number | undefined {
  if (at.type === 'latest') return snapshots.latest(id)?.number;
  return numberAt(at, snapshots.ofSource(id));
}

/**
 * The absolute path that `text` means in one of `places`, by what `isThere`; undefined: it is in none.
 * @throws CodedError SOURCE_AMBIGUOUS
 */
export function meaningIn(
  platform: Platform,
  places: readonly SourceSnapshot[],
  text: string,
  isThere: (place: SourceSnapshot, path: ByteString) => boolean,
): ByteString | undefined {
  const { absolute, below } = meaningsOf(platform, text);
  if (places.some((place) => isThere(place, absolute))) return absolute;
  const found = places.flatMap((place) =>
    below(place.source)
      .filter((path) => isThere(place, path))
      .map((path) => ({ place, path })),
  );
  const [first] = found;
  if (!first || found.every(({ path }) => path === first.path)) return first?.path;
  const list = found.map(({ place: { source, snapshot }, path }) => {
    return `${source.id}  ${escapeUnsafe(source.host)}:${textFromBytes(path)}  (snapshot ${snapshot.number})`;
  });
  throw new CodedError('SOURCE_AMBIGUOUS', `${text} may mean\n  ${list.join('\n  ')}`, {
    hint: 'Give the whole path, or name the source with --source NUMBER.',
  });
}

function missing(text: string, places: readonly SourceSnapshot[]): never {
  const numbers = places.map(({ snapshot }) => snapshot.number);
  throw new CodedError('PATH_NOT_FOUND', `${text} is not in ${nameSnapshots(numbers)}.`, {
    hint: `List what is there with \`varve ls --at ${numbers[0] ?? 1}\`, or look for it with \`varve find\`.`,
  });
}

/** More are not named one by one. */
const MAX_NAMED = 5;

function nameSnapshots(numbers: readonly number[]): string {
  if (numbers.length === 1) return `snapshot ${numbers.join('')}`;
  if (numbers.length > MAX_NAMED) return `the latest snapshots of ${numbers.length} sources`;
  return `snapshots ${numbers.slice(0, -1).join(', ')} and ${numbers.at(-1) ?? ''}`;
}

/** Each path is somewhere, but no snapshot has all of them. */
function scattered(
  index: Index,
  places: readonly SourceSnapshot[],
  paths: readonly ByteString[],
): CodedError {
  const list = paths.map((path) => {
    const place = places.find((one) => locate(index, one, path));
    return `${textFromBytes(path)}  (snapshot ${place?.snapshot.number ?? 0}, source ${place?.source.id ?? 0})`;
  });
  const message = `No snapshot has all of these paths:\n  ${list.join('\n  ')}`;
  return new CodedError('SOURCE_AMBIGUOUS', message, {
    hint: 'Give paths of one source at a time.',
  });
}

/** Told of the series that comes nearest: the one that began first, or the longest. */
function nearestMiss(index: Index, sources: readonly Source[], at: TimePoint): CodedError {
  const series = sources.map(({ id }) => index.snapshots.ofSource(id));
  if (at.type === 'instant') {
    return noneAt(
      at,
      series.flat().sort((a, b) => a.number - b.number),
    );
  }
  return noneAt(
    at,
    series.reduce((best, one) => (one.length > best.length ? one : best), []),
  );
}
