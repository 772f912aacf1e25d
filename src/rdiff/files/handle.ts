/**
 * File handles of a caller, as inputs and outputs. A file stays where it stands: what was read can be
 * read again, and what was written can be read by the next step. What only moves on, such as a pipe, is
 * read and written in order.
 */
import { InputFile } from './input.js';
import { attempt, readAt, writeAll } from './descriptor.js';
import { wrongArgument } from '../format/expect.js';
import { standOf, statDescriptor, type FileHandle } from '../../platform/plain-files.js';
import type { ByteSink, ByteSource } from '../bytes-io.js';

const NAME = 'file handle';

/** The descriptor of an open handle. @throws CodedError RDIFF_PARAMETER when it is closed */
export function descriptorOf({ fd }: FileHandle): number {
  if (fd >= 0) return fd;
  throw wrongArgument('The file handle', 'open', 'closed', 'Close it after the last step.');
}

/** Reads a handle's file from where it stands, or what it is on to. */
export function handleSource(handle: FileHandle): ByteSource {
  const fd = descriptorOf(handle);
  const file = new InputFile(NAME, fd);
  const start = file.size === undefined ? undefined : standOf(fd);
  if (file.size === undefined || start === undefined) return file;
  let position = start;
  const read = (into: Uint8Array): Promise<number> => {
    const length = readAt(fd, position, into);
    position += length;
    return Promise.resolve(length);
  };
  return { name: NAME, size: Math.max(0, file.size - start), read };
}

/** Writes to a handle's file from where it stands, or on to what it is. */
export function handleSink(handle: FileHandle): ByteSink {
  const fd = descriptorOf(handle);
  const isFile = attempt(`Error opening "${NAME}"`, () => statDescriptor(fd)).type === 'file';
  let position = isFile ? standOf(fd) : undefined;
  return {
    write(bytes) {
      writeAll(NAME, fd, bytes, position);
      if (position !== undefined) position += bytes.length;
    },
  };
}
