/**
 * How bytes come into files of a restore target: whole files under their own or a temporary name, and
 * parts of files that are there, page by page; zeros of sparse files become holes.
 */
import type { FileStat } from '../../platform/at-calls.js';
import type { NodeAttributes } from '../../platform/attribute-calls.js';
import type { ByteString } from '../../platform/bytes.js';
import { systemErrorCode } from '../../platform/platform.js';
import type { DirectoryHandles } from '../../platform/directory-handles.js';
import { replaceEntry } from '../../platform/replace-file.js';
import { refuseLockedDirectory, setMetadata } from '../tree/metadata.js';
import { temporaryName } from '../tree/relative-path.js';
import type { WorkerContext } from './context.js';
import { dataRuns } from './data-runs.js';
import { differingRuns } from './differing-runs.js';
import type { RestoreFile, RestoreJob, RestoreShortfall } from './jobs.js';

/** What the functions of one job share. */
export interface RestoreRun {
  readonly context: WorkerContext;
  readonly handles: DirectoryHandles;
  readonly job: RestoreJob;
  readonly written: Float64Array;
  readonly shortfalls: RestoreShortfall[];
  /** What a new file of a directory begins with: all of one directory inherit the same. */
  readonly inherited: Map<ByteString, NodeAttributes | undefined>;
  /** Directories in which names may be replaced; looked at once for each directory of a job. */
  readonly unlocked: Set<ByteString>;
}

/** A blob on its way into one place. */
export interface Fill {
  readonly run: RestoreRun;
  /** Position in the job's files. */
  readonly file: number;
  readonly target: RestoreFile;
  readonly bytes: Uint8Array;
  readonly position: number;
}

/** Makes a file of one blob as `name`. */
export function makeWhole({ run, file, target, bytes }: Fill, name: ByteString): void {
  const { files } = run.context;
  const descriptor = files.at.open(run.handles.open(target.directory), name, 'create-file');
  try {
    for (const [start, end] of rangesOf(target, bytes, 0)) {
      files.write(descriptor, bytes.subarray(start, end), start);
    }
    if (target.leavesHoles) files.truncate(descriptor, bytes.length);
    count(run, file, bytes.length);
    dress(run, file, descriptor, inheritedIn(run, target.directory, descriptor));
  } finally {
    files.close(descriptor);
  }
}

/**
 * The attributes of a file that was just made; looked at once for each directory of a job, which
 * saves three system calls a file.
 */
function inheritedIn(
  { context, inherited }: RestoreRun,
  directory: ByteString,
  descriptor: number,
): NodeAttributes | undefined {
  if (!inherited.has(directory)) {
    const calls = context.files.at.attributes;
    inherited.set(directory, calls?.read({ type: 'open', descriptor }));
  }
  const there = inherited.get(directory);
  // Labels that the system gives may differ from file to file.
  return there?.flags === 0 && there.xattrs.length === 0 ? there : undefined;
}

/** What has the name is there until the new file is whole, and then is not. */
export function replaceWhole(fill: Fill): void {
  const { run, target } = fill;
  const directory = run.handles.open(target.directory);
  if (!run.unlocked.has(target.directory)) {
    refuseLockedDirectory(run.context.files.at, directory);
    run.unlocked.add(target.directory);
  }
  const entry = { directory, name: target.name, temporary: temporaryName(target.name) };
  replaceEntry(run.context.files, entry, (temporary) => makeWhole(fill, temporary));
}

/** The file has its size, and nothing but zeros where nothing was written. */
export function restoreZeros(
  run: RestoreRun,
  file: number,
  position: number,
  lengthBytes: number,
): void {
  const target = fileOf(run, file);
  const end = position + lengthBytes;
  if (target.way === 'fill') {
    if (target.leavesHoles) return;
    for (let at = position; at < end; at += ZEROS.length) {
      const bytes = ZEROS.subarray(0, Math.min(ZEROS.length, end - at));
      writeRange({ run, file, target, bytes, position: at }, 'write-file', [[0, bytes.length]]);
    }
    return;
  }
  for (let at = position; at < end;) {
    const from = nextData(run, target, at, end);
    const bytes = ZEROS.subarray(0, Math.min(ZEROS.length, end - from));
    if (bytes.length > 0) patch({ run, file, target, bytes, position: from });
    at = from + bytes.length;
  }
}

/** Where the file that is there may have other bytes than zeros; `end` when nowhere. */
function nextData(run: RestoreRun, target: RestoreFile, from: number, end: number): number {
  const { at } = run.context.files;
  if (!at.seeksHoles) return from;
  return withExisting(run, target, from, (descriptor) =>
    Math.min(at.seek(descriptor, from, 'data') ?? end, end),
  );
}

const ZEROS = Buffer.alloc(1024 * 1024);

/** Writes those pages of the blob that differ from what is there. */
export function patch(fill: Fill): void {
  const { run, file, target, bytes, position } = fill;
  const { pool } = run.context;
  const runs = withExisting(run, target, [[0, bytes.length] as const], (descriptor) => {
    const there = readRange(run, descriptor, position, bytes.length);
    const found = differingRuns(there, bytes, position);
    pool.give(there);
    return found;
  });
  if (run.job.isDryRun) {
    for (const [start, end] of runs) count(run, file, end - start);
    return;
  }
  writeRange(fill, 'update-file', target.leavesHoles ? punchZeros(fill, runs) : runs);
}

type ByteRange = readonly [start: number, end: number];

/** What has to be written of a blob where there is nothing yet. */
export function rangesOf(
  { leavesHoles }: RestoreFile,
  bytes: Uint8Array,
  position: number,
): ByteRange[] {
  return leavesHoles ? dataRuns(bytes, position) : [[0, bytes.length]];
}

/** Makes holes of the zeros in `runs`, where that can be done; returns what is left to write. */
function punchZeros(fill: Fill, runs: readonly ByteRange[]): ByteRange[] {
  const { run, file, target, bytes, position } = fill;
  const { files } = run.context;
  const descriptor = files.at.open(run.handles.open(target.directory), target.name, 'update-file');
  try {
    return runs.flatMap(([start, end]): ByteRange[] => {
      const data = dataRuns(bytes.subarray(start, end), position + start).map(
        ([from, to]): ByteRange => [start + from, start + to],
      );
      const gaps = gapsBetween(data, start, end);
      const arePunched = gaps.every(([from, to]) =>
        files.at.punchHole(descriptor, position + from, to - from),
      );
      if (!arePunched) return [[start, end]];
      for (const [from, to] of gaps) count(run, file, to - from);
      return data;
    });
  } finally {
    files.close(descriptor);
  }
}

function gapsBetween(runs: readonly ByteRange[], start: number, end: number): ByteRange[] {
  const edges = [start, ...runs.flat(), end];
  const gaps: ByteRange[] = [];
  for (let index = 0; index < edges.length; index += 2) {
    const [from = end, to = end] = edges.slice(index, index + 2);
    if (to > from) gaps.push([from, to]);
  }
  return gaps;
}

export function writeRange(
  { run, file, target, bytes, position }: Fill,
  mode: 'write-file' | 'update-file',
  runs: readonly ByteRange[],
): void {
  const { files } = run.context;
  const descriptor = files.at.open(run.handles.open(target.directory), target.name, mode);
  try {
    for (const [start, end] of runs) {
      files.write(descriptor, bytes.subarray(start, end), position + start);
      count(run, file, end - start);
    }
  } finally {
    files.close(descriptor);
  }
}

/** What `look` finds in the file that has the name of `target`; `otherwise` where none can be read. */
export function withExisting<T>(
  { context: { files }, handles }: RestoreRun,
  { directory, name }: RestoreFile,
  otherwise: T,
  look: (descriptor: number, stat: FileStat) => T,
): T {
  let descriptor: number | undefined;
  try {
    descriptor = files.at.open(handles.open(directory), name, 'read-file');
    const stat = files.at.statOpen(descriptor);
    return stat.type === 'file' ? look(descriptor, stat) : otherwise;
  } catch (error) {
    // Whatever is wrong with it, writing it again either reports or mends it.
    if (systemErrorCode(error) === undefined) throw error;
    return otherwise;
  } finally {
    if (descriptor !== undefined) files.close(descriptor);
  }
}

/** In a buffer of the pool; as much as there is. */
export function readRange(
  { context: { files, pool } }: RestoreRun,
  descriptor: number,
  position: number,
  lengthBytes: number,
): Buffer {
  const buffer = pool.take(lengthBytes);
  return buffer.subarray(0, files.read(descriptor, buffer.subarray(0, lengthBytes), position));
}

export function dress(
  run: RestoreRun,
  file: number,
  descriptor: number,
  there?: NodeAttributes,
): void {
  const { files } = run.context;
  const missing = setMetadata(files, { type: 'open', descriptor }, fileOf(run, file), there);
  if (missing.length > 0) run.shortfalls.push({ file, missing });
}

export function count({ written }: RestoreRun, file: number, bytes: number): void {
  written[file] = (written[file] ?? 0) + bytes;
}

export function fileOf({ job: { files } }: RestoreRun, position: number): RestoreFile {
  const file = files[position];
  if (!file) throw new Error(`no file ${position}`);
  return file;
}
