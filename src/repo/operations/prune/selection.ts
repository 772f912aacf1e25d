/**
 * Which snapshots a prune removes: those that a policy does not keep, those that are named, or those of
 * whole sources. A decision over plain data: nothing is read or removed here.
 */
import { CodedError } from '../../../errors.js';
import {
  chooseSnapshots,
  refuseEmpty,
  type RetainedSnapshot,
  type Retention,
  type RetentionPolicy,
  type Verdict,
} from './retention.js';

export interface Selection {
  /** What to keep; undefined: what is named goes. */
  readonly policy: RetentionPolicy | undefined;
  /** Snapshots by their numbers; none: all of the sources. */
  readonly numbers: readonly number[];
  /** Only these sources are looked at; undefined: all. */
  readonly sources: readonly number[] | undefined;
  /** A source may go with its last snapshot. */
  readonly takesAll: boolean;
}

/**
 * @throws CodedError PRUNE_EMPTY_POLICY, PRUNE_INVALID_COUNT, PRUNE_LAST_SNAPSHOT, SNAPSHOT_NOT_FOUND,
 *   USAGE for a policy beside what is named
 */
export function selectSnapshots(
  snapshots: readonly RetainedSnapshot[],
  selection: Selection,
  now: Date,
): Retention {
  const { policy, numbers, sources, takesAll } = selection;
  const ofSources = snapshots.filter(({ source }) => sources?.includes(source) ?? true);
  if (policy) {
    if (numbers.length === 0 && !takesAll) return chooseSnapshots(ofSources, policy, now);
    throw new CodedError(
      'USAGE',
      'A policy says what to keep; snapshots, or all, what to remove.',
      {
        hint: 'Give one or the other.',
      },
    );
  }
  if (numbers.length > 0) return removeNamed(ofSources, numbers, takesAll);
  if (!sources) refuseEmpty({});
  return removeWhole(ofSources, takesAll);
}

function removeNamed(
  snapshots: readonly RetainedSnapshot[],
  numbers: readonly number[],
  takesAll: boolean,
): Retention {
  const named = new Set(numbers);
  const known = new Set(snapshots.map(({ number }) => number));
  const unknown = numbers.find((number) => !known.has(number));
  if (unknown !== undefined) {
    throw new CodedError('SNAPSHOT_NOT_FOUND', `There is no snapshot ${unknown} to remove.`, {
      hint: 'List them with `varve snapshots`.',
    });
  }
  const sources = new Set(
    snapshots.filter(({ number }) => named.has(number)).map(({ source }) => source),
  );
  const affected = snapshots.filter(({ source }) => sources.has(source));
  for (const source of sources) {
    const series = affected.filter((snapshot) => snapshot.source === source);
    const isWhole = series.every(({ number }) => named.has(number));
    const newest = newestOf(series);
    if (named.has(newest) && !(isWhole && takesAll)) throw lastSnapshot(newest, source, isWhole);
  }
  return divide(affected, ({ number }) => (named.has(number) ? [] : ['not named']));
}

/** Where something of a source stays after all, its newest snapshot does: versions end by it. */
export function keepNewest({ kept, removed }: Retention): Retention {
  const staying = removed.filter(
    ({ source, number }) =>
      kept.some((one) => one.source === source && one.number < number) &&
      ![...kept, ...removed].some((one) => one.source === source && one.number > number),
  );
  const reasons = ['newest of its source'];
  return {
    kept: [...kept, ...staying.map((one) => ({ ...one, reasons }))].sort(
      (a, b) => a.number - b.number,
    ),
    removed: removed.filter((one) => !staying.includes(one)),
  };
}

function removeWhole(snapshots: readonly RetainedSnapshot[], takesAll: boolean): Retention {
  const newest = new Map<number, number>();
  for (const { source, number } of snapshots) {
    newest.set(source, Math.max(number, newest.get(source) ?? 0));
  }
  return divide(snapshots, ({ source, number }) =>
    !takesAll && newest.get(source) === number ? ['newest of its source'] : [],
  );
}

/** By the reasons to keep each. */
function divide(
  snapshots: readonly RetainedSnapshot[],
  reasonsFor: (snapshot: RetainedSnapshot) => readonly string[],
): Retention {
  const verdicts = snapshots
    .map((snapshot): Verdict => {
      const { number, source, startedMs } = snapshot;
      return { number, source, startedMs, reasons: reasonsFor(snapshot) };
    })
    .sort((a, b) => a.number - b.number);
  return {
    kept: verdicts.filter(({ reasons }) => reasons.length > 0),
    removed: verdicts.filter(({ reasons }) => reasons.length === 0),
  };
}

function newestOf(series: readonly RetainedSnapshot[]): number {
  return Math.max(...series.map(({ number }) => number));
}

/** The next backup builds on it; and nobody removes the last state of something by mistake. */
function lastSnapshot(number: number, source: number, isWhole: boolean): CodedError {
  if (isWhole) {
    const message = `Nothing would be left of source ${source} without snapshot ${number}.`;
    return new CodedError('PRUNE_LAST_SNAPSHOT', message, {
      hint: 'Add --all to remove the source with all it has.',
    });
  }
  const message = `Snapshot ${number} is the newest of source ${source}, which the next backup builds on, so it cannot go before the others.`;
  return new CodedError('PRUNE_LAST_SNAPSHOT', message, {
    hint: `Remove it after the next backup, or the whole source: \`varve prune --source ${source} --all\`.`,
  });
}
