/**
 * What every way of taking a snapshot shares: one run in which something reads a source, old contents
 * are retired, and all of it becomes a snapshot in one transaction.
 */
import type { Index } from '../../index/index.js';
import type { Snapshot, Source } from '../../index/sources.js';
import type { Issue, Notice, OnPath, PathMark } from '../../model.js';
import type { ByteString } from '../../../platform/bytes.js';
import { compact } from '../../repository/compact.js';
import { reclaim } from '../../repository/reclaim.js';
import type { HeldRepository } from '../../repository/held.js';
import type { Repository } from '../../repository/repository.js';
import { beginRun, type RunOptions, type WritingRun } from '../../repository/writing-run.js';
import { checkTags } from '../tags.js';
import { Recorder } from './recorder.js';
import { createRetirementAhead, type RetirementAhead } from './retirement-ahead.js';
import { pairVanished, retireReplaced, type Appeared, type Replacement } from './retirement.js';
import type { Tally, WalkTotals } from './tally.js';
import { interrupted } from './turns.js';

export interface SnapshotOptions extends RunOptions {
  /** Words without commas. */
  readonly tags?: readonly string[];
  readonly host?: string;
  /** Makes no snapshot when nothing changed. */
  readonly skipsIfUnchanged?: boolean;
  /** Also told in a dry run, and by a run that fails later. */
  readonly onPath?: OnPath;
  readonly onStart?: (expected: BackupProgress | undefined) => void;
  /**
   * Given, the files of a source without a snapshot are counted while they are backed up, and this is
   * called with the totals to expect.
   */
  readonly onEstimate?: (expected: BackupProgress) => void;
  readonly onProgress?: (progress: BackupProgress) => void;
}

/** How far a backup is; `bytes` counts the size of every file seen, and what was read of the next. */
export interface BackupProgress {
  readonly files: number;
  readonly bytes: number;
  readonly current?: ByteString;
}

export interface BackupResult {
  /** undefined when nothing changed and none was asked for, or in a dry run. */
  readonly snapshot: number | undefined;
  readonly source: Source;
  readonly files: number;
  readonly bytes: number;
  readonly filesNew: number;
  readonly filesChanged: number;
  /** Whether they were read again or not. */
  readonly filesUnchanged: number;
  readonly filesRemoved: number;
  readonly bytesRead: number;
  readonly bytesStored: number;
  readonly durationMs: number;
  readonly issues: readonly Issue[];
  /** What was done that may not have been expected. */
  readonly notices: readonly Notice[];
}

/** Where the files of a snapshot come from. */
export interface SourceReader {
  /** Absolute paths in byte order: with the host, what the source is known by. */
  readonly roots: readonly ByteString[];
  /** Records and stores what is new. What it throws leaves no snapshot. */
  read(run: SourceRun): Promise<SourceRead>;
}

export interface SourceRun {
  readonly repository: HeldRepository;
  readonly run: WritingRun;
  readonly recorder: Recorder;
  /** Takes deltas that are made while the source is read. */
  readonly ahead: RetirementAhead;
  readonly source: Source;
  /** The number of the snapshot that is made. */
  readonly number: number;
  /** When the run started, milliseconds since 1970. */
  readonly startedMs: number;
  /** Whether the source has a snapshot. */
  readonly hasHistory: boolean;
  readonly notice: (notice: Notice) => void;
}

export interface SourceRead {
  readonly tally: Tally;
  readonly bytesRead: number;
  /** What to retire if nothing current uses it any longer. */
  readonly replacements: readonly Replacement[];
  readonly appeared: readonly Appeared[];
}

/** @throws CodedError REPOSITORY_*, DISK_FULL, INTERRUPTED, and what `reader` throws */
export async function snapshotOf(
  repository: Repository,
  reader: SourceReader,
  options: SnapshotOptions,
): Promise<BackupResult> {
  const startedMs = repository.platform.clock.nowMs();
  checkTags(options.tags ?? []);
  const take = (held: HeldRepository): Promise<BackupResult> =>
    takeSnapshot(held, reader, options, startedMs);
  if (options.isDryRun) return repository.tryOut(take, options.signal);
  return repository.write(
    async (held) => {
      const result = await take(held);
      reclaim(held);
      return result;
    },
    { signal: options.signal },
  );
}

async function takeSnapshot(
  repository: HeldRepository,
  reader: SourceReader,
  options: SnapshotOptions,
  startedMs: number,
): Promise<BackupResult> {
  const { index, platform } = repository;
  const run = beginRun(repository, options);
  try {
    const host = options.host ?? platform.hostName;
    const source = index.sources.find(host, reader.roots) ?? index.sources.add(host, reader.roots);
    const previous = index.snapshots.latest(source.id);
    const number = index.counters.next('snapshot');
    const recorder = createRecorder(run, index, number, options);
    announce(options, previous);

    const ahead = createRetirementAhead(run, index);
    const notices: Notice[] = [];
    const { tally, bytesRead, replacements, appeared } = await reader.read({
      repository,
      run,
      recorder,
      ahead,
      source,
      number,
      startedMs,
      hasHistory: previous !== undefined,
      notice: (notice) => void notices.push(notice),
    });
    const isUnchanged = recorder.counts.versionsOpened + recorder.counts.versionsClosed === 0;
    const result = {
      source,
      ...tally.totals,
      ...recorder.counts,
      bytesRead,
      issues: tally.issues,
      notices,
    };
    if (options.isDryRun || (options.skipsIfUnchanged && isUnchanged && previous)) {
      await run.abort();
      const durationMs = platform.clock.nowMs() - startedMs;
      return { ...result, snapshot: undefined, bytesStored: run.bytesStored, durationMs };
    }
    const vanished = pairVanished(recorder.vanished, appeared);
    await retireReplaced(run, index, [...replacements, ...vanished], ahead);
    await compact(run, repository);
    if (options.signal?.aborted) throw interrupted();

    const snapshot = describeSnapshot(
      { number, startedMs, finishedMs: platform.clock.nowMs(), tags: [...(options.tags ?? [])] },
      run,
      result,
    );
    await run.commit(manifestSummary(snapshot, source), () => index.snapshots.insert(snapshot));
    const durationMs = platform.clock.nowMs() - startedMs;
    const { bytesStored } = snapshot;
    return { ...result, snapshot: number, bytesStored, durationMs };
  } catch (error) {
    await run.abort(error);
    throw error;
  }
}

function createRecorder(
  { manifest }: WritingRun,
  index: Index,
  snapshot: number,
  { onPath }: SnapshotOptions,
): Recorder {
  const onChange =
    onPath && ((path: number, mark: PathMark) => onPath(index.versions.fullPath(path), mark));
  return new Recorder({ index, manifest, snapshot, onChange });
}

function announce({ onStart }: SnapshotOptions, previous: Snapshot | undefined): void {
  onStart?.(previous && { files: previous.files, bytes: previous.bytes });
}

function describeSnapshot(
  named: Pick<Snapshot, 'number' | 'startedMs' | 'finishedMs' | 'tags'>,
  run: WritingRun,
  result: WalkTotals &
    Pick<
      BackupResult,
      'source' | 'filesNew' | 'filesChanged' | 'filesRemoved' | 'bytesRead' | 'issues'
    >,
): Snapshot {
  const { files, directories, symlinks, specials, bytes } = result;
  const { filesNew, filesChanged, filesRemoved } = result;
  return {
    number: named.number,
    source: result.source.id,
    generation: run.generation,
    startedMs: named.startedMs,
    finishedMs: named.finishedMs,
    tags: named.tags,
    files,
    directories,
    symlinks,
    specials,
    bytes,
    filesNew,
    filesChanged,
    filesRemoved,
    bytesRead: result.bytesRead,
    bytesStored: run.bytesStored,
    issues: result.issues.length,
  };
}

/** What the manifest's end says, as JSON: enough to rebuild the rows of source and snapshot. */
function manifestSummary(snapshot: Snapshot, source: Source): object {
  const roots = source.roots.map((root) => Buffer.from(root, 'latin1').toString('base64'));
  return { type: 'snapshot', snapshot, source: { id: source.id, host: source.host, roots } };
}
