/** Entries that say that nothing else in their directory is worth a backup. */
import { bytesFromText, type ByteString } from '../../platform/bytes.js';
import { join } from '../../platform/paths.js';
import type { FileSystem } from '../../platform/files.js';
import { systemErrorCode } from '../../platform/platform.js';
import { holds, type DirectoryListing } from './listing.js';

/** The entry because of which the others are left out; `cache`: a `CACHEDIR.TAG`. */
export interface MarkerReason {
  readonly type: 'marker' | 'cache';
  readonly marker: ByteString;
}

/** https://bford.info/cachedir/ */
const CACHE_TAG = bytesFromText('CACHEDIR.TAG');
const CACHE_SIGNATURE = Buffer.from('Signature: 8a477f597d28d172789f06886806bc55');

/** What a directory has of markers: the first is the reason, all of them are kept. */
export function findMarkers(
  path: ByteString,
  listing: DirectoryListing,
  wanted: { readonly markers: readonly ByteString[]; readonly excludesCaches: boolean },
  files: FileSystem,
): { readonly reason: MarkerReason; readonly kept: ReadonlySet<ByteString> } | undefined {
  const kept = wanted.markers.filter((name) => holds(listing, name));
  const isCache =
    wanted.excludesCaches && holds(listing, CACHE_TAG) && hasSignature(listing.handle, files);
  const type = kept.length > 0 ? 'marker' : 'cache';
  if (isCache) kept.push(CACHE_TAG);
  const [first] = kept;
  return first && { reason: { type, marker: join(path, first) }, kept: new Set(kept) };
}

/** A tag that cannot be read proves nothing: what it would leave out is backed up. */
function hasSignature(directory: number, files: FileSystem): boolean {
  let descriptor: number | undefined;
  try {
    descriptor = files.at.open(directory, CACHE_TAG, 'read-file');
    if (files.at.statOpen(descriptor).type !== 'file') return false;
    const start = Buffer.alloc(CACHE_SIGNATURE.length);
    files.read(descriptor, start, 0);
    return start.equals(CACHE_SIGNATURE);
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return false;
  } finally {
    if (descriptor !== undefined) files.close(descriptor);
  }
}
