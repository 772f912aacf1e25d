/** Who shall own what is restored: by name, by number, or as a mapping file says. */
import { CodedError } from '../../../errors.js';
import { bytesFromBuffer, textFromBytes, type ByteString } from '../../../platform/bytes.js';
import type { Platform } from '../../../platform/platform.js';
import { fileErrorCode, reasonOf } from '../../../platform/system-errors.js';
import type { UserDatabase } from '../../../platform/user-database.js';

export interface OwnerOptions {
  /** Owners by their numbers, whatever their names are here. */
  readonly isNumericOwner?: boolean;
  /** Path of a file with a line `from:to` for each user that becomes another; names or numbers. */
  readonly userMap?: string;
  /** Path of a file with a line `from:to` for each group that becomes another. */
  readonly groupMap?: string;
}

/** From the recorded number and name ('' for none) to the number here. */
type Resolve = (id: number, name: ByteString) => number;

export interface OwnerResolver {
  readonly uid: Resolve;
  readonly gid: Resolve;
}

/** @throws CodedError OWNER_MAP_INVALID */
export function createOwnerResolver(options: OwnerOptions, platform: Platform): OwnerResolver {
  const { users } = platform;
  const isNumeric = options.isNumericOwner ?? false;
  const { userMap, groupMap } = options;
  return {
    uid: resolver(userMap, platform, isNumeric, (name) => users.userId(name)),
    gid: resolver(groupMap, platform, isNumeric, (name) => users.groupId(name)),
  };
}

type Lookup = UserDatabase['userId'];

/** A line of the map for the name, one for the number, the name as it is here, the number. */
function resolver(
  mapPath: string | undefined,
  platform: Platform,
  isNumeric: boolean,
  lookUp: Lookup,
): Resolve {
  const map = mapPath === undefined ? undefined : readOwnerMap(mapPath, platform, lookUp);
  return (id, name) =>
    map?.byName.get(name) ??
    map?.byId.get(id) ??
    (isNumeric || name === '' ? undefined : lookUp(name)) ??
    id;
}

interface OwnerMap {
  readonly byName: ReadonlyMap<ByteString, number>;
  readonly byId: ReadonlyMap<number, number>;
}

function readOwnerMap(path: string, { files }: Platform, lookUp: Lookup): OwnerMap {
  const byName = new Map<ByteString, number>();
  const byId = new Map<number, number>();
  readLines(path, files).forEach((line, index) => {
    if (line === '') return;
    const where = `Line ${index + 1} of ${path}`;
    const match = /^([^:]+):([^:]+)$/.exec(line);
    if (!match) throw invalid(`${where} is not of the form old:new: '${textFromBytes(line)}'.`);
    const [, from = '', to = ''] = match;
    const id = isId(to) ? Number(to) : lookUp(to as ByteString);
    if (id === undefined) {
      throw invalid(
        `${where} maps to '${textFromBytes(to as ByteString)}', which does not exist on this machine.`,
      );
    }
    if (isId(from)) byId.set(Number(from), id);
    else byName.set(from as ByteString, id);
  });
  return { byName, byId };
}

function readLines(path: string, files: Platform['files']): ByteString[] {
  try {
    return bytesFromBuffer(files.readFile(path)).split('\n') as ByteString[];
  } catch (cause) {
    if (fileErrorCode(cause) === undefined) throw cause;
    throw invalid(`${path} cannot be read: ${reasonOf(cause)}.`, cause);
  }
}

/** 2^32 - 1 is not an owner: it tells chown(2) to change nothing. */
function isId(text: string): boolean {
  return /^\d{1,10}$/.test(text) && Number(text) < 0xffffffff;
}

function invalid(message: string, cause?: unknown): CodedError {
  return new CodedError('OWNER_MAP_INVALID', message, {
    hint: 'Write one line old:new per owner, as names or numbers; the new one must exist on this machine.',
    cause,
  });
}
