/** Files that the walk sends to be read: what it must know of them, and recording how that ended. */
import {
  VersionFlag,
  VersionType,
  type ContentRef,
  type Metadata,
  type Version,
} from '../../model.js';
import { textFromBytes, type ByteString } from '../../../platform/bytes.js';
import { baseName } from '../../../platform/paths.js';
import { isUnchanged, racyFlag, isSameContent, sparseFlag } from '../../tree/compare.js';
import { possibleBitRot } from '../../tree/possible-bit-rot.js';
import type { RecordedSet, SetRecorder } from './attributes.js';
import type { FileOutcome, FileToRead } from './file-outcome.js';
import type { Found, Recorder } from './recorder.js';
import type { Tally } from './tally.js';

/** What must be known of a file when its bytes have been read. */
export interface FileContext {
  readonly path: number;
  /** The id of the directory that it is in. */
  readonly directory: number;
  readonly known: Version | undefined;
  /** The number that its hard links share; 0: none. */
  readonly links: number;
  /** It agreed with `known` in all that tells a change, and is read only to be sure. */
  readonly seemsUnchanged: boolean;
  readonly scanStartMs: number;
}

/** Where what is found is recorded. */
export interface Records {
  readonly recorder: Recorder;
  readonly tally: Tally;
  readonly sets: SetRecorder;
}

/** Takes a file back with its content. */
export function recordOutcome(
  { path, context }: FileToRead<FileContext>,
  outcome: FileOutcome,
  { recorder, tally, sets }: Records,
): void {
  const { known, links, scanStartMs } = context;
  if (outcome.type === 'vanished') {
    if (known) recorder.remove({ ...known, name: baseName(path) }, context.directory);
    tally.report(path, 'VANISHED', `${textFromBytes(path)} vanished while it was being backed up.`);
    return;
  }
  if (outcome.type === 'failed') {
    tally.report(path, 'UNREADABLE', `${textFromBytes(path)} cannot be read: ${outcome.message}.`);
    tally.keep(known);
    return;
  }
  const { stat, attributes, content, blobs, isUnstable } = outcome;
  const set = sets.of(stat, attributes);
  const isRotten = isPossiblyRotten(context, outcome);
  const flags =
    racyFlag(stat, scanStartMs) |
    sparseFlag(stat) |
    (isUnstable ? VersionFlag.unstable : 0) |
    (isRotten ? VersionFlag.suspect : keptSuspicion(known, content));
  const { file } = VersionType;
  tally.record(
    describeFound({ path: context.path, known, type: file, flags, links }, stat, set, {
      content,
      blobs,
    }),
  );
  if (isUnstable) {
    const message = `${textFromBytes(path)} changed while it was being read; it was saved as read.`;
    tally.report(path, 'UNSTABLE', message);
  }
  if (isRotten) tally.report(path, 'POSSIBLE_BIT_ROT', possibleBitRot(path));
}

/** Its bytes are not those of the version before, although nothing says that anybody wrote them. */
function isPossiblyRotten(
  { known, seemsUnchanged }: FileContext,
  { stat, content, isUnstable }: Extract<FileOutcome, { type: 'read' }>,
): boolean {
  if (!known || !seemsUnchanged || isUnstable) return false;
  return isUnchanged(stat, known) && !isSameContent(known.content, content);
}

/** The flag stays with the bytes, whatever becomes of their owner, mode or times. */
function keptSuspicion(known: Version | undefined, content: ContentRef): number {
  return known && isSameContent(known.content, content) ? known.flags & VersionFlag.suspect : 0;
}

/** Records another name of a file that was read under the name of `first`. */
export function recordLinked(
  { context: { path, known, links } }: FileToRead<FileContext>,
  first: Version,
  blobs: readonly Uint8Array[],
  { tally, sets }: Omit<Records, 'recorder'>,
): void {
  const { type, flags, content } = first;
  const set = sets.ofVersion(first);
  tally.record(describeFound({ path, known, type, flags, links }, first, set, { content, blobs }));
}

const NO_CONTENT: ContentRef = { type: 'none' };
const NO_BLOBS: readonly Uint8Array[] = [];

/** A node's row, and what the backup decides about its new version. */
type FoundNode = Pick<Found, 'path' | 'known' | 'type' | 'flags' | 'links'>;

/** What a node holds: a link where it leads, a file its bytes. */
interface Held {
  readonly link?: ByteString | undefined;
  readonly content?: ContentRef;
  readonly blobs?: readonly Uint8Array[];
}

/** One literal, so that every record has one shape: spreading cost 0.25 s of 46 600 files. */
export function describeFound(
  { path, known, type, flags, links }: FoundNode,
  stat: Omit<Metadata, 'type'>,
  { attributes, attributeSet }: RecordedSet,
  { link, content = NO_CONTENT, blobs = NO_BLOBS }: Held,
): Found {
  return {
    type,
    mode: stat.mode,
    uid: stat.uid,
    gid: stat.gid,
    mtime: stat.mtime,
    ctime: stat.ctime,
    btime: stat.btime,
    inode: stat.inode,
    rdev: stat.rdev,
    // Sizes are kept of files only: a directory's says nothing that restores.
    sizeBytes: type === VersionType.file ? stat.sizeBytes : 0,
    path,
    known,
    flags,
    links,
    attributes,
    attributeSet,
    link,
    content,
    blobs,
  };
}
