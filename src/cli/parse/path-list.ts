/** `--files-from`: paths to back up, one a line, or each ended by NUL. */
import { buffer } from 'node:stream/consumers';
import { bytesToText, CodedError, reasonOf, type Platform } from '../../store.js';

export interface PathListFlags {
  readonly filesFrom?: string;
  readonly null?: boolean;
}

/**
 * The paths that a list names, `-` being standard input. Each is taken as it stands: no pattern, no
 * comment, no white space cut off; empty ones are passed over. Bytes that are not UTF-8 are lone
 * surrogates, as {@link bytesToText} gives them.
 *
 * @throws CodedError USAGE when the list cannot be read, or is not written as `--null` says
 */
export async function readPathList(
  { filesFrom, null: isNull = false }: PathListFlags,
  { files }: Platform,
): Promise<string[]> {
  if (filesFrom === undefined) {
    if (!isNull) return [];
    throw new CodedError('USAGE', '--null requires --files-from.', {
      hint: 'Name a list: --files-from FILE, or - for standard input.',
    });
  }
  const bytes = filesFrom === '-' ? await buffer(process.stdin) : readList(filesFrom, files);
  if (!isNull && bytes.includes(0)) {
    throw new CodedError('USAGE', '--files-from: the list contains NUL, which no path can.', {
      hint: 'Give --null if its paths end with NUL.',
    });
  }
  return bytesToText(bytes)
    .split(isNull ? '\0' : '\n')
    .filter((path) => path !== '');
}

function readList(file: string, files: Platform['files']): Buffer {
  try {
    return files.readFile(file);
  } catch (cause) {
    throw new CodedError('USAGE', `--files-from: ${file} cannot be read: ${reasonOf(cause)}.`, {
      hint: 'Name a file of paths, one per line, or - for standard input.',
      cause,
    });
  }
}
