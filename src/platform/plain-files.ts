/**
 * Files as filters see them: by path or as standard streams, read and written from where they stand,
 * and possibly pipes. Plain system calls, whose errors come as they are.
 */
import * as fs from 'node:fs';
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bytesToText, systemPath } from './bytes.js';

export type { FileHandle } from 'node:fs/promises';

export const STANDARD_INPUT = 0;
export const STANDARD_OUTPUT = 1;

const openAsync = promisify(fs.open);
const readAsync = promisify(fs.read);

/** What is behind a path or a descriptor. */
export interface PlainStat {
  readonly type: 'file' | 'directory' | 'stream' | 'other';
  readonly sizeBytes: number;
  readonly device: bigint;
  readonly inode: bigint;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

export function statDescriptor(descriptor: number): PlainStat {
  return plainStat(fs.fstatSync(descriptor, { bigint: true }));
}

/** Symbolic links are followed. Undefined where there is nothing. */
export function statPath(path: string): PlainStat | undefined {
  const stats = fs.statSync(systemPath(path), { bigint: true, throwIfNoEntry: false });
  return stats && plainStat(stats);
}

/** Where a symbolic link leads; undefined for anything else. */
export function readLink(path: string): string | undefined {
  const isLink =
    fs.lstatSync(systemPath(path), { throwIfNoEntry: false })?.isSymbolicLink() === true;
  return isLink ? bytesToText(fs.readlinkSync(systemPath(path), 'buffer')) : undefined;
}

/** Opens for reading, without keeping the process from other work while a named pipe has no writer. */
export function openToRead(path: string): Promise<number> {
  return openAsync(systemPath(path), 'r');
}

/** Opens what is there for writing: a device, a named pipe. */
export function openToWrite(path: string): number {
  return fs.openSync(systemPath(path), fs.constants.O_WRONLY);
}

export function closeDescriptor(descriptor: number): void {
  fs.closeSync(descriptor);
}

/** Reads on from where the file stands. */
export function readOn(descriptor: number, into: Uint8Array): number {
  return fs.readSync(descriptor, into, 0, into.length, null);
}

/** Reads on from where a pipe stands, without keeping the process from other work. */
export async function readOnWaiting(descriptor: number, into: Uint8Array): Promise<number> {
  return (await readAsync(descriptor, into, 0, into.length, null)).bytesRead;
}

/** Reads at any place: at most `into.length` bytes, 0 only beyond the end. */
export function readOnceAt(descriptor: number, position: number, into: Uint8Array): number {
  return fs.readSync(descriptor, into, 0, into.length, position);
}

/** Writes on from where the file stands; fewer bytes than all of them may be taken. */
export function writeOn(descriptor: number, bytes: Uint8Array): number {
  return fs.writeSync(descriptor, bytes);
}

/** Writes at any place; fewer bytes than all of them may be taken. */
export function writeOnceAt(descriptor: number, position: number, bytes: Uint8Array): number {
  return fs.writeSync(descriptor, bytes, 0, bytes.length, position);
}

/** Where an open file stands; undefined where the system does not say. */
export function standOf(descriptor: number): number | undefined {
  try {
    const info = fs.readFileSync(`/proc/self/fdinfo/${descriptor}`, 'latin1');
    const [, position] = /^pos:\s+(\d+)$/m.exec(info) ?? [];
    return position === undefined ? undefined : Number(position);
  } catch {
    return undefined;
  }
}

/** A file without a name for as long as it is open: nothing of it stays, however the process ends. */
export async function openNameless(): Promise<FileHandle> {
  const directory = await mkdtemp(join(tmpdir(), 'varve-'));
  try {
    return await open(join(directory, 'result'), 'wx+', 0o600);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Keeps the whole thread waiting. */
export function pauseThread(durationMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
}

function plainStat(stats: fs.BigIntStats): PlainStat {
  const isStream = stats.isFIFO() || stats.isSocket();
  const type = stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : 'other';
  return {
    type: isStream ? 'stream' : type,
    sizeBytes: Number(stats.size),
    device: stats.dev,
    inode: stats.ino,
    mode: Number(stats.mode) & 0o7777,
    uid: Number(stats.uid),
    gid: Number(stats.gid),
  };
}
