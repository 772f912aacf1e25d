/** Files under construction: a temporary name beside the one that they will have. */
import { dirname, isAbsolute, join } from 'node:path';
import { openFileSystem } from '../../platform/files.js';
import { crypto } from '../../platform/node-modules.js';
import { readLink, type PlainStat } from '../../platform/plain-files.js';
import { systemErrorCode } from '../../platform/platform.js';
import { Replacement } from '../../platform/replace-file.js';
import { attempt } from './descriptor.js';

const files = openFileSystem();

export const forWrite = (path: string): string => `Error opening "${path}" for write`;

/** A file that is not there yet. @throws CodedError RDIFF_IO */
export function draftNew(path: string): Replacement {
  // A symbolic link to nothing: the file that it names is the one to make.
  const link = readLink(path);
  const target = link === undefined ? path : isAbsolute(link) ? link : join(dirname(path), link);
  const options = { temporary: temporaryBeside(target), rule: 'new', isPublic: true } as const;
  return attempt(forWrite(path), () => new Replacement(files, target, options));
}

/** A file to be put in place of another. @throws CodedError RDIFF_IO */
export function draftReplacement(path: string, old: PlainStat): Replacement {
  return attempt(forWrite(path), () => {
    const target = files.realPath(path);
    const options = { temporary: temporaryBeside(target), rule: 'durable' } as const;
    const replacement = new Replacement(files, target, options);
    try {
      keepOwner(replacement.descriptor, old);
      files.setMode(replacement.descriptor, old.mode);
      return replacement;
    } catch (error) {
      replacement.discard();
      throw error;
    }
  });
}

/**
 * Owner and group of the file that is replaced, as far as we may: the group of a file is for members to
 * give, the owner for root alone.
 */
function keepOwner(descriptor: number, { uid, gid }: PlainStat): void {
  for (const owner of [KEEP, uid]) {
    try {
      files.setOwner(descriptor, owner, gid);
    } catch (error) {
      if (systemErrorCode(error) !== 'EPERM') throw error;
    }
  }
}

/** Tells the system to leave the owner as it is. */
const KEEP = -1;

/** The name does not come from the target's, which may be as long as names get. */
function temporaryBeside(target: string): string {
  const name = `.varve-rdiff-${crypto().randomBytes(8).toString('hex')}.tmp`;
  return join(dirname(target), name);
}
