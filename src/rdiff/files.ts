/**
 * Files and standard streams for `rdiff`: the only module of this folder that touches the file
 * system.
 *
 * Output to a file goes to a temporary name beside it and gets its own name only when all is
 * written: a run that fails, or is killed, leaves what stood there as it was.
 */
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { promisify, getSystemErrorMap } from 'node:util';
import type { ByteSink, ByteSource, RandomSource } from './bytes-io.js';
import { CodedError } from '../errors.js';

export type { FileHandle } from 'node:fs/promises';

const STDIN = 0;
const STDOUT = 1;
/** Smaller pieces are gathered, larger ones written as they are. */
const OUTPUT_BUFFER_BYTES = 64 * 1024;
/** How long to wait for a reader that is behind, where the pipe does not wait by itself. */
const RETRY_MS = 2;

const readAsync = promisify(fs.read);

/** Which file behind a name: two names with the same identity are one file. */
interface Identity {
  readonly device: bigint;
  readonly inode: bigint;
}

const identityOf = (stats: fs.BigIntStats): Identity => ({ device: stats.dev, inode: stats.ino });
const sameFile = (a: Identity, b: Identity): boolean =>
  a.device === b.device && a.inode === b.inode;

/** A failure of the file system, in the words of librsync and the system. */
function ioError(what: string, cause: unknown): CodedError {
  const { errno, message } = cause as NodeJS.ErrnoException;
  const reason = (errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]) ?? message;
  return new CodedError('RDIFF_IO', `${what}: ${reason}`, { cause });
}

function attempt<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw ioError(what, error);
  }
}

/** Fills `into` from `position`. @throws RDIFF_IO also when the file ends before */
export function readFully(descriptor: number, position: number, into: Uint8Array): void {
  for (let done = 0; done < into.length;) {
    const length = readAt(descriptor, position + done, into.subarray(done));
    if (length === 0) {
      throw new CodedError('RDIFF_IO', `The file ends at ${position + done}, before its size`, {
        hint: 'It was cut while it was read: try again.',
      });
    }
    done += length;
  }
}

const readAt = (descriptor: number, position: number, into: Uint8Array): number =>
  attempt('error reading file', () => fs.readSync(descriptor, into, 0, into.length, position));

/** A file or standard input, open for reading. */
export class InputFile implements ByteSource, RandomSource {
  readonly name: string;
  readonly size: number | undefined;
  readonly identity: Identity;
  /** Whether {@link readAt} works. */
  readonly seekable: boolean;
  readonly descriptor?: number;
  private readonly handle: number;

  constructor(name: string, handle: number) {
    const stats = attempt(`Error opening "${name}"`, () => fs.fstatSync(handle, { bigint: true }));
    this.name = name;
    this.handle = handle;
    this.size = stats.isFile() ? Number(stats.size) : undefined;
    this.seekable = !stats.isFIFO() && !stats.isSocket() && !stats.isDirectory();
    this.identity = identityOf(stats);
    // Standard input may stand anywhere in its file; a file opened here stands at its start.
    if (stats.isFile() && handle !== STDIN) this.descriptor = handle;
  }

  async read(into: Uint8Array): Promise<number> {
    try {
      // A pipe may keep us waiting, and the process has to notice signals meanwhile.
      if (this.size === undefined) {
        return (await readAsync(this.handle, into, 0, into.length, null)).bytesRead;
      }
      return fs.readSync(this.handle, into, 0, into.length, null);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') {
        throw ioError(`error reading "${this.name}"`, error);
      }
      await new Promise((wake) => setTimeout(wake, RETRY_MS));
      return this.read(into);
    }
  }

  readAt(position: number, into: Uint8Array): number {
    return readAt(this.handle, position, into);
  }

  close(): void {
    if (this.handle !== STDIN) fs.closeSync(this.handle);
  }
}

/** Opens a file for reading; without a path, standard input. @throws RDIFF_IO */
export function openInput(path: string | undefined): InputFile {
  if (path === undefined) return new InputFile('standard input', STDIN);
  const what = `Error opening "${path}" for read`;
  return new InputFile(
    path,
    attempt(what, () => fs.openSync(path, 'r')),
  );
}

/** Where a result goes. */
export interface OutputOptions {
  /** Whether a file that exists may be replaced. */
  readonly force: boolean;
  /** What the result is made from: never to be overwritten. */
  readonly inputs: readonly InputFile[];
}

/** A file that is written under a temporary name. */
interface Draft {
  readonly temporary: string;
  /** Makes the bytes durable where a file is replaced: before its old ones go. */
  readonly sync: boolean;
  readonly publish: () => void;
}

/** An output under construction: {@link commit} or {@link abort} must be called. */
export class OutputFile implements ByteSink {
  /** Bytes written so far. */
  bytes = 0;
  private readonly name: string;
  private readonly handle: number;
  private draft: Draft | undefined;
  private readonly buffer = Buffer.allocUnsafe(OUTPUT_BUFFER_BYTES);
  private buffered = 0;

  constructor(name: string, handle: number, draft?: Draft) {
    this.name = name;
    this.handle = handle;
    this.draft = draft;
  }

  write(bytes: Uint8Array): void {
    this.bytes += bytes.length;
    if (bytes.length > OUTPUT_BUFFER_BYTES - this.buffered) this.flush();
    if (bytes.length >= OUTPUT_BUFFER_BYTES) {
      writeAll(this.name, this.handle, bytes);
    } else {
      this.buffer.set(bytes, this.buffered);
      this.buffered += bytes.length;
    }
  }

  /** Writes what is left and gives the file its name. @throws RDIFF_IO; then {@link abort} */
  commit(): void {
    const { draft, handle } = this;
    this.flush();
    attempt(`error writing "${this.name}"`, () => {
      if (draft?.sync === true) fs.fsyncSync(handle);
      // Some file systems say only here that the disk is full.
      if (handle !== STDOUT) fs.closeSync(handle);
    });
    if (draft !== undefined) attempt(`Error writing "${this.name}"`, draft.publish);
    this.draft = undefined;
  }

  /** Removes what is not committed. */
  abort(): void {
    if (this.draft !== undefined) fs.rmSync(this.draft.temporary, { force: true });
    this.draft = undefined;
  }

  private flush(): void {
    writeAll(this.name, this.handle, this.buffer.subarray(0, this.buffered));
    this.buffered = 0;
  }
}

/** Writes all of `bytes`. @throws RDIFF_IO */
export function writeAll(name: string, handle: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) {
    try {
      done += fs.writeSync(handle, bytes, done);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') {
        throw ioError(`error writing "${name}"`, error);
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}

function refuseInputs(name: string, stats: fs.BigIntStats, inputs: readonly InputFile[]): void {
  if (!stats.isFile()) return;
  const input = inputs.find(({ identity }) => sameFile(identity, identityOf(stats)));
  if (input === undefined) return;
  throw new CodedError('RDIFF_IO', `"${name}" is the file that is read as "${input.name}"`, {
    hint: 'Write to another file, then rename it.',
  });
}

/**
 * Opens a file for writing; without a path, standard output.
 * @throws RDIFF_IO when it exists and may not be replaced, or is one of the inputs
 */
export function openOutput(path: string | undefined, options: OutputOptions): OutputFile {
  if (path === undefined) {
    const what = 'Error opening standard output';
    const stats = attempt(what, () => fs.fstatSync(STDOUT, { bigint: true }));
    refuseInputs('standard output', stats, options.inputs);
    return new OutputFile('standard output', STDOUT);
  }
  const stats = fs.statSync(path, { bigint: true, throwIfNoEntry: false });
  if (stats === undefined) return createFile(path);
  refuseInputs(path, stats, options.inputs);
  if (!options.force) {
    throw new CodedError('RDIFF_IO', `File exists "${path}", aborting!`, {
      hint: 'Use -f to replace it.',
    });
  }
  return stats.isFile() ? replaceFile(path, stats) : openSpecial(path);
}

const forWrite = (path: string): string => `Error opening "${path}" for write`;

/** A device, a named pipe: nothing to replace. */
function openSpecial(path: string): OutputFile {
  return new OutputFile(
    path,
    attempt(forWrite(path), () => fs.openSync(path, fs.constants.O_WRONLY)),
  );
}

function createFile(path: string): OutputFile {
  // A symbolic link to nothing: the file that it names is the one to make.
  const link = fs.lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  const target = link ? resolve(dirname(path), fs.readlinkSync(path)) : path;
  const { temporary, handle } = openTemporary(path, target, 0o666);
  return new OutputFile(path, handle, {
    temporary,
    sync: false,
    publish: () => publishNew(temporary, target),
  });
}

function replaceFile(path: string, stats: fs.BigIntStats): OutputFile {
  const target = attempt(forWrite(path), () => fs.realpathSync(path));
  const { temporary, handle } = openTemporary(path, target, 0o600);
  attempt(forWrite(path), () => {
    if (Number(stats.uid) !== process.geteuid?.()) keepOwner(handle, stats);
    fs.fchmodSync(handle, Number(stats.mode) & 0o7777);
  });
  return new OutputFile(path, handle, {
    temporary,
    sync: true,
    publish: () => {
      fs.renameSync(temporary, target);
      syncDirectory(dirname(target));
    },
  });
}

/** The owner of the file that is replaced, as far as we may. */
function keepOwner(handle: number, stats: fs.BigIntStats): void {
  try {
    fs.fchownSync(handle, Number(stats.uid), Number(stats.gid));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
  }
}

/** The name does not come from the target's, which may be as long as names get. */
function openTemporary(
  path: string,
  target: string,
  mode: number,
): { readonly temporary: string; readonly handle: number } {
  const name = `.varve-rdiff-${randomBytes(8).toString('hex')}.tmp`;
  const temporary = join(dirname(target), name);
  return { temporary, handle: attempt(forWrite(path), () => fs.openSync(temporary, 'wx', mode)) };
}

/** Fails if somebody made the file meanwhile; a rename would replace it without a word. */
function publishNew(temporary: string, target: string): void {
  try {
    fs.linkSync(temporary, target);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw error;
    // No hard links on this file system.
    fs.renameSync(temporary, target);
    return;
  }
  fs.unlinkSync(temporary);
}

function syncDirectory(path: string): void {
  const handle = fs.openSync(path, 'r');
  try {
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
}

/** The whole of a small text file; undefined when it is longer than `most` bytes. @throws RDIFF_IO */
export function readSmallFile(path: string, most: number): string | undefined {
  const input = openInput(path);
  try {
    const bytes = Buffer.alloc(most + 1);
    let length = 0;
    while (length < bytes.length) {
      const added = attempt(`error reading "${path}"`, () =>
        fs.readSync(input.descriptor ?? STDIN, bytes, length, bytes.length - length, null),
      );
      if (added === 0) break;
      length += added;
    }
    return length > most ? undefined : bytes.toString('utf8', 0, length);
  } finally {
    input.close();
  }
}
