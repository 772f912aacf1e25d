/** The bytes of both sides of a change, for whoever shows them; no more than a bounded amount. */
import type { ByteString } from '../../../platform/bytes.js';
import { isDamage } from '../../../errors.js';
import { systemErrorCode } from '../../../platform/platform.js';
import type { HeldRepository } from '../../repository/held.js';
import { writeContent } from './cat.js';
import type { FileSide, FoundChange } from './change.js';
import { reasonOf } from '../../../platform/system-errors.js';

/** What a file held on one side. */
export type SideContents =
  /** There was, or is, no file. */
  | { readonly type: 'absent' }
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  /** More than {@link MAX_SIDE_BYTES}. */
  | { readonly type: 'too-large' }
  | { readonly type: 'unreadable'; readonly message: string };

export interface ChangedContents {
  readonly before: SideContents;
  readonly after: SideContents;
}

/** A larger file is not read: both sides, as bytes and as lines, are held at once. */
const MAX_SIDE_BYTES = 4 * 1024 * 1024;

export async function readContents(
  held: HeldRepository,
  { path, before, after }: FoundChange,
): Promise<ChangedContents> {
  return { before: await readSide(held, path, before), after: await readSide(held, path, after) };
}

async function readSide(
  held: HeldRepository,
  path: ByteString,
  side: FileSide | undefined,
): Promise<SideContents> {
  if (!side) return { type: 'absent' };
  const { content, sizeBytes } = side;
  if (sizeBytes > MAX_SIDE_BYTES) return { type: 'too-large' };
  try {
    if (content.type === 'live') return readLive(held, path);
    const parts: Buffer[] = [];
    // A copy: the buffer is used again.
    await writeContent(held, { content }, path, (bytes) => void parts.push(Buffer.from(bytes)));
    return { type: 'bytes', bytes: Buffer.concat(parts) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (systemErrorCode(error) === undefined && !isDamage(error)) throw error;
    return { type: 'unreadable', message: reasonOf(error) };
  }
}

function readLive({ platform: { files } }: HeldRepository, path: ByteString): SideContents {
  const descriptor = files.at.open(undefined, path, 'read-file');
  try {
    const { type, sizeBytes } = files.at.statOpen(descriptor);
    if (type !== 'file') return { type: 'absent' };
    if (sizeBytes > MAX_SIDE_BYTES) return { type: 'too-large' };
    const bytes = Buffer.alloc(sizeBytes);
    return { type: 'bytes', bytes: bytes.subarray(0, files.read(descriptor, bytes, 0)) };
  } finally {
    files.close(descriptor);
  }
}
