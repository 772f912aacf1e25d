/**
 * Backup: walks a source, stores what is new, turns what it replaced into reverse deltas, and makes
 * all of it a snapshot in one transaction. `docs/architecture.md` tells the story.
 */
import { parentOfRoots } from '../../index/versions.js';
import type { Snapshot, Source } from '../../index/sources.js';
import type { ContentRef, Issue } from '../../model.js';
import type { ByteString } from '../../platform/bytes.js';
import type { Platform } from '../../platform/platform.js';
import { createFilter, type FilterOptions, type TreeFilter } from '../../tree/filter.js';
import { compact } from '../compact.js';
import { explainFullDisk } from '../full-disk.js';
import { ownPaths } from '../own-paths.js';
import { reclaim } from '../reclaim.js';
import { openRepository, type Repository } from '../repository.js';
import { beginRun, type RunOptions, type WritingRun } from '../writing-run.js';
import { createSetRecorder } from './attributes.js';
import { createContents, type FileToRead } from './contents.js';
import { recordLinked, recordOutcome, type FileContext } from './found.js';
import { createLinkedContents, type ReadEvents } from './linked-contents.js';
import { createRecorder, type Recorder } from './recorder.js';
import { rereadsOf, type RereadOptions } from './reread.js';
import { pairVanished, retireReplaced, type Appeared, type Replacement } from './retirement.js';
import { createRetirementAhead, type RetirementAhead } from './retirement-ahead.js';
import { checkRootsExist, resolveRoots } from './roots.js';
import { createTally, type Tally, type WalkTotals } from './tally.js';
import { interrupted } from './turns.js';
import { createWalk } from './walk.js';

export interface BackupOptions extends RunOptions, RereadOptions {
  /**
   * Absolute or relative to the working directory; at least one. Bytes that are not UTF-8 as lone
   * surrogates: U+DC00 plus the byte.
   */
  readonly paths: readonly string[];
  /** A path that never existed is an issue, not a failure, unless none exists: for lists of paths. */
  readonly toleratesMissing?: boolean;
  /** What is left out. */
  readonly filter?: FilterOptions;
  readonly tags?: readonly string[];
  readonly host?: string;
  /** Makes no snapshot when nothing changed. */
  readonly skipsIfUnchanged?: boolean;
  readonly lockWaitMs?: number;
  readonly signal?: AbortSignal;
  readonly onStart?: (expected: BackupProgress | undefined) => void;
  readonly onProgress?: (progress: BackupProgress) => void;
}

/** How far a backup is; `bytes` counts the size of every file seen. */
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
}

/**
 * Takes a snapshot of `paths` into the repository at `repositoryPath`.
 * @throws CodedError SOURCE_NOT_FOUND when a path does not exist and was never backed up,
 *   REPOSITORY_*, DISK_FULL, INTERRUPTED
 */
export async function backup(
  repositoryPath: string,
  platform: Platform,
  options: BackupOptions,
): Promise<BackupResult> {
  const startedMs = platform.clock.nowMs();
  const roots = resolveRoots(options.paths, platform.files);
  const issues: Issue[] = [];
  const filter = createFilter(options.filter ?? {}, platform.files, issues);
  const { lockWaitMs = 0, signal } = options;
  const repository = await openRepository(repositoryPath, platform, {
    access: 'write',
    lockWaitMs,
    signal,
  });
  try {
    const result = await explainFullDisk(repositoryPath, () =>
      takeSnapshot(repository, { roots, filter, issues }, options, startedMs),
    );
    reclaim(repository);
    return result;
  } finally {
    repository.close();
  }
}

/** What a backup is about. */
interface Subject {
  readonly roots: readonly ByteString[];
  readonly filter: TreeFilter;
  /** What the filter reports, and the walk adds to. */
  readonly issues: Issue[];
}

async function takeSnapshot(
  repository: Repository,
  subject: Subject,
  options: BackupOptions,
  startedMs: number,
): Promise<BackupResult> {
  const { index, platform } = repository;
  const run = beginRun(repository, options);
  try {
    const host = options.host ?? platform.hostName;
    const source =
      index.sources.find(host, subject.roots) ?? index.sources.add(host, subject.roots);
    const previous = index.snapshots.latest(source.id);
    checkRootsExist(index, platform.files, source, options.toleratesMissing ?? false);
    const number = index.counters.next('snapshot');
    const recorder = createRecorder(index, run.manifest, number);
    announce(options, previous);

    const ahead = createRetirementAhead(run, index);
    const { tally, bytesRead, replacements, appeared } = await readSource(
      { repository, run, recorder, ahead, options, subject, number },
      source,
      previous !== undefined,
    );
    const isUnchanged = recorder.counts.versionsOpened + recorder.counts.versionsClosed === 0;
    const result = {
      source,
      ...tally.totals,
      ...recorder.counts,
      bytesRead,
      issues: tally.issues,
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

    const snapshot = describeSnapshot(number, startedMs, run, result, options, platform);
    await run.commit(manifestSummary(snapshot, source), () => index.snapshots.insert(snapshot));
    const durationMs = platform.clock.nowMs() - startedMs;
    const { bytesStored } = snapshot;
    return { ...result, snapshot: number, bytesStored, durationMs };
  } catch (error) {
    await run.abort();
    throw error;
  }
}

interface SourceRun {
  readonly repository: Repository;
  readonly run: WritingRun;
  readonly recorder: Recorder;
  readonly ahead: RetirementAhead;
  readonly options: BackupOptions;
  readonly subject: Subject;
  /** Of the snapshot that is made. */
  readonly number: number;
}

interface SourceRead {
  readonly tally: Tally;
  readonly bytesRead: number;
  readonly replacements: readonly Replacement[];
  readonly appeared: readonly Appeared[];
}

/** Walks the roots and stores what is new of them. */
async function readSource(
  { repository, run, recorder, ahead, options, subject, number }: SourceRun,
  source: Source,
  hasHistory: boolean,
): Promise<SourceRead> {
  const { index, platform, config } = repository;
  const replacements: Replacement[] = [];
  const appeared: Appeared[] = [];
  const tally = createTally(index, recorder, subject.issues);
  const sets = createSetRecorder(index.attributes, platform.users);
  /** Notes what a content took the place of, or that it is new here. */
  const note = (file: FileToRead<FileContext>, content: ContentRef): void => {
    if (content.type === 'none') return;
    const { known, directory } = file.context;
    if (known && known.content.type !== 'none') {
      replacements.push({ old: known.content, newer: content, directory });
    } else if (hasHistory) appeared.push(describeAppeared(file, content));
  };
  const events: ReadEvents = {
    onFile(file, outcome) {
      recordOutcome(file, outcome, recorder, tally, sets);
      if (outcome.type === 'read') note(file, outcome.content);
    },
    onLinked(file, first, blobs) {
      recordLinked(file, first, blobs, tally, sets);
      note(file, first.content);
    },
  };
  const contents = createLinkedContents(index, events, (onFile) =>
    createContents<FileContext>(run, index, config.chunking, ahead, hasHistory, onFile),
  );
  const walk = createWalk(
    {
      index,
      platform,
      filter: subject.filter,
      isDue: rereadsOf(options, {
        snapshot: number,
        isOnlySource: index.sources.all().length === 1,
      }),
      sets,
      excluded: ownPaths(repository, source.roots),
      signal: options.signal,
      onProgress: (totals, current) => options.onProgress?.(progressOf(totals, current)),
    },
    recorder,
    tally,
    contents,
  );
  await walk.roots(parentOfRoots(source.id), source.roots);
  await contents.finish();
  const { bytesRead } = contents;
  return { tally, bytesRead, replacements, appeared };
}

function describeAppeared({ path, stat }: FileToRead<FileContext>, content: ContentRef): Appeared {
  const name = path.slice(path.lastIndexOf('/') + 1) as ByteString;
  return { name, inode: stat.inode, content };
}

function announce({ onStart }: BackupOptions, previous: Snapshot | undefined): void {
  onStart?.(previous && { files: previous.files, bytes: previous.bytes });
}

function progressOf({ files, bytes }: WalkTotals, current: ByteString): BackupProgress {
  return { files, bytes, current };
}

function describeSnapshot(
  number: number,
  startedMs: number,
  run: WritingRun,
  result: WalkTotals &
    Pick<
      BackupResult,
      'source' | 'filesNew' | 'filesChanged' | 'filesRemoved' | 'bytesRead' | 'issues'
    >,
  { tags = [] }: BackupOptions,
  { clock }: Platform,
): Snapshot {
  const { files, directories, symlinks, specials, bytes } = result;
  const { filesNew, filesChanged, filesRemoved } = result;
  return {
    number,
    source: result.source.id,
    generation: run.generation,
    startedMs,
    finishedMs: clock.nowMs(),
    tags: [...tags],
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
