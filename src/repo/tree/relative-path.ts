/** Paths below a restore target: names joined by slashes, '' for the target itself. */
import { CodedError } from '../../errors.js';
import { bufferFromBytes, textFromBytes, type ByteString } from '../../platform/bytes.js';
import { baseName, join, parentOf } from '../../platform/paths.js';
import { crypto } from '../../platform/node-modules.js';

/** A node as its directory and its name there. */
export interface NodePlace {
  /** Below the target; '' is the target itself. */
  readonly directory: ByteString;
  readonly name: ByteString;
}

/** `directory/name`. @throws CodedError INDEX_CORRUPT for a name that would lead elsewhere */
export function childPath(directory: ByteString, name: ByteString): ByteString {
  if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name)) {
    throw new CodedError(
      'INDEX_CORRUPT',
      `The index holds the impossible name '${textFromBytes(name)}'.`,
      { hint: 'Run `varve repair --rebuild-index`.' },
    );
  }
  return join(directory, name);
}

export function splitPath(path: ByteString): NodePlace {
  return { directory: parentOf(path), name: baseName(path) };
}

export function pathOf({ directory, name }: NodePlace): ByteString {
  return join(directory, name);
}

/**
 * The name that a file has in its directory until it is whole: always the same, so that a restore that
 * was killed leaves at most one, and the next one takes it up. 30 bytes, however long `name` is.
 */
export function temporaryName(name: ByteString): ByteString {
  const digest = crypto().createHash('sha256').update(bufferFromBytes(name)).digest('hex');
  return `.varve-restore-${digest.slice(0, 15)}` as ByteString;
}
