/** Why a backup reads the bytes of a file. */
import { BlobKind } from '../../../index/blobs.js';
import type { Index } from '../../../index/index.js';
import { VersionType, type Version } from '../../../model.js';
import { fileTypeOf, ReadReason, reasonsToRead, type FileState } from '../../../tree/compare.js';

/**
 * `new`: nothing was saved of it. `asked`: the backup reads all files, or it is this one's turn. `damaged`:
 * what was saved is lost, and repair wants it again. `unsized`: its file system does not know how many bytes
 * it has. The others: see {@link ReadReason}.
 */
export type ReadCause = 'new' | 'asked' | 'damaged' | 'unsized' | keyof typeof ReadReason;

/** Why the next backup reads `file`; empty: it does not. `known`: its current version. */
export function causesToRead(
  index: Index,
  file: FileState,
  known: Version | undefined,
): ReadCause[] {
  if (!known) return ['new'];
  if (known.type !== VersionType.file) return ['type'];
  const reasons = reasonsToRead(file, known);
  const names = Object.entries(ReadReason) as [keyof typeof ReadReason, number][];
  // Repair flags the files of what it marks lost as racy.
  return names
    .filter(([, bit]) => (reasons & bit) !== 0)
    .map(([name]) => (name === 'racy' && isLost(index, known) ? 'damaged' : name));
}

/** Why a version was read when it was saved. */
export function causesOfVersion(index: Index, version: Version): ReadCause[] {
  const before = index.versions.ofPath(version.path).find(({ last }) => last === version.first);
  const causes = causesToRead(index, { ...version, type: fileTypeOf(version.type) }, before);
  return causes.length > 0 ? causes : ['asked'];
}

function isLost({ blobs }: Index, { content }: Version): boolean {
  if (content.type === 'none') return false;
  const ids = content.type === 'blob' ? [content.blob] : blobs.ofContent(content.content);
  return ids.some((id) => blobs.get(id)?.kind === BlobKind.lost);
}
