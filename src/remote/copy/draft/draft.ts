/**
 * A file under construction on the target's side: rebuilt beside the old one and given its name when
 * it is proved, or written into the old one. A draft that was left behind stays and is taken up by
 * the next copy.
 */
import { blake3 } from '../../../platform/hash.js';
import { CodedError } from '../../../errors.js';
import type { FileTime } from '../../../platform/at-calls.js';
import { bufferFromBytes, bytesFromText, type ByteString } from '../../../platform/bytes.js';
import type { FileSystem } from '../../../platform/files.js';
import { systemErrorCode } from '../../../platform/platform.js';
import { openFile, type OpenFile, type Place } from '../file/place.js';

/** Where a new file is made. */
export type DraftPlace =
  /** Beside the old one. */
  | 'beside'
  /** In what an interrupted copy left beside the old one. */
  | 'resume'
  /** In the old one itself. */
  | 'in-place';

/** What a file gets besides its bytes; undefined leaves what it has. */
export interface Attributes {
  readonly mode: number | undefined;
  readonly mtime: FileTime | undefined;
}

/** The file that is written to. */
export interface Draft {
  readonly descriptor: number;
  /** Whether it holds the basis' bytes at their places already. */
  readonly holdsBasis: boolean;
  /** Whether all of it is a hole at first. */
  readonly isBlank: boolean;
  /** Cuts it to its size, sets attributes, makes it durable and gives it its name. */
  publish(sizeBytes: number, attributes: Attributes): void;
  /** Leaves it as it is. */
  close(): void;
}

/** The name of a file's draft: the same for every copy to that file, and never too long. */
function draftName(name: ByteString): ByteString {
  const hash = blake3(bufferFromBytes(name)).toString('hex', 0, 10);
  return bytesFromText(`.varve-copy-${hash}.partial`);
}

/** What an interrupted copy left, open for reading. */
export function openLeftDraft(files: FileSystem, place: Place): OpenFile | undefined {
  return openFile(files, { ...place, name: draftName(place.name) });
}

/**
 * Opens the draft of the file at `place`, whose old state is `old`.
 * @throws CodedError COPY_BUSY when another copy to that file is under way
 */
export function openDraft(
  files: FileSystem,
  place: Place,
  where: DraftPlace,
  old: OpenFile | undefined,
): Draft {
  if (where === 'in-place') return openInPlace(files, place, old !== undefined);
  const name = draftName(place.name);
  if (where === 'resume') {
    const descriptor = lock(files, place, files.at.open(place.directory, name, 'write-file'));
    return besideDraft(files, place, old, { descriptor, holdsBasis: true, isBlank: false });
  }
  discardLeft(files, place, name);
  const holdsBasis = old !== undefined && files.cloneFile(old.descriptor, place.directory, name);
  const mode = holdsBasis ? 'write-file' : creationMode(old !== undefined);
  const descriptor = lock(files, place, files.at.open(place.directory, name, mode));
  return besideDraft(files, place, old, { descriptor, holdsBasis, isBlank: !holdsBasis });
}

function besideDraft(
  files: FileSystem,
  place: Place,
  old: OpenFile | undefined,
  draft: Pick<Draft, 'descriptor' | 'holdsBasis' | 'isBlank'>,
): Draft {
  const { descriptor } = draft;
  return {
    ...draft,
    publish(sizeBytes, attributes) {
      keepOwner(files, descriptor, old);
      const mode = attributes.mode ?? old?.stat.mode;
      finish(files, descriptor, sizeBytes, { ...attributes, mode });
      files.at.rename(place.directory, draftName(place.name), place.name);
      files.sync(place.directory);
    },
    close: () => files.close(descriptor),
  };
}

function openInPlace(files: FileSystem, place: Place, isThere: boolean): Draft {
  const mode = isThere ? 'write-file' : creationMode(false);
  const descriptor = lock(files, place, files.at.open(place.directory, place.name, mode));
  return {
    descriptor,
    holdsBasis: isThere,
    isBlank: !isThere,
    publish(sizeBytes, attributes) {
      finish(files, descriptor, sizeBytes, attributes);
      // Its name is new, and would not survive a crash with its bytes.
      if (!isThere) files.sync(place.directory);
    },
    close: () => files.close(descriptor),
  };
}

/** What replaces a file may be nobody else's business; what is new is as any new file. */
const creationMode = (isReplacement: boolean): 'create-file' | 'create-public-file' =>
  isReplacement ? 'create-file' : 'create-public-file';

function finish(
  files: FileSystem,
  descriptor: number,
  sizeBytes: number,
  { mode, mtime }: Attributes,
): void {
  files.truncate(descriptor, sizeBytes);
  if (mode !== undefined) files.setMode(descriptor, mode);
  if (mtime !== undefined) files.at.setMtimeOpen(descriptor, mtime);
  files.sync(descriptor);
}

/** The owner of the file that is replaced, as far as we may. */
function keepOwner({ at }: FileSystem, descriptor: number, old: OpenFile | undefined): void {
  const now = at.statOpen(descriptor);
  if (!old || (old.stat.uid === now.uid && old.stat.gid === now.gid)) return;
  try {
    at.setOwnerOpen(descriptor, old.stat.uid, old.stat.gid);
  } catch (error) {
    if (systemErrorCode(error) !== 'EPERM') throw error;
  }
}

/** Removes what an earlier copy left, unless that copy is still at it. */
function discardLeft(files: FileSystem, place: Place, name: ByteString): void {
  if (!files.at.stat(place.directory, name)) return;
  const descriptor = lock(files, place, files.at.open(place.directory, name, 'write-file'));
  try {
    files.at.remove(place.directory, name);
  } finally {
    files.close(descriptor);
  }
}

function lock(files: FileSystem, place: Place, descriptor: number): number {
  if (files.at.tryLock(descriptor)) return descriptor;
  files.close(descriptor);
  throw new CodedError('COPY_BUSY', `Another copy to ${place.path} is in progress.`, {
    hint: 'Wait for it to finish, or stop it.',
  });
}
