/** Files and standard input, open for reading. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  closeDescriptor,
  openToRead,
  readOn,
  readOnWaiting,
  STANDARD_INPUT,
  statDescriptor,
} from '../../platform/plain-files.js';
import { attempt, ioError, mustRetry, readAt, RETRY_MS } from './descriptor.js';
import type { Identity } from './identity.js';
import { orAborted, type ByteSource, type RandomSource } from '../bytes-io.js';
import { CodedError } from '../../errors.js';

/** A file or standard input, open for reading. */
export class InputFile implements ByteSource, RandomSource {
  readonly name: string;
  readonly size: number | undefined;
  readonly identity: Identity;
  /** Whether {@link readAt} works. */
  readonly isSeekable: boolean;
  readonly descriptor?: number;
  private readonly handle: number;

  constructor(name: string, handle: number) {
    const stat = attempt(`Error opening "${name}"`, () => statDescriptor(handle));
    this.name = name;
    this.handle = handle;
    this.size = stat.type === 'file' ? stat.sizeBytes : undefined;
    this.isSeekable = stat.type === 'file' || stat.type === 'other';
    this.identity = stat;
    // Standard input may stand anywhere in its file; a file opened here stands at its start.
    if (stat.type === 'file' && handle !== STANDARD_INPUT) this.descriptor = handle;
  }

  async read(into: Uint8Array): Promise<number> {
    try {
      // A pipe may keep us waiting, and the process must still notice signals.
      if (this.size === undefined) {
        return await readOnWaiting(this.handle, into);
      }
      return readOn(this.handle, into);
    } catch (error) {
      if (!mustRetry(error)) throw ioError(`error reading "${this.name}"`, error);
      await sleep(RETRY_MS);
      return this.read(into);
    }
  }

  readAt(position: number, into: Uint8Array): number {
    return readAt(this.handle, position, into);
  }

  close(): void {
    if (this.handle !== STANDARD_INPUT) closeDescriptor(this.handle);
  }
}

/**
 * Opens a file for reading; without a path, standard input. A named pipe is waited for until
 * `signal` says stop.
 * @throws CodedError RDIFF_IO
 */
export async function openInput(
  path: string | undefined,
  signal: AbortSignal | undefined,
): Promise<InputFile> {
  if (path === undefined) return new InputFile('standard input', STANDARD_INPUT);
  const opening = openToRead(path);
  try {
    return new InputFile(path, await orAborted(opening, signal));
  } catch (error) {
    // A pipe that is waited for no longer is opened all the same once somebody writes to it.
    void opening.then(closeDescriptor, () => undefined);
    if (signal?.aborted === true || error instanceof CodedError) throw error;
    throw ioError(`Error opening "${path}" for read`, error);
  }
}

/** The whole of a small text file; undefined when it is longer than `most` bytes. @throws CodedError RDIFF_IO */
export async function readSmallFile(
  path: string,
  most: number,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const input = await openInput(path, signal);
  try {
    const bytes = Buffer.alloc(most + 1);
    let length = 0;
    while (length < bytes.length) {
      const added = await orAborted(input.read(bytes.subarray(length)), signal);
      if (added === 0) break;
      length += added;
    }
    return length > most ? undefined : bytes.toString('utf8', 0, length);
  } finally {
    input.close();
  }
}
