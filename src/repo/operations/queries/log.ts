/** Log: the history of one path. */
import { CodedError } from '../../../errors.js';
import { BlobKind } from '../../index/blobs.js';
import type { Index } from '../../index/index.js';
import type { Source } from '../../index/sources.js';
import type { ContentRef, Version } from '../../model.js';
import type { ByteString } from '../../../platform/bytes.js';
import { lastSeen } from './last-seen.js';
import { meaningIn } from './meaning.js';
import { snapshotsAt } from './places.js';
import { isOriginEvident, sourcesMeant, type Origin, type QueryOptions } from './sources.js';
import { pathIdOf } from './locate.js';
import type { Repository } from '../../repository/repository.js';
import { createDatedSpans, type DatedSpan } from './dated-spans.js';

export interface LogOptions extends QueryOptions {
  /** As backed up, or relative to the working directory or a root. */
  readonly path: string;
}

export interface PathLog extends Origin {
  readonly path: ByteString;
  /** Other sources that have, or had, the path. */
  readonly others: readonly Source[];
  /** The newest snapshot of the source, whether it has the path or not. */
  readonly latestSnapshot: number;
  /** Oldest first. */
  readonly versions: readonly LoggedVersion[];
}

/** How the bytes of a version are stored; `lost`: damaged; `none`: it has no bytes. */
export type StoredAs = 'full' | 'delta' | 'lost' | 'none';

/** A version with the snapshots that have it; `lastSnapshot` is the newest that still has. */
export interface LoggedVersion extends DatedSpan {
  readonly version: Version;
  /** BLAKE3 of its bytes; of the hashes of its blobs where there are several. */
  readonly hash: Buffer | undefined;
  readonly stored: StoredAs;
  /** Deltas to apply to read it; of its worst blob. */
  readonly chainLength: number;
}

/**
 * Every version that a path had, even if it no longer exists: in the source whose snapshot that has it
 * is the newest.
 * @throws CodedError PATH_NOT_FOUND when it never existed, SOURCE_AMBIGUOUS
 */
export function logPath(repository: Repository, options: LogOptions): Promise<PathLog> {
  return repository.read(({ index, platform }) => {
    const places = snapshotsAt(index, sourcesMeant(index, options.source, []), LATEST);
    const path = meaningIn(platform, places, options.path, (place, candidate) => {
      return lastSeen(index, place, candidate) !== undefined;
    });
    const found = places
      .map((place) => ({
        ...place,
        newest: path === undefined ? 0 : (lastSeen(index, place, path) ?? 0),
      }))
      .filter(({ newest }) => newest > 0)
      .sort((a, b) => b.newest - a.newest);
    const [best, ...others] = found;
    if (!best || path === undefined) {
      throw new CodedError('PATH_NOT_FOUND', `${options.path} is in no snapshot.`, {
        hint: 'Look for it by name with `varve find NAME`.',
      });
    }
    const { source } = best;
    const spanOf = createDatedSpans(index, source.id);
    const storageOf = createStorageReader(index);
    const versions = versionsOf(index, source, path).flatMap((version) => {
      const span = spanOf(version);
      return span ? [{ version, ...span, ...storageOf(version.content) }] : [];
    });
    return {
      path,
      source,
      isEvident: isOriginEvident(index, options.source),
      latestSnapshot: best.snapshot.number,
      others: others.map((other) => other.source),
      versions,
    };
  });
}

const LATEST = { type: 'latest' } as const;

function versionsOf(index: Index, source: Source, path: ByteString): Version[] {
  const id = pathIdOf(index, source, path);
  return id === undefined ? [] : index.versions.ofPath(id);
}

type Storage = Pick<LoggedVersion, 'hash' | 'stored' | 'chainLength'>;

/** Says how contents are stored; each link of a chain that versions share is looked up once. */
function createStorageReader({ blobs }: Index): (content: ContentRef) => Storage {
  const chains = new Map<number, number | undefined>();
  /** Deltas between `id` and its full blob; undefined when one of them is lost or there is a loop. */
  const chainLength = (id: number): number | undefined => {
    const links: number[] = [];
    let next: number | undefined = id;
    let length: number | undefined;
    while (next !== undefined && !chains.has(next)) {
      const blob = blobs.get(next);
      chains.set(next, undefined);
      links.push(next);
      if (blob?.kind === BlobKind.full || blob?.kind === BlobKind.hole) length = -1;
      next = blob?.kind === BlobKind.delta ? blob.basis : undefined;
    }
    if (next !== undefined) length = chains.get(next);
    for (const link of links.reverse()) {
      length = length === undefined ? undefined : length + 1;
      chains.set(link, length);
    }
    return chains.get(id);
  };

  return (content) => {
    if (content.type === 'none') return { hash: undefined, stored: 'none', chainLength: 0 };
    const isBlob = content.type === 'blob';
    const hash = isBlob ? blobs.get(content.blob)?.hash : blobs.contentHash(content.content);
    const lengths = (isBlob ? [content.blob] : blobs.ofContent(content.content)).map(chainLength);
    const known = lengths.filter((length) => length !== undefined);
    const longest = known.reduce((most, length) => Math.max(most, length), 0);
    const isLost = known.length < lengths.length;
    return { hash, stored: isLost ? 'lost' : longest > 0 ? 'delta' : 'full', chainLength: longest };
  };
}
