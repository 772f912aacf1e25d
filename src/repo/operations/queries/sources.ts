/** Which sources a user means, and how a message lists them. */
import { escapeUnsafe } from '../../../platform/shown-text.js';
import { CodedError } from '../../../errors.js';
import type { Index } from '../../index/index.js';
import type { Snapshot, Source } from '../../index/sources.js';
import { bytesFromText } from '../../../platform/bytes.js';
import { formatLocalTime } from '../../../platform/local-time.js';
import { rootNames } from './root-names.js';
import { snapshotNotFound, type TimePoint } from './time-point.js';

/** `--source HOST:PATH`, or the number that `snapshots` shows. */
export type SourceSelector =
  | { readonly type: 'number'; readonly id: number }
  | { readonly type: 'name'; readonly host: string; readonly path: string };

/** Options that every query takes. */
export interface QueryOptions {
  /** Which source is meant where a repository holds several. */
  readonly source?: SourceSelector | undefined;
}

/** A snapshot, and the source that it is of. */
export interface SourceSnapshot {
  readonly source: Source;
  readonly snapshot: Snapshot;
}

/** Where an answer comes from. */
export interface Origin {
  readonly source: Source;
  /** There is no other, or it was selected: nobody need be told which. */
  readonly isEvident: boolean;
}

export function isOriginEvident(index: Index, selector: SourceSelector | undefined): boolean {
  return selector !== undefined || index.sources.all().length === 1;
}

/** @throws CodedError NO_SNAPSHOTS */
function allSources(index: Index): Source[] {
  const sources = index.sources.all();
  if (sources.length > 0) return sources;
  throw new CodedError('NO_SNAPSHOTS', 'The repository has no snapshots yet.', {
    hint: 'Take the first one with `varve backup PATH`.',
  });
}

/** The source that was selected. @throws CodedError NO_SNAPSHOTS, SOURCE_NOT_FOUND, SOURCE_AMBIGUOUS */
export function selectedSource(index: Index, selector: SourceSelector): Source {
  const sources = allSources(index);
  const found = sources.filter((source) => isMeant(source, selector));
  const [only] = found;
  if (found.length === 1 && only) return only;
  const name =
    selector.type === 'number' ? String(selector.id) : `${selector.host}:${selector.path}`;
  if (found.length > 1) throw ambiguous(index, found, `Several sources match ${name}.`);
  const list = sources.map(describeSource).join('\n  ');
  throw new CodedError('SOURCE_NOT_FOUND', `There is no source ${name}.`, {
    hint: `${NAME_ONE} The sources are:\n  ${list}`,
  });
}

/**
 * The sources that may be meant: the selected one, the one whose snapshot `points` name by its number,
 * or all.
 * @throws CodedError NO_SNAPSHOTS, SOURCE_NOT_FOUND, SOURCE_AMBIGUOUS, SNAPSHOT_NOT_FOUND
 */
export function sourcesMeant(
  index: Index,
  selector: SourceSelector | undefined,
  points: readonly TimePoint[],
): Source[] {
  const sources = selector ? [selectedSource(index, selector)] : allSources(index);
  return points.reduce<Source[]>((meant, point) => {
    if (point.type !== 'snapshot') return meant;
    const source = index.snapshots.get(point.number)?.source;
    const found = meant.find(({ id }) => id === source);
    if (found) return [found];
    throw notOfSource(index, point.number, source, meant);
  }, sources);
}

/** The only source that may be meant. @throws CodedError SOURCE_AMBIGUOUS that lists the candidates */
export function onlySource(index: Index, sources: readonly Source[]): Source {
  const [only] = sources;
  if (sources.length === 1 && only) return only;
  throw ambiguous(
    index,
    sources,
    'This repository has several sources, so one must be named, or a path.',
  );
}

/** `1  host:/path /other`, as `snapshots` shows it. */
export function describeSource({ id, host, roots }: Source): string {
  return `${id}  ${escapeUnsafe(host)}:${rootNames(roots)}`;
}

const NAME_ONE = 'Name one of them with --source NUMBER or --source HOST:PATH.';

function ambiguous(index: Index, sources: readonly Source[], message: string): CodedError {
  const list = sources.map((source) => {
    const latest = index.snapshots.latest(source.id);
    const when = latest
      ? `  (snapshot ${latest.number}, ${formatLocalTime(latest.startedMs)})`
      : '';
    return `${describeSource(source)}${when}`;
  });
  return new CodedError('SOURCE_AMBIGUOUS', message, {
    hint: `  ${list.join('\n  ')}\n${NAME_ONE}`,
  });
}

function isMeant({ id, host, roots }: Source, selector: SourceSelector): boolean {
  if (selector.type === 'number') return id === selector.id;
  return host === selector.host && roots.includes(bytesFromText(selector.path));
}

/** `source`: the one that the snapshot is of; undefined: there is no such snapshot. */
function notOfSource(
  index: Index,
  number: number,
  source: number | undefined,
  meant: readonly Source[],
): CodedError {
  if (source === undefined) return snapshotNotFound(number, index.snapshots.all());
  const other = meant.map(({ id }) => id).join(', ');
  return new CodedError(
    'SNAPSHOT_NOT_FOUND',
    `Snapshot ${number} is of source ${source}, not of source ${other}.`,
    { hint: 'List the snapshots of each source with `varve snapshots`.' },
  );
}
