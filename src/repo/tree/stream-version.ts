/** How the version of a stream is told from that of a file. */
import { VersionType, type Version } from '../model.js';

/** No file has it. */
export const STREAM_INODE = 0;

export function isOfStream({ type, inode }: Version): boolean {
  return type === VersionType.file && inode === STREAM_INODE;
}
