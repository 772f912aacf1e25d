/** Reading and writing through descriptors, with failures in one voice. */
import { getSystemErrorMap } from 'node:util';
import { CodedError } from '../../errors.js';
import { pauseThread, readOnceAt, writeOn, writeOnceAt } from '../../platform/plain-files.js';

/** How long to wait for a reader or writer that is behind, where a pipe does not wait by itself. */
export const RETRY_MS = 2;

/** A failure of the file system, in the words of librsync and the system. */
export function ioError(what: string, cause: unknown): CodedError {
  const { errno, message } = cause as NodeJS.ErrnoException;
  const reason = (errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]) ?? message;
  const said = reason.charAt(0).toUpperCase() + reason.slice(1);
  return new CodedError('RDIFF_IO', `${what}: ${said}`, { cause });
}

export function attempt<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw ioError(what, error);
  }
}

/** Whether a pipe that does not wait has nothing for us, or no room. */
export const mustRetry = (error: unknown): boolean =>
  (error as NodeJS.ErrnoException).code === 'EAGAIN';

/** Fills `into` from `position`. @throws CodedError RDIFF_IO also when the file ends before */
export function readFully(descriptor: number, position: number, into: Uint8Array): void {
  for (let done = 0; done < into.length;) {
    const length = readAt(descriptor, position + done, into.subarray(done));
    if (length === 0) {
      throw new CodedError('RDIFF_IO', `The file ends at ${position + done}, before its size`, {
        hint: 'It was truncated while it was being read: try again.',
      });
    }
    done += length;
  }
}

/** Fills up to `into.length` bytes from `position`; 0 only beyond the end. @throws CodedError RDIFF_IO */
export const readAt = (descriptor: number, position: number, into: Uint8Array): number =>
  attempt('error reading file', () => readOnceAt(descriptor, position, into));

/**
 * Writes all of `bytes`: on from where the file stands, or from `position` without moving it.
 * @throws CodedError RDIFF_IO
 */
export function writeAll(name: string, handle: number, bytes: Uint8Array, position?: number): void {
  for (let done = 0; done < bytes.length;) {
    try {
      const rest = bytes.subarray(done);
      done +=
        position === undefined ? writeOn(handle, rest) : writeOnceAt(handle, position + done, rest);
    } catch (error) {
      if (!mustRetry(error)) throw ioError(`error writing "${name}"`, error);
      pauseThread(RETRY_MS);
    }
  }
}
