/** The token of a server: from a file or from the environment, never from the command line. */
import { CodedError, type Platform } from '../store.js';

const MAX_BYTES = 4096;

/** @throws CodedError TOKEN_UNUSABLE */
export function readToken(
  { files }: Platform,
  path: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (path === undefined) return env['VARVE_TOKEN'] === '' ? undefined : env['VARVE_TOKEN'];
  const bytes = readFile(files, path);
  const token = bytes.toString('utf8').trim();
  if (bytes.length <= MAX_BYTES && /^[\x21-\x7e]+$/.test(token)) return token;
  throw new CodedError('TOKEN_UNUSABLE', `${path} does not hold a token.`, {
    hint: 'It must be one line of printable ASCII without spaces, such as the output of `openssl rand -hex 32`.',
  });
}

function readFile(files: Platform['files'], path: string): Buffer {
  try {
    return files.readFile(path);
  } catch (cause) {
    throw new CodedError('TOKEN_UNUSABLE', `The token file ${path} cannot be read.`, {
      hint: 'Check its path and permissions.',
      cause,
    });
  }
}
