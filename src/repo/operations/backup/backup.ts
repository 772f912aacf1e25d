/** Backup of files and directories: walks them, and stores what is new. */
import { baseName } from '../../../platform/paths.js';
import type { Index } from '../../index/index.js';
import { parentOfRoots } from '../../index/versions.js';
import type { Source } from '../../index/sources.js';
import type { ContentRef, Issue, Notice } from '../../model.js';
import type { ByteString } from '../../../platform/bytes.js';
import { createFilter, type FilterOptions, type TreeFilter } from '../../tree/filter.js';
import { LiveTree } from '../../tree/live-tree.js';
import { findOwnDirectories } from '../../repository/own-directories.js';
import type { HeldRepository } from '../../repository/held.js';
import type { Repository } from '../../repository/repository.js';
import { createSetRecorder } from './attributes.js';
import { ContentReader } from './contents.js';
import { withEstimate } from './estimate.js';
import type { FileToRead } from './file-outcome.js';
import {
  countKnownContents,
  describePlace,
  describeResemblance,
  type KnownContents,
} from './first-backup.js';
import { recordLinked, recordOutcome, type FileContext } from './found.js';
import { createLinkedContents, type ReadEvents } from './linked-contents.js';
import { rereadsOf, type RereadOptions } from './reread.js';
import type { Appeared, Replacement } from './retirement.js';
import {
  snapshotOf,
  type BackupResult,
  type SnapshotOptions,
  type SourceRead,
  type SourceRun,
} from './snapshot-run.js';
import { checkRootsAreOthers, checkRootsExist, resolveRoots } from './roots.js';
import { describeWalk } from './notices.js';
import { createTally, type Tally } from './tally.js';
import { Walk } from './walk.js';

export interface BackupOptions extends SnapshotOptions, RereadOptions {
  /**
   * Absolute or relative to the working directory; at least one. Bytes that are not UTF-8 as lone
   * surrogates: U+DC00 plus the byte.
   */
  readonly paths: readonly string[];
  /** A path that never existed is an issue, not a failure, unless none exists: for lists of paths. */
  readonly toleratesMissing?: boolean;
  /** What is left out. */
  readonly filter?: FilterOptions;
}

/**
 * Takes a snapshot of `paths` into the repository.
 * @throws CodedError SOURCE_NOT_FOUND when a path does not exist and was never backed up,
 *   REPOSITORY_*, DISK_FULL, INTERRUPTED
 */
export async function backup(
  repository: Repository,
  options: BackupOptions,
): Promise<BackupResult> {
  const { files } = repository.platform;
  const issues: Issue[] = [];
  const filter = createFilter(options.filter ?? {}, files, issues);
  const reader = {
    roots: resolveRoots(options.paths, files),
    read: (run: SourceRun) => readTree(run, filter, issues, options),
  };
  return snapshotOf(repository, reader, options);
}

/** Walks the roots and stores what is new of them. `issues`: what the filter reports; the walk adds to it. */
async function readTree(
  sourceRun: SourceRun,
  filter: TreeFilter,
  issues: Issue[],
  options: BackupOptions,
): Promise<SourceRead> {
  const { repository, run, recorder, ahead, source, number, hasHistory, notice } = sourceRun;
  const { index, platform } = repository;
  checkRootsExist(index, platform.files, source, options.toleratesMissing ?? false);
  const tally = createTally(index, recorder, issues);
  const sets = createSetRecorder(index.attributes, platform.users);
  const notes = new ContentNotes(index, hasHistory);
  const onProgress = reportTo(options, tally);
  const events: ReadEvents = {
    onFile(file, outcome) {
      recordOutcome(file, outcome, { recorder, tally, sets });
      if (outcome.type === 'read') notes.add(file, outcome.content);
    },
    onLinked(file, first, blobs) {
      recordLinked(file, first, blobs, { tally, sets });
      notes.add(file, first.content);
    },
  };
  const { chunking } = repository.config;
  const reading = { run, index, chunking, ahead, startsEarly: hasHistory, onRead: onProgress };
  const contents = createLinkedContents(
    index,
    events,
    (onFile) => new ContentReader<FileContext>(reading, onFile),
  );
  const own = findOwnDirectories(platform.files, repository.path);
  const tree = new LiveTree(platform.files, filter, own);
  checkRootsAreOthers({ index, files: platform.files, tree }, source);
  const isOnlySource = index.sources.all().length === 1;
  const walk = new Walk(
    {
      index,
      platform,
      tree,
      isDue: rereadsOf(options, { snapshot: number, isOnlySource }),
      sets,
      signal: options.signal,
      onProgress,
    },
    recorder,
    tally,
    contents,
  );
  await withEstimate(sourceRun, options, async () => {
    await walk.roots(parentOfRoots(source.id), source.roots);
    await contents.finish();
  });
  describeWalk(walk, tree).forEach(notice);
  if (!hasHistory) describeFirst(repository, source, notes.contents).forEach(notice);
  const { replacements, appeared } = notes;
  return { tally, bytesRead: contents.bytesRead, replacements, appeared };
}

function describeFirst(
  repository: HeldRepository,
  source: Source,
  contents: KnownContents,
): Notice[] {
  const resemblance = describeResemblance(repository.index, source, contents);
  return [...(resemblance ? [resemblance] : []), describePlace(repository, source)];
}

/** What each content took the place of, or that it is new here. */
class ContentNotes {
  readonly replacements: Replacement[] = [];
  readonly appeared: Appeared[] = [];
  readonly contents: KnownContents;
  private readonly hasHistory: boolean;

  constructor(index: Index, hasHistory: boolean) {
    this.contents = countKnownContents(index);
    this.hasHistory = hasHistory;
  }

  add({ path, stat, context }: FileToRead<FileContext>, content: ContentRef): void {
    this.contents.add(content);
    if (content.type === 'none') return;
    const { known, directory } = context;
    if (known && known.content.type !== 'none') {
      this.replacements.push({ old: known.content, newer: content, directory });
    } else if (this.hasHistory) {
      this.appeared.push({ name: baseName(path), inode: stat.inode, content });
    }
  }
}

function reportTo({ onProgress }: SnapshotOptions, { totals }: Tally) {
  return (current: ByteString, partBytes = 0): void => {
    onProgress?.({ files: totals.files, bytes: totals.bytes + partBytes, current });
  };
}
