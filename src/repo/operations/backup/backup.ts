/** Backup of files and directories: walks them, and stores what is new. */
import { baseName } from '../../../platform/paths.js';
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
  type BackupProgress,
  type BackupResult,
  type SnapshotOptions,
  type SourceRead,
  type SourceRun,
} from './snapshot-run.js';
import { checkRootsAreOthers, checkRootsExist, resolveRoots } from './roots.js';
import { describeWalk } from './notices.js';
import { createTally, type WalkTotals } from './tally.js';
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
  { repository, run, recorder, ahead, source, number, hasHistory, notice }: SourceRun,
  filter: TreeFilter,
  issues: Issue[],
  options: BackupOptions,
): Promise<SourceRead> {
  const { index, platform, config } = repository;
  const tree = openTree(repository, source, filter, options.toleratesMissing ?? false);
  const replacements: Replacement[] = [];
  const appeared: Appeared[] = [];
  const tally = createTally(index, recorder, issues);
  const sets = createSetRecorder(index.attributes, platform.users);
  const seen = countKnownContents(index);
  /** Notes what a content took the place of, or that it is new here. */
  const note = (file: FileToRead<FileContext>, content: ContentRef): void => {
    seen.add(content);
    if (content.type === 'none') return;
    const { known, directory } = file.context;
    if (known && known.content.type !== 'none') {
      replacements.push({ old: known.content, newer: content, directory });
    } else if (hasHistory) appeared.push(describeAppeared(file, content));
  };
  const events: ReadEvents = {
    onFile(file, outcome) {
      recordOutcome(file, outcome, { recorder, tally, sets });
      if (outcome.type === 'read') note(file, outcome.content);
    },
    onLinked(file, first, blobs) {
      recordLinked(file, first, blobs, { tally, sets });
      note(file, first.content);
    },
  };
  const contents = createLinkedContents(index, events, (onFile) => {
    const { chunking } = config;
    const options = { run, index, chunking, ahead, startsEarly: hasHistory };
    return new ContentReader<FileContext>(options, onFile);
  });
  const walk = new Walk(
    {
      index,
      platform,
      tree,
      isDue: rereadsOf(options, {
        snapshot: number,
        isOnlySource: index.sources.all().length === 1,
      }),
      sets,
      signal: options.signal,
      onProgress: (totals, current) => options.onProgress?.(progressOf(totals, current)),
    },
    recorder,
    tally,
    contents,
  );
  await walk.roots(parentOfRoots(source.id), source.roots);
  await contents.finish();
  describeWalk(walk, tree).forEach(notice);
  if (!hasHistory) describeFirst(repository, source, seen).forEach(notice);
  const { bytesRead } = contents;
  return { tally, bytesRead, replacements, appeared };
}

/** @throws CodedError SOURCE_NOT_FOUND, SOURCE_IS_REPOSITORY */
function openTree(
  { index, path, platform: { files } }: HeldRepository,
  source: Source,
  filter: TreeFilter,
  toleratesMissing: boolean,
): LiveTree {
  checkRootsExist(index, files, source, toleratesMissing);
  const tree = new LiveTree(files, filter, findOwnDirectories(files, path));
  checkRootsAreOthers({ index, files, tree }, source);
  return tree;
}

function describeFirst(
  repository: HeldRepository,
  source: Source,
  contents: KnownContents,
): Notice[] {
  const resemblance = describeResemblance(repository.index, source, contents);
  return [...(resemblance ? [resemblance] : []), describePlace(repository, source)];
}

function describeAppeared({ path, stat }: FileToRead<FileContext>, content: ContentRef): Appeared {
  const name = baseName(path);
  return { name, inode: stat.inode, content };
}

function progressOf({ files, bytes }: WalkTotals, current: ByteString): BackupProgress {
  return { files, bytes, current };
}
