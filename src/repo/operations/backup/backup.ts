/** Backup of files and directories: walks them, and stores what is new. */
import { CodedError } from '../../../errors.js';
import { parentOfRoots } from '../../index/versions.js';
import type { Source } from '../../index/sources.js';
import type { ContentRef } from '../../model.js';
import { bytesFromBuffer, textFromBytes, type ByteString } from '../../platform/bytes.js';
import type { Platform } from '../../platform/platform.js';
import { textToBytes } from '../../tree/byte-text.js';
import { createFilter, type FilterOptions } from '../../tree/filter.js';
import { ownPaths } from '../own-paths.js';
import type { Repository } from '../repository.js';
import { createSetRecorder } from './attributes.js';
import { createContents, type FileToRead } from './contents.js';
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
import { createTally, type WalkTotals } from './tally.js';
import { createWalk } from './walk.js';

export interface BackupOptions extends SnapshotOptions, RereadOptions {
  /**
   * Absolute or relative to the working directory; at least one. Bytes that are not UTF-8 as lone
   * surrogates: U+DC00 plus the byte.
   */
  readonly paths: readonly string[];
  /** What is left out. */
  readonly filter?: FilterOptions;
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
  const reader = {
    roots: resolveRoots(options.paths, platform),
    read: (run: SourceRun) => readTree(run, options),
  };
  return snapshotOf(repositoryPath, platform, reader, options);
}

/** Walks the roots and stores what is new of them. */
async function readTree(
  { repository, run, recorder, ahead, source, number, hasHistory }: SourceRun,
  options: BackupOptions,
): Promise<SourceRead> {
  const { index, platform, config } = repository;
  checkRootsExist(repository, source);
  const replacements: Replacement[] = [];
  const appeared: Appeared[] = [];
  const tally = createTally(index, recorder);
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
      filter: createFilter(options.filter ?? {}, { files: platform.files, report: tally.report }),
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

/** Absolute, without a trailing slash, in byte order, each once; none below another. */
function resolveRoots(paths: readonly string[], { files }: Platform): ByteString[] {
  const roots = paths.map((path) => bytesFromBuffer(textToBytes(files.absolutePath(path))));
  const unique = new Set(roots.sort());
  return [...unique].filter((root) => !directoriesAbove(root).some((above) => unique.has(above)));
}

/** `/a` and `/` for `/a/b`. */
function directoriesAbove(path: ByteString): ByteString[] {
  const names = path.split('/').slice(0, -1);
  const above = names.map((_, depth) => names.slice(0, depth + 1).join('/') || '/');
  return above.filter((directory) => directory !== path) as ByteString[];
}

/** A root that was never backed up and does not exist is a mistyped path, not a deleted one. */
function checkRootsExist({ index, platform }: Repository, { id, roots }: Source): void {
  const known = new Set(index.versions.current(parentOfRoots(id)).map(({ name }) => name));
  const missing = roots.find((root) => !known.has(root) && !platform.files.exists(root));
  if (missing === undefined) return;
  const message = `${textFromBytes(missing)} does not exist, so there is nothing to back up.`;
  throw new CodedError('SOURCE_NOT_FOUND', message, { hint: 'Check the path.' });
}

function progressOf({ files, bytes }: WalkTotals, current: ByteString): BackupProgress {
  return { files, bytes, current };
}
