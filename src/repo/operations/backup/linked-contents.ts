/**
 * {@link Contents} for files with several names: the first name that is met is read, the others wait
 * for how that ends and take what it found, so that the bytes are read once and all names have the
 * same.
 */
import type { Index } from '../../index/index.js';
import type { Version } from '../../model.js';
import { isSameTime } from '../../tree/compare.js';
import type { Contents } from './contents.js';
import type { FileOutcome, FileToRead } from './file-outcome.js';
import type { FileContext } from './found.js';

type File = FileToRead<FileContext>;

/** What becomes of the files that were added. */
export interface ReadEvents {
  onFile(file: File, outcome: FileOutcome): void;
  /** Another name of a file that was read: `first`, with the hashes of its blobs. */
  onLinked(file: File, first: Version, blobs: readonly Uint8Array[]): void;
}

/** `open` makes what reads; it must know a file in the index when it tells of it. */
export function createLinkedContents(
  { versions, blobs }: Index,
  events: ReadEvents,
  open: (onFile: ReadEvents['onFile']) => Contents<FileContext>,
): Contents<FileContext> {
  /** Numbers of files that are being read, with the names that wait for it. */
  const underWay = new Map<number, File[]>();
  /** Numbers of files that were read, with the id of the path that was. */
  const read = new Map<number, number>();
  /** Names that waited in vain. */
  const orphans: File[] = [];

  const contents = open((file, outcome) => {
    events.onFile(file, outcome);
    const { links, path } = file.context;
    if (links === 0) return;
    const waiting = underWay.get(links) ?? [];
    underWay.delete(links);
    if (outcome.type !== 'read') {
      orphans.push(...waiting);
      return;
    }
    read.set(links, path);
    const first = versions.currentOf(path);
    for (const other of waiting) {
      // The name that was read may lead to another file by now.
      if (first?.inode === other.stat.inode) events.onLinked(other, first, outcome.blobs);
      else orphans.push(other);
    }
  });

  /** Takes what the first name had, if that is what this one leads to now. */
  const linkToRead = (file: File): boolean => {
    const path = read.get(file.context.links);
    const first = path === undefined ? undefined : versions.currentOf(path);
    const hashes = first && isSameFile(file, first) ? blobs.hashesOf(first.content) : undefined;
    if (!first || !hashes) return false;
    events.onLinked(file, first, hashes);
    return true;
  };

  const add = (file: File): Promise<void> | undefined => {
    const { links } = file.context;
    if (links === 0) return contents.add(file);
    const waiting = underWay.get(links);
    if (waiting) {
      waiting.push(file);
      return undefined;
    }
    if (linkToRead(file)) return undefined;
    underWay.set(links, []);
    return contents.add(file);
  };

  return {
    add,
    async finish() {
      await contents.finish();
      while (orphans.length > 0) {
        for (const file of orphans.splice(0)) await add(file);
        await contents.finish();
      }
    },
    get bytesRead() {
      return contents.bytesRead;
    },
  };
}

function isSameFile({ stat }: File, version: Version): boolean {
  return (
    stat.inode === version.inode &&
    stat.sizeBytes === version.sizeBytes &&
    isSameTime(stat.mtime, version.mtime) &&
    isSameTime(stat.ctime, version.ctime)
  );
}
