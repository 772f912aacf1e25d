/**
 * What the first backup of a source tells: where the repository lies, and whether the source is a known one
 * under another name. A source is a host and its paths: with another of either, a new series begins.
 */
import type { Index } from '../../index/index.js';
import { count } from '../../../platform/count.js';
import type { Source } from '../../index/sources.js';
import type { ContentRef, Notice } from '../../model.js';
import { bytesFromText, textFromBytes, type ByteString } from '../../../platform/bytes.js';
import type { FileSystem } from '../../../platform/files.js';
import { baseName } from '../../../platform/paths.js';
import { diskOf } from '../../../platform/disks.js';
import { systemErrorCode } from '../../../platform/platform.js';
import type { HeldRepository } from '../../repository/held.js';
import { rootNames } from '../queries/root-names.js';

/** Where the repository lies, beside the source. */
export function describePlace(
  { path, platform: { files } }: HeldRepository,
  { roots }: Source,
): Notice {
  const free = `${formatGibibytes(files.freeBytes(path))} free`;
  const disk = diskAt(files, bytesFromText(path));
  const shared = roots.filter((root) => disk !== undefined && diskAt(files, root) === disk);
  if (shared.length === 0) {
    return { code: 'FREE_SPACE', message: `The disk of the repository has ${free}.`, paths: [] };
  }
  const message = `The repository is on the disk of ${rootNames(shared)} (${free}): keep a copy elsewhere.`;
  return { code: 'SAME_DISK', message, paths: shared };
}

function diskAt(files: FileSystem, path: ByteString): string | undefined {
  try {
    const real = files.realPathOf(path);
    const stat = files.stat(textFromBytes(real));
    return stat && diskOf(files, stat.device);
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return undefined;
  }
}

function formatGibibytes(bytes: number): string {
  return bytes < 1024 ** 3
    ? `${Math.floor(bytes / 1024 ** 2)} MiB`
    : `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
}

/** Counts files by whether the repository had their contents before the run. */
export interface KnownContents {
  add(content: ContentRef): void;
  /** More than half of those that have any. */
  readonly areMost: boolean;
  readonly known: number;
  readonly total: number;
}

/** To be made before the run stores anything. */
export function countKnownContents({ counters }: Pick<Index, 'counters'>): KnownContents {
  const last = { blob: counters.last('blob'), content: counters.last('content') };
  const counts = { known: 0, total: 0 };
  return {
    add(content) {
      if (content.type === 'none') return;
      counts.total += 1;
      const id = content.type === 'blob' ? content.blob : content.content;
      if (id <= last[content.type]) counts.known += 1;
    },
    get areMost() {
      return counts.known * 2 > counts.total;
    },
    get known() {
      return counts.known;
    },
    get total() {
      return counts.total;
    },
  };
}

/** The known source that a new one resembles, if most of its contents are known. */
export function describeResemblance(
  index: Pick<Index, 'sources' | 'snapshots'>,
  source: Source,
  contents: KnownContents,
): Notice | undefined {
  if (!contents.areMost) return undefined;
  const others = index.sources
    .all()
    .filter(({ id }) => id !== source.id && index.snapshots.latest(id) !== undefined);
  const like = mostLike(source, others);
  if (!like) return undefined;
  const name = (one: Source): string => `${one.host}:${rootNames(one.roots)}`;
  const back = isSame(like.roots, source.roots)
    ? `back up with --host ${like.host}`
    : 'name the same paths as before';
  const message =
    `${name(source)} is a new source, and begins without history; ${contents.known} of ` +
    `${count(contents.total, 'file')} ${contents.total === 1 ? 'has' : 'have'} known contents, as in source ${like.id}, ${name(like)}. ` +
    `If it is that source, ${back}, and its history goes on.`;
  return { code: 'SOURCE_RESEMBLES', message, paths: like.roots };
}

/** The source with the same host or the same names, whatever has more in common first. */
function mostLike(source: Source, others: readonly Source[]): Source | undefined {
  const likeness = (other: Source): number => {
    const isHost = other.host === source.host;
    const names = new Set(other.roots.map(baseName));
    const isNamed = source.roots.every((root) => names.has(baseName(root)));
    if (!isHost && !isNamed) return 0;
    const isShared = source.roots.some((root) => other.roots.includes(root));
    const hasAll = isNamed && other.roots.length === source.roots.length;
    const signs = [isHost || isNamed, isNamed, hasAll, isShared, isSame(other.roots, source.roots)];
    return signs.filter(Boolean).length;
  };
  const ranked = others
    .map((other) => ({ other, rank: likeness(other) }))
    .filter(({ rank }) => rank > 0)
    .sort((left, right) => right.rank - left.rank || right.other.id - left.other.id);
  return ranked[0]?.other;
}

function isSame(left: readonly ByteString[], right: readonly ByteString[]): boolean {
  return left.length === right.length && left.every((root, position) => root === right[position]);
}
