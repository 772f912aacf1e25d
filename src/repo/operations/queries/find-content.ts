/** Find by content: whether the bytes of a file are saved anywhere, under whatever name. */
import { CodedError } from '../../../errors.js';
import type { VersionSummary } from '../../index/history.js';
import type { Index } from '../../index/index.js';
import type { ChunkingParameters } from '../../model.js';
import { bytesFromText } from '../../../platform/bytes.js';
import type { Platform } from '../../../platform/platform.js';
import { fileErrorCode, reasonOf } from '../../../platform/system-errors.js';
import { fileSystemKind, tellsSize } from '../../tree/file-system-kind.js';
import { createSummaries, inByteOrder, type FoundPath } from './find.js';
import { hashFile, hashToEnd, type FileHash } from './hash-file.js';
import { selectedSource, type QueryOptions } from './sources.js';
import type { Repository } from '../../repository/repository.js';

export interface FindContentOptions extends QueryOptions {
  /** A file of this machine; a symbolic link is followed. */
  readonly file: string;
}

/**
 * The paths that had exactly the bytes of a file, with the snapshots in which they had them.
 * @throws CodedError SOURCE_UNREADABLE, NOT_A_FILE
 */
export function findContent(
  repository: Repository,
  options: FindContentOptions,
): Promise<FoundPath[]> {
  return repository.read(({ index, config, platform }) => {
    const wanted = options.source && selectedSource(index, options.source).id;
    const hash = hashNamedFile(options.file, platform, config.chunking);
    const places = index.placePaths();
    const summarise = createSummaries(index);
    const found: FoundPath[] = [];
    for (const versions of groupByPath(versionsWith(index, hash))) {
      const { path, source } = places.ofId(versions[0]?.path ?? 0);
      const summary = summarise(source, path, versions);
      if (summary && (wanted === undefined || source === wanted)) found.push(summary);
    }
    return inByteOrder(found);
  });
}

function versionsWith({ blobs, history }: Index, hash: FileHash): VersionSummary[] {
  if (hash.type === 'none') return history.ofEmptyFiles();
  if (hash.type === 'blob') {
    const blob = blobs.find(hash.hash);
    return blob ? history.ofBlob(blob.id) : [];
  }
  const content = blobs.findContent(hash.hash);
  return content === undefined ? [] : history.ofContent(content);
}

/** Versions sorted by path, the versions of each path together. */
function* groupByPath(versions: readonly VersionSummary[]): Generator<VersionSummary[]> {
  let group: VersionSummary[] = [];
  for (const version of versions) {
    if (group[0] && group[0].path !== version.path) {
      yield group;
      group = [];
    }
    group.push(version);
  }
  if (group.length > 0) yield group;
}

function hashNamedFile(file: string, { files }: Platform, chunking: ChunkingParameters): FileHash {
  try {
    const descriptor = files.at.open(undefined, bytesFromText(files.realPath(file)), 'read-file');
    try {
      const { type, sizeBytes } = files.at.statOpen(descriptor);
      if (type !== 'file') throw notAFile(file);
      const kind = fileSystemKind(files.at.fileSystemType(descriptor));
      return sizeBytes > 0 && tellsSize(kind, sizeBytes)
        ? hashFile(files, descriptor, sizeBytes, chunking)
        : hashToEnd(files, descriptor);
    } finally {
      files.close(descriptor);
    }
  } catch (cause) {
    if (fileErrorCode(cause) === undefined) throw cause;
    throw new CodedError('SOURCE_UNREADABLE', `${file} cannot be read: ${reasonOf(cause)}.`, {
      hint: 'Check its path and permissions.',
      cause,
    });
  }
}

function notAFile(file: string): CodedError {
  return new CodedError('NOT_A_FILE', `${file} is not a regular file, so it has no contents.`, {
    hint: 'Name a regular file.',
  });
}
