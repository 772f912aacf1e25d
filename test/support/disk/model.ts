/**
 * What a disk would hold after a loss of power: files and directories as plain data, each with what is
 * durable and what was changed since. The rules are those of POSIX at its hardest:
 *
 * - bytes of a file are durable once the file was synced. Until then each sector of a write arrives or
 *   does not, in any order, and so does each change of the length;
 * - its times and permissions go with a sync of the file. Until then they are the old ones or the new;
 * - a name is durable once its directory was synced. Until then each name is as before or as after,
 *   each by itself; the two names of a rename go together;
 * - a file whose name is not durable is lost, however durable its bytes are.
 */
import type { ByteString } from '../../../src/platform/bytes.js';
import { drawer } from '../seed.js';

/** What a disk writes at once: a page may be torn there. */
const SECTOR_BYTES = 512;

/** Times and permissions: nothing that the model looks into. */
export interface Metadata {
  readonly mode: number;
  readonly mtimeNs: bigint;
}

type ByteChange =
  | { readonly type: 'write'; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly type: 'length'; readonly lengthBytes: number };

export interface FileNode {
  readonly type: 'file';
  durable: Buffer;
  pending: ByteChange[];
  durableMetadata: Metadata | undefined;
  metadata: Metadata | undefined;
}

interface LinkNode {
  readonly type: 'symlink';
  readonly target: ByteString;
}

type Names = Map<string, DiskNode>;

export interface DirectoryNode {
  readonly type: 'directory';
  readonly durable: Names;
  readonly names: Names;
  /** Each sets names together; undefined removes one. */
  pending: ReadonlyMap<string, DiskNode | undefined>[];
}

export type DiskNode = FileNode | LinkNode | DirectoryNode;

/** What becomes of that which is not durable. */
export interface Loss {
  readonly label: string;
  /** Whether a sector, a length, metadata or a change of names arrived. */
  arrives(): boolean;
}

export const losesAll: Loss = { label: 'nothing unsynced arrives', arrives: () => false };

/** What a process leaves that is killed while the machine goes on. */
export const losesNothing: Loss = { label: 'all arrives', arrives: () => true };

export function losesSome(seed: number): Loss {
  const draw = drawer(seed);
  return { label: `some arrives, seed ${seed}`, arrives: () => draw(2) === 1 };
}

export function newFile(): FileNode {
  return {
    type: 'file',
    durable: Buffer.alloc(0),
    pending: [],
    durableMetadata: undefined,
    metadata: undefined,
  };
}

export function durableFile(bytes: Buffer, metadata: Metadata): FileNode {
  return { type: 'file', durable: bytes, pending: [], durableMetadata: metadata, metadata };
}

export function newDirectory(): DirectoryNode {
  return { type: 'directory', durable: new Map(), names: new Map(), pending: [] };
}

/** Sets names of a directory together: as they are now, and durable from its next sync on. */
export function setNames(
  directory: DirectoryNode,
  changes: ReadonlyMap<string, DiskNode | undefined>,
): void {
  directory.pending.push(changes);
  applyNames(directory.names, changes);
}

export function syncNames(directory: DirectoryNode): void {
  for (const changes of directory.pending.splice(0)) applyNames(directory.durable, changes);
}

export function syncFile(file: FileNode): void {
  file.durable = bytesAfter(file, losesNothing);
  file.pending = [];
  file.durableMetadata = file.metadata;
}

/** A sync that failed: what it was for may never arrive, and no later one speaks of it again. */
export function failSync(file: FileNode): void {
  file.pending = [];
}

/** What is found when the power is back. */
export type Survivor =
  | { readonly type: 'file'; readonly bytes: Buffer; readonly metadata: Metadata | undefined }
  | LinkNode
  | { readonly type: 'directory'; readonly names: ReadonlyMap<string, Survivor> };

export function survivorsOf(node: DiskNode, loss: Loss): Survivor {
  if (node.type === 'symlink') return node;
  if (node.type === 'file') {
    const metadata = loss.arrives() ? node.metadata : node.durableMetadata;
    return { type: 'file', bytes: bytesAfter(node, loss), metadata };
  }
  const names = new Map(node.durable);
  for (const changes of node.pending) if (loss.arrives()) applyNames(names, changes);
  const survivors = [...names].map(([name, below]) => [name, survivorsOf(below, loss)] as const);
  return { type: 'directory', names: new Map(survivors) };
}

function applyNames(names: Names, changes: ReadonlyMap<string, DiskNode | undefined>): void {
  for (const [name, node] of changes) {
    if (node) names.set(name, node);
    else names.delete(name);
  }
}

function bytesAfter({ durable, pending }: FileNode, loss: Loss): Buffer {
  let bytes = Buffer.from(durable);
  const grow = (lengthBytes: number): void => {
    const more = Math.max(0, lengthBytes - bytes.length);
    if (more > 0) bytes = Buffer.concat([bytes, Buffer.alloc(more)]);
  };
  for (const change of pending) {
    if (change.type === 'length') {
      if (!loss.arrives()) continue;
      grow(change.lengthBytes);
      bytes = bytes.subarray(0, change.lengthBytes);
      continue;
    }
    for (const [start, end] of sectorsOf(change.offset, change.bytes.length)) {
      if (!loss.arrives()) continue;
      grow(end);
      bytes.set(change.bytes.subarray(start - change.offset, end - change.offset), start);
    }
    // The length may have arrived without the bytes.
    if (loss.arrives()) grow(change.offset + change.bytes.length);
  }
  return bytes;
}

function sectorsOf(offset: number, lengthBytes: number): [start: number, end: number][] {
  const sectors: [number, number][] = [];
  const stop = offset + lengthBytes;
  for (let start = offset; start < stop;) {
    const end = Math.min(stop, (Math.floor(start / SECTOR_BYTES) + 1) * SECTOR_BYTES);
    sectors.push([start, end]);
    start = end;
  }
  return sectors;
}
