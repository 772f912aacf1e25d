/**
 * What a loss of power leaves of SQLite's own files, which no twin of ours sees being written. A twin
 * dies between two calls of SQLite, never within one, and with a log and `synchronous = FULL` SQLite
 * promises at that moment:
 *
 * - the log is durable up to the last commit in it. What follows are pages of a transaction under way,
 *   which may arrive or not; their check sums tell SQLite where to stop;
 * - pages of the database are overwritten only from what is durable in the log, and the log begins anew
 *   only after the database was synced. So the database can be taken as it is: whatever of it had not
 *   arrived would come from the log;
 * - the directory was synced when the log was first synced, so a log with a commit has its name;
 * - a log that SQLite removed was in the database before, so it makes no difference whether it is back;
 * - the shared memory (`-shm`) is worth nothing after a start of the machine.
 *
 * The index that `repair` builds has no log (`journal_mode = OFF`), so none of this holds for it: it is a
 * file like any other, durable from the sync on that the twin sees.
 */
import type { ByteString } from '../../../src/platform/bytes.js';
import { durableFile, newFile, type DirectoryNode, type FileNode } from './model.js';
import { isThere, metadataAt, namesIn, readBytes } from './real-files.js';

const HEADER_BYTES = 32;
const FRAME_HEAD_BYTES = 24;

const isLog = (name: string): boolean => name.endsWith('-wal');
/** A database that is written through its log. */
const isDatabase = (name: string): boolean => name.endsWith('.sqlite');
const isWorthless = (name: string): boolean => /-(shm|journal)$/.test(name);

export function isDatabaseInTheMaking(name: string): boolean {
  return name.endsWith('.sqlite.new');
}

/** Where the last transaction ends that was committed into a log: sqlite.org/fileformat2.html, 4. */
export function committedBytes(log: Buffer): number {
  if (log.length < HEADER_BYTES) return 0;
  const frameBytes = FRAME_HEAD_BYTES + log.readUInt32BE(8);
  const salt = log.subarray(16, 24);
  let end = 0;
  for (let at = HEADER_BYTES; at + frameBytes <= log.length; at += frameBytes) {
    if (!log.subarray(at + 8, at + 16).equals(salt)) break;
    const isCommit = log.readUInt32BE(at + 4) !== 0;
    if (isCommit) end = at + frameBytes;
  }
  return end;
}

/** The state to which a log was committed: another one means that there was a commit. */
function commitMark(log: Buffer): string {
  const end = committedBytes(log);
  return end === 0 ? '' : `${log.toString('hex', 16, 24)} ${end}`;
}

/** Tells of the commits into the databases of a directory, by name, since it was last asked. */
export function watchCommits(): (path: ByteString) => string[] {
  const marks = new Map<string, string>();
  return (path) =>
    namesIn(path)
      .filter(isLog)
      .flatMap((name) => {
        const log = `${path}/${name}` as ByteString;
        const mark = commitMark(readBytes(log));
        const isNew = mark !== '' && mark !== marks.get(log);
        marks.set(log, mark);
        return isNew ? [name.replace(/-wal$/, '')] : [];
      });
}

/**
 * Brings what SQLite did in the directory at `path` into the model. `built`: databases that were made
 * without a log.
 */
export function takeUpSqlite(
  directory: DirectoryNode,
  path: ByteString,
  built: ReadonlySet<FileNode>,
): void {
  for (const name of [...directory.names.keys()]) {
    const isGone = isLog(name) && !isThere(`${path}/${name}` as ByteString);
    if (isGone || isWorthless(name)) forget(directory, name);
  }
  for (const name of namesIn(path)) {
    const place = `${path}/${name}` as ByteString;
    const node = directory.names.get(name);
    if (isLog(name)) takeUpLog(directory, name, readBytes(place));
    else if (node?.type !== 'file') continue;
    else if (built.has(node)) noteWhole(node, place);
    else if (isDatabase(name))
      Object.assign(node, durableFile(readBytes(place), metadataAt(place)));
  }
}

function takeUpLog(directory: DirectoryNode, name: string, bytes: Buffer): void {
  const known = directory.names.get(name);
  const node = known?.type === 'file' ? known : newFile();
  const end = committedBytes(bytes);
  node.durable = bytes.subarray(0, end);
  node.pending = [{ type: 'write', offset: end, bytes: bytes.subarray(end) }];
  directory.names.set(name, node);
  if (end > 0 || !known) directory.durable.set(name, node);
}

/** All that a file holds now, as if it had just been written. */
export function noteWhole(node: FileNode, path: ByteString): void {
  const bytes = readBytes(path);
  node.pending = [
    { type: 'length', lengthBytes: bytes.length },
    { type: 'write', offset: 0, bytes },
  ];
}

function forget(directory: DirectoryNode, name: string): void {
  directory.names.delete(name);
  directory.durable.delete(name);
}
