/**
 * Backup of bytes that are in no file: what comes over standard input, or what a command writes, as one
 * file of a given name, which is a source of its own.
 */
import { CodedError } from '../../../errors.js';
import { parentOfRoots } from '../../index/versions.js';
import { VersionType, type Version } from '../../model.js';
import type { FileStat, FileTime } from '../../../platform/at-calls.js';
import { NO_ATTRIBUTES } from '../../../platform/attribute-calls.js';
import type { ByteStream } from '../../../platform/byte-streams.js';
import { bytesFromText, textFromBytes, type ByteString } from '../../../platform/bytes.js';
import type { Platform } from '../../../platform/platform.js';
import { isSameContent } from '../../tree/compare.js';
import { isOfStream, STREAM_INODE } from '../../tree/stream-version.js';
import type { Repository } from '../../repository/repository.js';
import { createSetRecorder } from './attributes.js';
import { describeFound } from './found.js';
import { readStream } from './read-stream.js';
import {
  snapshotOf,
  type BackupResult,
  type SnapshotOptions,
  type SourceRead,
  type SourceRun,
} from './snapshot-run.js';
import { createTally } from './tally.js';
import { interrupted } from './turns.js';

export interface BackupStreamOptions extends SnapshotOptions {
  /** What the file is called: `db.sql` becomes `/db.sql`. Slashes may part it. */
  readonly name: string;
  readonly stream: ByteStream;
}

/** Nothing can have changed behind its back, nor while it was read. */
const NO_FLAGS = 0;
const NO_LINKS = 0;
/** A dump mostly holds what only its maker may read. */
const STREAM_MODE = 0o600;

/**
 * Takes a snapshot of one file, with the bytes of a stream, into the repository.
 * Where they are those of the snapshot before, that version stays as it is.
 * @throws CodedError STREAM_NAME_INVALID, STREAM_NAME_TAKEN, SOURCE_UNREADABLE or COMMAND_FAILED when
 *   the stream fails, REPOSITORY_*, DISK_FULL, INTERRUPTED
 */
export async function backupStream(
  repository: Repository,
  options: BackupStreamOptions,
): Promise<BackupResult> {
  const root = rootOf(options.name);
  const reader = { roots: [root], read: (run: SourceRun) => readNamed(root, run, options) };
  return snapshotOf(repository, reader, options);
}

/** Linux's NAME_MAX. */
const MAX_NAME_BYTES = 255;

/** @throws CodedError STREAM_NAME_INVALID */
function rootOf(name: string): ByteString {
  const names = name.replace(/^\//, '').split('/');
  if (names.some((part) => ['', '.', '..'].includes(part)) || name.includes('\0')) {
    const message = `"${name}" cannot be a file name: a part of it is empty, "." or "..".`;
    throw new CodedError('STREAM_NAME_INVALID', message, { hint: 'Use a name such as db.sql.' });
  }
  const long = names.find((part) => bytesFromText(part).length > MAX_NAME_BYTES);
  if (long !== undefined) {
    const bytes = bytesFromText(long).length;
    const message =
      `"${long.slice(0, 20)}..." has ${bytes} bytes: no file system takes a name of more than ` +
      `${MAX_NAME_BYTES}, so it could not be restored.`;
    throw new CodedError('STREAM_NAME_INVALID', message, { hint: 'Use a shorter name.' });
  }
  return bytesFromText(`/${names.join('/')}`);
}

async function readNamed(
  root: ByteString,
  run: SourceRun,
  { stream, signal, onProgress }: BackupStreamOptions,
): Promise<SourceRead> {
  const { repository, recorder, source, startedMs } = run;
  const { index, platform } = repository;
  const directory = parentOfRoots(source.id);
  const known = index.versions.current(directory).find(({ name }) => name === root);
  refuseFileOfThatName(root, known);
  const read = await orInterrupted(signal, () =>
    readStream(stream, run, {
      known,
      signal,
      onProgress: (bytes) => onProgress?.({ files: 1, bytes, current: root }),
    }),
  );
  const { content, blobs, sizeBytes } = read;
  const tally = createTally(index, recorder);
  const unchanged = { tally, bytesRead: sizeBytes, replacements: [], appeared: [] };
  if (known && isSameContent(known.content, content)) {
    tally.keepUnchanged(known);
    return unchanged;
  }
  if (known && sizeBytes === 0 && !stream.isProvedByEnd) {
    tally.report(root, 'SOURCE_EMPTY', explainEmpty(root));
    tally.keep(known);
    return unchanged;
  }
  const path = known?.path ?? recorder.pathId(directory, root, false).id;
  const stat = describeStream(sizeBytes, startedMs, platform);
  const { file } = VersionType;
  const set = createSetRecorder(index.attributes, platform.users).of(stat, NO_ATTRIBUTES);
  tally.record(
    describeFound({ path, known, type: file, flags: NO_FLAGS, links: NO_LINKS }, stat, set, {
      content,
      blobs,
    }),
  );
  const replacements = known ? [{ old: known.content, newer: content, directory }] : [];
  return { ...unchanged, replacements };
}

/** A series is of a stream or of a file, for the one would end what the other saved. */
function refuseFileOfThatName(root: ByteString, known: Version | undefined): void {
  if (!known || isOfStream(known)) return;
  const message = `${textFromBytes(root)} is already backed up from the file system, as a source of its own.`;
  throw new CodedError('STREAM_NAME_TAKEN', message, { hint: 'Choose another name.' });
}

/** A stream that is stopped ends or fails in a way of its own, which says nothing. */
async function orInterrupted<T>(
  signal: AbortSignal | undefined,
  read: () => Promise<T>,
): Promise<T> {
  try {
    const done = await read();
    if (!signal?.aborted) return done;
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
  throw interrupted();
}

function explainEmpty(root: ByteString): string {
  const name = textFromBytes(root);
  return (
    `Standard input was empty for ${name}, which was not empty before: did the program before the ` +
    'pipe fail? What was saved before is kept.'
  );
}

/** Who runs the backup made it just now. */
function describeStream(sizeBytes: number, madeMs: number, { user }: Platform): FileStat {
  const seconds = Math.floor(madeMs / 1000);
  const time: FileTime = { seconds, nanoseconds: (madeMs - seconds * 1000) * 1_000_000 };
  return {
    type: 'file',
    mode: STREAM_MODE,
    ...user,
    sizeBytes,
    allocatedBytes: sizeBytes,
    linkCount: 1,
    rdev: 0,
    inode: STREAM_INODE,
    device: 0,
    mount: undefined,
    mtime: time,
    ctime: time,
    btime: undefined,
  };
}
