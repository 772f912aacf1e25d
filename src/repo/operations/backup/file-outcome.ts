/** A file to read, and how reading it ended. */
import type { FileStat } from '../../../platform/at-calls.js';
import type { NodeAttributes } from '../../../platform/attribute-calls.js';
import type { ByteString } from '../../../platform/bytes.js';
import type { ContentRef } from '../../model.js';

/** A file to be read. `Context` is what the caller wants back with it. */
export interface FileToRead<Context> {
  readonly path: ByteString;
  readonly stat: FileStat;
  /** Its size is the number of its bytes; else it is read to its end, and has any number. */
  readonly tellsSize: boolean;
  readonly context: Context;
}

/** How reading a file ended. */
export type FileOutcome =
  | {
      readonly type: 'read';
      /** As it was when its bytes were read; its size is what was read. */
      readonly stat: FileStat;
      readonly attributes: NodeAttributes;
      readonly content: ContentRef;
      readonly blobs: readonly Uint8Array[];
      /** It changed while it was read, every time. */
      readonly isUnstable: boolean;
    }
  | { readonly type: 'vanished' }
  | { readonly type: 'failed'; readonly message: string };
