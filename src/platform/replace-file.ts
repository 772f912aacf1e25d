/**
 * Files that are written beside the one that they replace: they get its name when they are whole, and
 * who fails, or is killed, leaves what stood there as it was.
 */
import type { ByteString } from './bytes.js';
import type { FileSystem } from './files.js';
import { parentOf } from './paths.js';
import { systemErrorCode } from './platform.js';

export interface ReplacementOptions {
  /** The name until then, in the same directory. */
  readonly temporary: string;
  /**
   * `durable`: what has the name is replaced, by bytes and by a name that survive a crash. `cached`: it
   * may be lost in a crash, or be there with other bytes. `new`: nothing is replaced; publishing fails
   * if somebody created the file in the meantime.
   */
  readonly rule: 'durable' | 'cached' | 'new';
  /** Whether others may read it, as far as the process lets them. */
  readonly isPublic?: boolean;
}

/** A file under construction: open until it is finished or discarded. */
export class Replacement {
  readonly descriptor: number;
  private readonly files: FileSystem;
  private readonly path: string;
  private readonly options: ReplacementOptions;
  private isOpen = true;

  constructor(files: FileSystem, path: string, options: ReplacementOptions) {
    this.files = files;
    this.path = path;
    this.options = options;
    const mode = options.isPublic === true ? 'create-public' : 'create';
    this.descriptor = files.open(options.temporary, mode);
  }

  /** All is written. Some file systems say only here that the disk is full. */
  finish(): void {
    if (this.options.rule === 'durable') this.files.sync(this.descriptor);
    this.isOpen = false;
    this.files.close(this.descriptor);
  }

  /** Gives what is finished its name. */
  publish(): void {
    const { files, path } = this;
    const { temporary, rule } = this.options;
    if (rule === 'new' && this.publishNew()) return;
    files.rename(temporary, path);
    if (rule === 'durable') files.syncDirectory(parentOf(path) || '.');
  }

  /** Removes what is not published. */
  discard(): void {
    if (this.isOpen) attempt(() => this.files.close(this.descriptor));
    this.isOpen = false;
    attempt(() => this.files.remove(this.options.temporary));
  }

  /** False where the file system has no hard links: a rename would replace what is there. */
  private publishNew(): boolean {
    const { temporary } = this.options;
    try {
      this.files.link(temporary, this.path);
    } catch (error) {
      if (systemErrorCode(error) === 'EEXIST') throw error;
      return false;
    }
    this.files.remove(temporary);
    return true;
  }
}

/** Writes a file as a whole, or leaves what stood there. */
export function replaceFile(
  files: FileSystem,
  path: string,
  parts: readonly Uint8Array[],
  options: ReplacementOptions,
): void {
  const replacement = new Replacement(files, path, options);
  try {
    let position = 0;
    for (const part of parts) {
      files.write(replacement.descriptor, part, position);
      position += part.length;
    }
    replacement.finish();
    replacement.publish();
  } catch (error) {
    replacement.discard();
    throw error;
  }
}

/** A name in an open directory, and the one that what replaces it has until it is whole. */
export interface ReplacedEntry {
  readonly directory: number;
  readonly name: ByteString;
  readonly temporary: ByteString;
}

/** Makes what replaces an entry of a directory. What `make` leaves when it fails is removed. */
export function replaceEntry(
  { at }: Pick<FileSystem, 'at'>,
  { directory, name, temporary }: ReplacedEntry,
  make: (temporary: ByteString) => void,
): void {
  const removeLeft = (): void => {
    if (at.stat(directory, temporary)) at.remove(directory, temporary);
  };
  try {
    // An attempt that was killed may have left it.
    removeLeft();
    make(temporary);
    at.rename(directory, temporary, name);
  } catch (error) {
    attempt(removeLeft);
    throw error;
  }
}

/** The failure before it is the one to tell. */
function attempt(work: () => void): void {
  try {
    work();
  } catch {
    // Nothing more can be done.
  }
}
