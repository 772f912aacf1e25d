/** Explain: why a backup takes a path in or leaves it out, and why it reads a file again or not. */
import { CodedError } from '../../../../errors.js';
import type { Index } from '../../../index/index.js';
import type { Source } from '../../../index/sources.js';
import type { Issue, Version } from '../../../model.js';
import type { ByteString } from '../../../../platform/bytes.js';
import type { Platform } from '../../../../platform/platform.js';
import { createFilter, type FilterOptions } from '../../../tree/filter.js';
import { LiveTree } from '../../../tree/live-tree.js';
import { findOwnDirectories } from '../../../repository/own-directories.js';
import { rereadsOf, type RereadOptions } from '../../backup/reread.js';
import { locate, pathIdOf, rootOf } from '../locate.js';
import { meaningIn, meaningsOf } from '../meaning.js';
import { snapshotsAt } from '../places.js';
import {
  describeSource,
  isOriginEvident,
  sourcesMeant,
  type Origin,
  type QueryOptions,
  type SourceSnapshot,
} from '../sources.js';
import type { HeldRepository } from '../../../repository/held.js';
import type { Repository } from '../../../repository/repository.js';
import { rootNames } from '../root-names.js';
import { createSpans } from '../span.js';
import { findOutcome, type AskedPath, type Outcome } from './outcome.js';
import { causesOfVersion, causesToRead, type ReadCause } from './read-causes.js';

export interface ExplainOptions extends QueryOptions, RereadOptions {
  /** As backed up, or relative to the working directory or a root. */
  readonly path: string;
  /** What the backups leave out. */
  readonly filter?: FilterOptions;
}

/** What the latest snapshot has of a path. */
export interface SavedState {
  readonly snapshot: number;
  /** The first snapshot that has it just so. */
  readonly since: number;
  /** Why that snapshot read it; undefined for what has no bytes. */
  readonly causes: readonly ReadCause[] | undefined;
}

export interface PathExplanation extends Origin {
  readonly path: ByteString;
  readonly outcome: Outcome;
  /** undefined: nothing. */
  readonly saved: SavedState | undefined;
  /** Why the next backup reads it; empty: it does not. undefined: it has no bytes to read. */
  readonly causes: readonly ReadCause[] | undefined;
  /** Ignore files on the way that cannot be read. */
  readonly issues: readonly Issue[];
}

/**
 * What the next backup of the source does with a path, and why. Looks at the path and the directories
 * above it only.
 * @throws CodedError PATH_NOT_FOUND when the path lies below no root of a source, SOURCE_AMBIGUOUS
 */
export function explainPath(
  repository: Repository,
  options: ExplainOptions,
): Promise<PathExplanation> {
  const issues: Issue[] = [];
  const filter = createFilter(options.filter ?? {}, repository.platform.files, issues);
  return repository.read((held) => {
    const { index, platform } = held;
    const { source, isEvident, ...asked } = findAsked(held, options);
    const { path } = asked;
    const tree = new LiveTree(
      platform.files,
      filter,
      findOwnDirectories(platform.files, held.path),
    );
    const outcome = findOutcome(held, source, tree, asked);
    const id = pathIdOf(index, source, path);
    const known = id === undefined ? undefined : index.versions.currentOf(id);
    const saved = known && savedState(index, source, known);
    const due: ReadCause[] = known && isDueNext(index, known, options) ? ['asked'] : [];
    const causes = nextCauses(index, outcome, known, due);
    return { path, source, isEvident, outcome, saved, causes, issues };
  });
}

/** undefined: there is nothing to read. */
function nextCauses(
  index: Index,
  outcome: Outcome,
  known: Version | undefined,
  due: readonly ReadCause[],
): ReadCause[] | undefined {
  if (outcome.type !== 'taken-in' || outcome.stat.type !== 'file') return undefined;
  const { stat, tellsSize } = outcome;
  if (!tellsSize) return [...due, known ? 'unsized' : 'new'];
  const isEmpty = stat.sizeBytes === 0 && (known?.sizeBytes ?? 0) === 0;
  return isEmpty ? undefined : [...due, ...causesToRead(index, stat, known)];
}

/** Whether the next snapshot is to read a file whatever is known of it. */
function isDueNext(
  { counters, sources }: Index,
  { path, links }: Version,
  options: RereadOptions,
): boolean {
  const run = {
    snapshot: counters.last('snapshot') + 1,
    isOnlySource: sources.all().length === 1,
  };
  // As the walk asks: all names of a file are due together.
  return rereadsOf(options, run)(links || path);
}

/**
 * The path that is meant, and of the sources that would back it up the one whose snapshot that has it
 * is the newest; where none has it, the one that was backed up last.
 */
function findAsked(
  { index, platform }: Pick<HeldRepository, 'index' | 'platform'>,
  { path: text, source: selector }: ExplainOptions,
): AskedPath & Origin {
  const sources = sourcesMeant(index, selector, []);
  const places = snapshotsAt(index, sources, { type: 'latest' });
  const isSaved = (place: SourceSnapshot, path: ByteString): boolean =>
    locate(index, place, path) !== undefined;
  const covers = ({ source }: SourceSnapshot, path: ByteString): boolean =>
    rootOf(source, path) !== undefined;
  const path =
    meaningIn(platform, places, text, (place, candidate) => {
      return (
        isSaved(place, candidate) || (covers(place, candidate) && platform.files.exists(candidate))
      );
    }) ?? fallback(places, platform, text);
  const place = places.find((one) => isSaved(one, path)) ?? places.find((one) => covers(one, path));
  const root = place && rootOf(place.source, path);
  if (!place || root === undefined) throw notBelow(sources, text);
  return { source: place.source, isEvident: isOriginEvident(index, selector), root, path };
}

/** What is neither saved nor there: as it was typed, or below the only root that there is. */
function fallback(places: readonly SourceSnapshot[], platform: Platform, text: string): ByteString {
  const { absolute, below } = meaningsOf(platform, text);
  if (places.some(({ source }) => rootOf(source, absolute) !== undefined)) return absolute;
  const [only, ...others] = places.flatMap(({ source }) => below(source));
  return only === undefined || others.length > 0 ? absolute : only;
}

function notBelow(sources: readonly Source[], text: string): CodedError {
  const [only, ...others] = sources;
  const isOnly = only !== undefined && others.length === 0;
  const where = isOnly ? rootNames(only.roots) : 'any of the sources';
  const list = isOnly ? '' : `  ${sources.map(describeSource).join('\n  ')}\n`;
  return new CodedError('PATH_NOT_FOUND', `${text} is not below ${where}.`, {
    hint: `${list}Only what is below that is backed up; \`varve snapshots\` lists all sources.`,
  });
}

function savedState(index: Index, source: Source, known: Version): SavedState | undefined {
  const spanOf = createSpans(index.history.snapshotNumbers(source.id));
  const span = spanOf(known);
  if (!span) return undefined;
  const causes = known.content.type === 'none' ? undefined : causesOfVersion(index, known);
  return { snapshot: span.lastSnapshot, since: span.firstSnapshot, causes };
}
