/** Results that are returned: in memory as long as they are short, beyond that in a file without a name. */
import { writeAll } from './descriptor.js';
import { ByteBuilder } from '../format/bytes.js';
import { openNameless, type FileHandle } from '../../platform/plain-files.js';
import { ioError } from './descriptor.js';
import type { ByteSink } from '../bytes-io.js';

/** Results up to this size are returned as bytes, unless told otherwise. */
export const DEFAULT_MAX_MEMORY = 8 * 1024 * 1024;

/** Takes a result. {@link result} or {@link discard} must be called. */
export class Spill implements ByteSink {
  private readonly maxMemory: number;
  private readonly bytes = new ByteBuilder();
  private file: FileHandle | undefined;
  private length = 0;

  constructor(maxMemory: number) {
    this.maxMemory = maxMemory;
  }

  async write(bytes: Uint8Array): Promise<void> {
    const start = this.length;
    this.length += bytes.length;
    if (this.length <= this.maxMemory) this.bytes.push(bytes);
    else writeAll('temporary file', (await this.opened(start)).fd, bytes, start);
  }

  /** The bytes, or the file, which stands at their beginning and is the caller's to close. */
  result(): Buffer | FileHandle {
    return this.file ?? Buffer.from(this.bytes.take());
  }

  async discard(): Promise<void> {
    await this.file?.close();
  }

  /** The file, with the `held` bytes that were in memory. */
  private async opened(held: number): Promise<FileHandle> {
    if (this.file) return this.file;
    this.file = await openNameless().catch((error: unknown) => {
      throw ioError('Error opening a temporary file', error);
    });
    writeAll('temporary file', this.file.fd, this.bytes.view().subarray(0, held), 0);
    this.bytes.clear();
    return this.file;
  }
}
