/**
 * Packs in a directory. They only grow; what is beyond the length that the index knows was never
 * committed.
 *
 * A pack begins with 32 bytes: magic 'VARVPACK', format version, kind, two zero bytes, its number
 * (uint32), the repository's id (16 bytes). All integers are little-endian.
 */
import { CodedError } from '../../errors.js';
import type { FileSystem } from '../../platform/files.js';
import { createLike } from '../../platform/shared-files.js';
import { systemErrorCode } from '../../platform/system-errors.js';
import { writtenByNewer } from './newer.js';

export const PACK_HEADER_BYTES = 32;
const PACK_MAGIC = 'VARVPACK';
const PACK_VERSION = 1;

/** What the frames of a pack are. */
export const PackKind = { blobs: 1, manifests: 2 } as const;
export type PackKind = (typeof PackKind)[keyof typeof PackKind];

export interface PackStore {
  /** Numbers of the files that have the name of a pack, ascending. */
  list(): number[];
  /** undefined when there is no such pack. */
  sizeBytes(pack: number): number | undefined;
  /** A new pack with its header. */
  create(pack: number, kind: PackKind): void;
  /**
   * Up to `length` bytes, fewer where the pack ends; into `buffer` when one is given.
   * @throws CodedError PACK_MISSING, PACK_CORRUPT
   */
  read(pack: number, offset: number, length: number, buffer?: Buffer): Buffer;
  /** The first bytes of a file that may be no pack. */
  readUnchecked(pack: number, length: number): Buffer;
  /** Writes at the end, which the caller knows. */
  append(pack: number, offset: number, bytes: Uint8Array): void;
  /** Makes what was appended, and the names of new packs, durable. A failure is never retried. */
  sync(pack: number): void;
  syncNames(): void;
  truncate(pack: number, lengthBytes: number): void;
  /** One that does not exist is removed already. */
  remove(pack: number): void;
  /** Gives the space of a range back; false where that cannot be done. */
  punch(pack: number, offset: number, length: number): boolean;
  /** Whether {@link punch} gives space back here: tried on a file that is removed again. */
  canPunch(): boolean;
  /** Space that all packs take on disk, bytes. */
  allocatedBytes(): number;
  close(): void;
}

/** Descriptors kept open for reading: few, since a repository may have thousands of packs. */
const MAX_OPEN_PACKS = 32;

/** Packs as files `00000001.pack` of one directory. */
export function openDirectoryPackStore(
  files: FileSystem,
  directory: string,
  repositoryId: Uint8Array,
): PackStore {
  const pathOf = (pack: number): string => `${directory}/${packFileName(pack)}`;
  const open = new OpenPacks(files, directory, repositoryId);
  /** A call on a descriptor fails without the path. */
  const naming = <T>(pack: number, call: () => T): T => {
    try {
      return call();
    } catch (error) {
      if (systemErrorCode(error) === undefined) throw error;
      throw Object.assign(error as NodeJS.ErrnoException, { path: pathOf(pack) });
    }
  };

  return {
    list: () =>
      files
        .list(directory)
        .map(packNumberOf)
        .filter(isNumber)
        .filter((pack) => files.stat(pathOf(pack))?.type === 'file')
        .sort(ascending),
    sizeBytes: (pack) => files.stat(pathOf(pack))?.sizeBytes,
    create(pack, kind) {
      const header = encodePackHeader(pack, kind, repositoryId);
      naming(pack, () => files.write(open.create(pack), header, 0));
    },
    read(pack, offset, length, bytes = Buffer.allocUnsafeSlow(length)) {
      const into = bytes.subarray(0, length);
      const count = naming(pack, () => files.read(open.reader(pack), into, offset));
      return bytes.subarray(0, count);
    },
    readUnchecked: (pack, length) => readBeginning(files, pathOf(pack), length),
    append: (pack, offset, bytes) =>
      naming(pack, () => files.write(open.writer(pack), bytes, offset)),
    sync: (pack) => naming(pack, () => files.sync(open.writer(pack))),
    syncNames: () => files.syncDirectory(directory),
    truncate: (pack, lengthBytes) =>
      naming(pack, () => files.truncate(open.writer(pack), lengthBytes)),
    remove(pack) {
      open.release(pack);
      if (files.stat(pathOf(pack))) files.remove(pathOf(pack));
    },
    punch: (pack, offset, length) => files.at.punchHole(open.writer(pack), offset, length),
    canPunch: () => tryPunch(files, `${directory}/${PROBE_FILE}`),
    allocatedBytes() {
      const paths = files.list(directory).map((name) => `${directory}/${name}`);
      return paths.reduce((sum, path) => sum + (files.stat(path)?.allocatedBytes ?? 0), 0);
    },
    close: () => open.close(),
  };
}

function readBeginning(files: FileSystem, path: string, length: number): Buffer {
  const descriptor = files.open(path, 'read');
  try {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, files.read(descriptor, bytes, 0));
  } finally {
    files.close(descriptor);
  }
}

/** The descriptors of a store's packs. A foreign pack is neither read nor written into. */
class OpenPacks {
  private readonly files: FileSystem;
  private readonly pathOf: (pack: number) => string;
  private readonly repositoryId: Uint8Array;
  /** The file whose owner and mode a new pack takes. */
  private readonly model: string;
  private readonly readers = new Map<number, number>();
  private readonly writers = new Map<number, number>();

  constructor(files: FileSystem, directory: string, repositoryId: Uint8Array) {
    this.files = files;
    this.pathOf = (pack) => `${directory}/${packFileName(pack)}`;
    this.model = `${directory}/../varve.json`;
    this.repositoryId = repositoryId;
  }

  create(pack: number): number {
    const descriptor = createLike(this.files, this.pathOf(pack), this.model);
    this.writers.set(pack, descriptor);
    return descriptor;
  }

  writer(pack: number): number {
    const open = this.writers.get(pack) ?? this.openChecked(pack, 'append');
    this.writers.set(pack, open);
    return open;
  }

  /** Reads through the writer where there is one. */
  reader(pack: number): number {
    const open = this.writers.get(pack) ?? this.readers.get(pack);
    if (open !== undefined) return open;
    const descriptor = this.openChecked(pack, 'read');
    this.readers.set(pack, descriptor);
    const [oldest] = this.readers.keys();
    if (this.readers.size > MAX_OPEN_PACKS && oldest !== undefined) {
      this.releaseFrom(this.readers, oldest);
    }
    return descriptor;
  }

  release(pack: number): void {
    this.releaseFrom(this.readers, pack);
    this.releaseFrom(this.writers, pack);
  }

  close(): void {
    for (const pack of [...this.readers.keys(), ...this.writers.keys()]) this.release(pack);
  }

  private openChecked(pack: number, mode: 'read' | 'append'): number {
    const { files } = this;
    const path = this.pathOf(pack);
    const found = files.stat(path);
    if (!found) {
      throw new CodedError('PACK_MISSING', `The pack ${path} does not exist.`, {
        hint: 'Put it back if it was moved; otherwise, run `varve repair` to find what is lost.',
      });
    }
    // To open a named pipe would wait for its other end.
    if (found.type !== 'file') throw notAPack(path, pack, 'it is not a file');
    const descriptor = files.open(path, mode);
    try {
      const header = Buffer.alloc(PACK_HEADER_BYTES);
      const count = files.read(descriptor, header, 0);
      checkPackHeader(header.subarray(0, count), pack, this.repositoryId, path);
    } catch (error) {
      files.close(descriptor);
      throw error;
    }
    return descriptor;
  }

  private releaseFrom(open: Map<number, number>, pack: number): void {
    const descriptor = open.get(pack);
    if (descriptor === undefined) return;
    open.delete(pack);
    this.files.close(descriptor);
  }
}

const PROBE_FILE = 'probe.tmp';
const PROBE_BYTES = 64 * 1024;

/** On a full disk nothing can be tried, and nothing could be moved either: true. */
function tryPunch(files: FileSystem, path: string): boolean {
  if (files.stat(path)) files.remove(path);
  let descriptor: number | undefined;
  try {
    descriptor = files.open(path, 'create');
    files.write(descriptor, Buffer.alloc(PROBE_BYTES, 1), 0);
    return files.at.punchHole(descriptor, 0, PROBE_BYTES);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOSPC' || code === 'EDQUOT') return true;
    throw error;
  } finally {
    if (descriptor !== undefined) files.close(descriptor);
    if (files.stat(path)) files.remove(path);
  }
}

/** `store` for a dry run: what is appended is dropped, everything else stays as it is, and nothing is tried. */
export function discardWrites(store: PackStore): PackStore {
  const nothing = (): void => undefined;
  return {
    ...store,
    create: nothing,
    append: nothing,
    sync: nothing,
    syncNames: nothing,
    truncate: nothing,
    remove: nothing,
    punch: () => false,
    canPunch: () => true,
  };
}

/** The kind that the header of `pack` declares; undefined when it is not a pack of this repository. */
export function readPackKind(
  store: PackStore,
  pack: number,
  repositoryId: Uint8Array,
): PackKind | undefined {
  try {
    const header = store.read(pack, 0, PACK_HEADER_BYTES);
    return checkPackHeader(header, pack, repositoryId, packFileName(pack));
  } catch (error) {
    if (error instanceof CodedError && error.code === 'PACK_CORRUPT') return undefined;
    throw error;
  }
}

export function packFileName(pack: number): string {
  return `${String(pack).padStart(8, '0')}.pack`;
}

/** Headers hold the number in 32 bits. */
const MAX_PACK = 0xffff_ffff;

/** Only of names that a pack of that number has: others are no packs. */
function packNumberOf(name: string): number | undefined {
  const number = Number(/^(\d{8,10})\.pack$/.exec(name)?.[1]);
  return number <= MAX_PACK && packFileName(number) === name ? number : undefined;
}

/** Whether the bytes of a file are those with which `pack` begins, as far as they go. */
export function beginsPack(store: PackStore, pack: number, repositoryId: Uint8Array): boolean {
  const size = Math.min(PACK_HEADER_BYTES, store.sizeBytes(pack) ?? 0);
  if (size === 0) return true;
  return Object.values(PackKind).some((kind) => {
    const header = encodePackHeader(pack, kind, repositoryId).subarray(0, size);
    return header.equals(store.readUnchecked(pack, size));
  });
}

function encodePackHeader(pack: number, kind: PackKind, repositoryId: Uint8Array): Buffer {
  const header = Buffer.alloc(PACK_HEADER_BYTES);
  header.write(PACK_MAGIC, 0, 'latin1');
  header.writeUInt8(PACK_VERSION, 8);
  header.writeUInt8(kind, 9);
  header.writeUInt32LE(pack, 12);
  header.set(repositoryId, 16);
  return header;
}

function checkPackHeader(
  header: Buffer,
  pack: number,
  repositoryId: Uint8Array,
  path: string,
): PackKind {
  const corrupt = (what: string): CodedError => notAPack(path, pack, what);
  if (header.length < PACK_HEADER_BYTES) throw corrupt('it is truncated in its header');
  if (header.toString('latin1', 0, 8) !== PACK_MAGIC) throw corrupt('it has no pack header');
  if (header.readUInt8(8) !== PACK_VERSION) {
    throw writtenByNewer(`${path} has pack version ${header.readUInt8(8)}.`);
  }
  if (header.readUInt32LE(12) !== pack) throw corrupt('it carries another number');
  if (header.compare(repositoryId, 0, 16, 16, 32) !== 0) {
    throw corrupt('it belongs to another repository');
  }
  return header.readUInt8(9) as PackKind;
}

function notAPack(path: string, pack: number, what: string): CodedError {
  return new CodedError(
    'PACK_CORRUPT',
    `${path} is not the pack ${pack} of this repository: ${what}.`,
    { hint: 'Run `varve repair` to find what is lost.' },
  );
}

function isNumber(value: number | undefined): value is number {
  return value !== undefined;
}

function ascending(left: number, right: number): number {
  return left - right;
}
