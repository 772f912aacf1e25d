/** Nodes as plain data, where a test is about a few of their fields. */
import type { FileStat } from '../../src/platform/at-calls.js';
import type { ByteString } from '../../src/platform/bytes.js';
import type { Entry } from '../../src/repo/index/versions.js';
import { VersionType, type Version } from '../../src/repo/model.js';

/** A time, `nanoseconds` behind a second of 2017. */
export const instant = (nanoseconds: number) => ({ seconds: 1_500_000_000, nanoseconds });

/** A file of ten bytes. */
export function liveFile(more: Partial<FileStat> = {}): FileStat {
  return {
    type: 'file',
    mode: 0o644,
    uid: 7,
    gid: 8,
    sizeBytes: 10,
    allocatedBytes: 4096,
    linkCount: 1,
    rdev: 0,
    inode: 11,
    device: 1,
    mount: undefined,
    mtime: instant(1),
    ctime: instant(2),
    btime: instant(3),
    ...more,
  };
}

/** What was saved of {@link liveFile}. */
export function savedFile(more: Partial<Version> = {}): Version {
  const { mode, uid, gid, sizeBytes, rdev, inode, mtime, ctime, btime } = liveFile();
  return {
    ...{ mode, uid, gid, sizeBytes, rdev, inode, mtime, ctime, btime },
    type: VersionType.file,
    path: 1,
    first: 1,
    last: 0,
    flags: 0,
    links: 0,
    attributes: 0,
    link: undefined,
    content: { type: 'blob', blob: 21 },
    ...more,
  };
}

/** {@link savedFile} with its name in its directory. */
export function savedEntry(name: string, more: Partial<Version> = {}): Entry {
  return { ...savedFile(more), name: name as ByteString };
}
