/** Backup of files and directories: walks them, and stores what is new. */
import { CodedError } from '../../../errors.js';
import { parentOfRoots } from '../../index/versions.js';
import type { Source } from '../../index/sources.js';
import type { ContentRef } from '../../model.js';
import { bytesFromText, textFromBytes, type ByteString } from '../../platform/bytes.js';
import type { Platform } from '../../platform/platform.js';
import { createFilter, type PatternRule } from '../../tree/patterns.js';
import type { Repository } from '../repository.js';
import { createContents, type FileOutcome, type FileToRead } from './contents.js';
import { recordOutcome, type FileContext } from './found.js';
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
  /** Absolute or relative to the working directory; at least one. */
  readonly paths: readonly string[];
  readonly rules?: readonly PatternRule[];
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
  { repository, run, recorder, source, number, hasHistory }: SourceRun,
  options: BackupOptions,
): Promise<SourceRead> {
  const { index, platform, config } = repository;
  checkRootsExist(repository, source);
  const replacements: Replacement[] = [];
  const appeared: Appeared[] = [];
  const tally = createTally(index, recorder);
  const onFile = (file: FileToRead<FileContext>, outcome: FileOutcome): void => {
    recordOutcome(file, outcome, recorder, tally);
    if (outcome.type !== 'read' || outcome.content.type === 'none') return;
    const { known } = file.context;
    if (known && known.content.type !== 'none') {
      const { directory } = file.context;
      replacements.push({ old: known.content, newer: outcome.content, directory });
    } else if (hasHistory) appeared.push(describeAppeared(file, outcome.content));
  };
  const contents = createContents<FileContext>(run, index, config.chunking, onFile);
  const walk = createWalk(
    {
      index,
      platform,
      filter: createFilter(options.rules ?? []),
      isDue: rereadsOf(options, {
        snapshot: number,
        isOnlySource: index.sources.all().length === 1,
      }),
      excluded: ownPaths(repository, source.roots),
      signal: options.signal,
      onProgress: (totals, current) => options.onProgress?.(progressOf(totals, current)),
    },
    recorder,
    tally,
    contents,
  );
  for (const root of source.roots) await walk.root(parentOfRoots(source.id), root);
  await contents.finish();
  const { bytesRead } = contents;
  return { tally, bytesRead, replacements, appeared };
}

function progressOf({ files, bytes }: WalkTotals, current: ByteString): BackupProgress {
  return { files, bytes, current };
}

function describeAppeared({ path, stat }: FileToRead<FileContext>, content: ContentRef): Appeared {
  const name = path.slice(path.lastIndexOf('/') + 1) as ByteString;
  return { name, inode: stat.inode, content };
}

/** Absolute, without a trailing slash, in byte order, each once. */
function resolveRoots(paths: readonly string[], { files }: Platform): ByteString[] {
  const roots = paths.map((path) => bytesFromText(files.absolutePath(path)));
  const unique = [...new Set(roots)].sort();
  return unique.filter((root) => !unique.some((other) => isBelow(root, other)));
}

function isBelow(path: ByteString, directory: ByteString): boolean {
  return path !== directory && (directory === '/' || path.startsWith(`${directory}/`));
}

/** A root that was never backed up and does not exist is a mistyped path, not a deleted one. */
function checkRootsExist({ index, platform }: Repository, { id, roots }: Source): void {
  const known = new Set(index.versions.current(parentOfRoots(id)).map(({ name }) => name));
  const missing = roots.find((root) => !known.has(root) && !platform.files.exists(root));
  if (missing === undefined) return;
  const message = `${textFromBytes(missing)} does not exist, so there is nothing to back up.`;
  throw new CodedError('SOURCE_NOT_FOUND', message, { hint: 'Check the path.' });
}

/** Where the repository lies within the roots, whose paths may lead through symbolic links. */
function ownPaths(
  { path, platform: { files } }: Repository,
  roots: readonly ByteString[],
): Set<ByteString> {
  const own = bytesFromText(files.realPath(path));
  const found = roots.flatMap((root) => {
    const text = textFromBytes(root);
    if (!files.stat(text)) return [];
    const real = bytesFromText(files.realPath(text));
    return isBelow(own, real)
      ? [`${root === '/' ? '' : root}${own.slice(real === '/' ? 0 : real.length)}`]
      : [];
  });
  return new Set(found as ByteString[]);
}
