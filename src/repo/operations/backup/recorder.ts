/**
 * Records what a backup finds: rows of the index and the same facts in the manifest, side by side, so
 * that neither can say more than the other.
 */
import type { Index } from '../../index/index.js';
import type { Entry } from '../../index/versions.js';
import {
  VersionType,
  type ContentRef,
  type Metadata,
  type PathMark,
  type Version,
} from '../../model.js';
import type { ByteString } from '../../../platform/bytes.js';
import { isSameContent, hasSameMetadata, isSameTime } from '../../tree/compare.js';
import type { ManifestWriter } from '../../repository/run-manifest.js';

/** A node of the source as it is now. `known`: its current version in the index. */
export interface Found extends Metadata {
  readonly path: number;
  readonly known: Version | undefined;
  readonly flags: number;
  readonly links: number;
  /** Row id of `attributeSet`. */
  readonly attributes: number;
  /** Encoded; empty where there is nothing to say. */
  readonly attributeSet: Uint8Array;
  readonly link: ByteString | undefined;
  readonly content: ContentRef;
  /** Hashes of the content's blobs, in order. */
  readonly blobs: readonly Uint8Array[];
}

/** A version of a file that ended with this run, whose bytes may live on under another name. */
export interface Vanished {
  readonly name: ByteString;
  readonly inode: number;
  readonly content: ContentRef;
  /** The id of the directory that it was in. */
  readonly directory: number;
}

interface RecorderCounts {
  filesNew: number;
  filesChanged: number;
  filesRemoved: number;
  /** Counts versions of every type. */
  versionsOpened: number;
  versionsClosed: number;
}

export interface RecorderOptions {
  readonly index: Index;
  readonly manifest: ManifestWriter;
  /** The number of the snapshot that is made. */
  readonly snapshot: number;
  /** By row id. Of a directory, times alone are no change: they tell what is in it. */
  readonly onChange: ((path: number, mark: PathMark) => void) | undefined;
}

/** Renames are looked for among this many vanished files: bounds memory. */
const MAX_VANISHED = 100_000;

export class Recorder {
  private readonly index: Index;
  private readonly manifest: ManifestWriter;
  private readonly snapshot: number;
  private readonly onChange: RecorderOptions['onChange'];
  private readonly tallied: RecorderCounts = {
    filesNew: 0,
    filesChanged: 0,
    filesRemoved: 0,
    versionsOpened: 0,
    versionsClosed: 0,
  };
  private readonly removedFiles: Vanished[] = [];

  constructor({ index, manifest, snapshot, onChange }: RecorderOptions) {
    this.index = index;
    this.manifest = manifest;
    this.snapshot = snapshot;
    this.onChange = onChange;
  }

  get counts(): Readonly<RecorderCounts> {
    return this.tallied;
  }

  get vanished(): readonly Vanished[] {
    return this.removedFiles;
  }

  /** The id of a node, made now when it never was. `isFresh`: its parent is new, so it cannot be. */
  pathId(parent: number, name: ByteString, isFresh: boolean): { id: number; isNew: boolean } {
    const { versions, counters } = this.index;
    const existing = isFresh ? undefined : versions.pathId(parent, name);
    if (existing !== undefined) return { id: existing, isNew: false };
    const id = counters.next('path');
    versions.insertPath(id, parent, name);
    this.manifest.path({ id, parent, name });
    return { id, isNew: true };
  }

  /**
   * Opens a version if the node changed; else updates only what decides about reading it again.
   * Whether it changed.
   */
  record(found: Found): boolean {
    const { known, path } = found;
    if (known && isSameVersion(known, found)) {
      if (needsTouch(known, found)) this.touch(found);
      return false;
    }
    if (found.type === VersionType.file) {
      if (known?.type === VersionType.file) this.tallied.filesChanged += 1;
      else this.tallied.filesNew += 1;
    }
    if (known) this.close(path);
    this.open(found);
    if (this.onChange) this.tell(this.onChange, known, found);
    return true;
  }

  /** Ends a node and everything below it; `directory` is the id of what it is in. */
  remove(entry: Entry, directory: number): void {
    this.onChange?.(entry.path, 'removed');
    if (entry.type === VersionType.directory) {
      for (const child of this.index.versions.current(entry.path)) this.remove(child, entry.path);
    }
    if (entry.type === VersionType.file) {
      this.tallied.filesRemoved += 1;
      const { name, inode, content } = entry;
      if (this.removedFiles.length < MAX_VANISHED) {
        this.removedFiles.push({ name, inode, content, directory });
      }
    }
    this.close(entry.path);
  }

  private tell(
    onChange: (path: number, mark: PathMark) => void,
    known: Version | undefined,
    found: Found,
  ): void {
    const mark = markOf(known, found);
    if (mark) onChange(found.path, mark);
  }

  private open(found: Found): void {
    this.index.versions.insert(found, this.snapshot);
    this.manifest.open(found);
    this.tallied.versionsOpened += 1;
  }

  private close(path: number): void {
    this.index.versions.close(path, this.snapshot);
    this.manifest.close(path);
    this.tallied.versionsClosed += 1;
  }

  private touch(found: Found): void {
    this.index.versions.touch(found);
    this.manifest.touch(found);
  }
}

function markOf(known: Version | undefined, found: Found): PathMark | undefined {
  if (!known) return 'new';
  const { type } = found;
  if (known.type !== type || known.link !== found.link) return 'changed';
  if (!isSameContent(known.content, found.content)) return 'changed';
  if (type !== VersionType.directory) return 'metadata';
  return isSameVersion(known, { ...found, mtime: known.mtime }) ? undefined : 'metadata';
}

function isSameVersion(known: Version, found: Found): boolean {
  return (
    hasSameMetadata(known, found) &&
    known.links === found.links &&
    known.attributes === found.attributes &&
    known.link === found.link &&
    isSameContent(known.content, found.content)
  );
}

function needsTouch(known: Version, { flags, inode, ctime }: Found): boolean {
  return known.flags !== flags || known.inode !== inode || !isSameTime(known.ctime, ctime);
}
