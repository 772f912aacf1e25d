/**
 * A file that is made and finished by the main thread while workers fill it: a large one, or an empty
 * one. Where something stands already, it has a temporary name until it is whole, and what an earlier
 * restore left under that name is taken up; or it is changed where it stands, which writes least.
 */
import { VersionFlag, type Version } from '../../model.js';
import type { FileStat } from '../../../platform/at-calls.js';
import type { FileSystem } from '../../../platform/files.js';
import { systemErrorCode } from '../../../platform/platform.js';
import { isSameTime } from '../../tree/compare.js';
import type { DirectoryHandles } from '../../../platform/directory-handles.js';
import {
  differsInMetadata,
  refuseLockedDirectory,
  setMetadata,
  type Shortfall,
} from '../../tree/metadata.js';
import { temporaryName, type NodePlace } from '../../tree/relative-path.js';
import type { Wanted } from './wanted.js';

/** A version of a file, and where it goes. */
export interface FileToRestore extends NodePlace {
  readonly version: Version;
}

/** How a working file is created. */
export type WorkingKind =
  /** In a fresh target: made under its name. */
  | 'fresh'
  /** Under a temporary name, then renamed. */
  | 'renamed'
  /** The file that is there. */
  | 'patched';

export interface WorkingFile extends NodePlace {
  /** How workers fill it. */
  readonly way: 'fill' | 'patch';
  /** Pages of zeros become holes. */
  readonly leavesHoles: boolean;
  /**
   * Whether it looks like the finished file while it is not: then {@link mark} comes before the first
   * byte that is written.
   */
  readonly looksFinished: boolean;
  mark(): void;
  /** It was made just now, so that all of it reads as zeros. */
  readonly isNew: boolean;
  /** Its metadata, then its name. What of the metadata could not be set. */
  finish(writtenBytes: number): readonly Shortfall[];
  /** It cannot be made whole. What was there and is patched stays, partly changed. */
  discard(): void;
}

export interface WorkingFileOptions {
  readonly files: FileSystem;
  readonly handles: DirectoryHandles;
  readonly wanted: Wanted;
  readonly isDryRun: boolean;
}

/**
 * Makes or opens the file; undefined in a dry run where nothing is there to compare with.
 * @throws system errors
 */
export function openWorkingFile(
  options: WorkingFileOptions,
  file: FileToRestore,
  kind: WorkingKind,
): WorkingFile | undefined {
  const { files, handles, isDryRun } = options;
  const { version, directory } = file;
  const existing = kind === 'fresh' ? undefined : openExisting(options, file, kind);
  const name = existing?.name ?? (kind === 'fresh' ? file.name : temporaryName(file.name));
  if (!existing && isDryRun) return undefined;
  if (!existing) makeZeros(options, { directory, name }, version.sizeBytes, kind);
  const isPatched = existing !== undefined && name === file.name;

  const withOpen = <T>(action: (descriptor: number) => T): T => {
    const descriptor = files.at.open(handles.open(directory), name, 'write-file');
    try {
      return action(descriptor);
    } finally {
      files.close(descriptor);
    }
  };

  return {
    directory,
    name,
    way: existing ? 'patch' : 'fill',
    leavesHoles: (version.flags & VersionFlag.sparse) !== 0,
    looksFinished: isPatched && !isDryRun && hasSizeAndTime(existing.stat, version),
    mark() {
      const { seconds, nanoseconds } = version.mtime;
      withOpen((descriptor) => {
        files.at.setMtimeOpen(descriptor, { seconds: seconds - MARK_SECONDS, nanoseconds });
        files.sync(descriptor);
      });
    },
    isNew: existing === undefined,
    finish(writtenBytes) {
      if (isDryRun) return [];
      const missing = withOpen((descriptor) => {
        // What is overwritten may be on disk later than the time that says that it is.
        if (isPatched && writtenBytes > 0) files.sync(descriptor);
        const node = { type: 'open', descriptor } as const;
        const wanted = options.wanted(version);
        const there = files.at.statOpen(descriptor);
        return differsInMetadata(files.at, node, there, wanted)
          ? setMetadata(files, node, wanted)
          : [];
      });
      if (name !== file.name) files.at.rename(handles.open(directory), name, file.name);
      return missing;
    },
    discard() {
      if (!isPatched && !isDryRun) files.at.remove(handles.open(directory), name);
    },
  };
}

/** How far the time of a file that is being changed is moved: more than any file system rounds. */
const MARK_SECONDS = 86_400;

interface Existing {
  readonly name: NodePlace['name'];
  readonly stat: FileStat;
}

/** The file to patch, cut to its size: the one that is there, else an unfinished one. */
function openExisting(
  { files, handles, isDryRun }: WorkingFileOptions,
  { directory, name, version }: FileToRestore,
  kind: Exclude<WorkingKind, 'fresh'>,
): Existing | undefined {
  const candidates = [...(kind === 'patched' ? [name] : []), temporaryName(name)];
  for (const candidate of candidates) {
    let descriptor: number | undefined;
    try {
      descriptor = files.at.open(handles.open(directory), candidate, 'update-file');
      const stat = files.at.statOpen(descriptor);
      // It may have another name outside the target: it is compared, and not written.
      if (stat.type !== 'file' || (stat.linkCount > 1 && !isDryRun)) continue;
      if (stat.sizeBytes !== version.sizeBytes && !isDryRun) {
        files.truncate(descriptor, version.sizeBytes);
      }
      return { name: candidate, stat };
    } catch (error) {
      // Not there, not to be written, or running: the next, or a new one. What is immutable stays.
      const code = systemErrorCode(error);
      if (code === undefined || code === 'EPERM') throw error;
    } finally {
      if (descriptor !== undefined) files.close(descriptor);
    }
  }
  return undefined;
}

/** Makes a file that is a hole as a whole. */
function makeZeros(
  { files, handles }: WorkingFileOptions,
  { directory, name }: NodePlace,
  sizeBytes: number,
  kind: WorkingKind,
): void {
  const handle = handles.open(directory);
  if (kind !== 'fresh') refuseLockedDirectory(files.at, handle);
  if (kind !== 'fresh' && files.at.stat(handle, name)) files.at.remove(handle, name);
  const descriptor = files.at.open(handle, name, 'create-file');
  try {
    files.truncate(descriptor, sizeBytes);
  } finally {
    files.close(descriptor);
  }
}

function hasSizeAndTime({ sizeBytes, mtime }: FileStat, version: Version): boolean {
  return sizeBytes === version.sizeBytes && isSameTime(mtime, version.mtime);
}
