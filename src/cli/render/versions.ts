/** What a path was at a time: its type, mode and times, for people and for programs. */
import {
  flagLetters,
  VersionType,
  type AttributeSet,
  type ByteString,
  type Version,
} from '../../store.js';
import { formatLocalTime } from '../../platform/local-time.js';
import { formatName, jsonText } from './names.js';
import { formatIsoTimeNs } from './times.js';

const TYPE_NAMES: Readonly<Record<VersionType, string>> = {
  [VersionType.file]: 'file',
  [VersionType.directory]: 'directory',
  [VersionType.symlink]: 'symlink',
  [VersionType.fifo]: 'fifo',
  [VersionType.socket]: 'socket',
  [VersionType.characterDevice]: 'character_device',
  [VersionType.blockDevice]: 'block_device',
};
const TYPE_LETTERS: Readonly<Record<VersionType, string>> = {
  [VersionType.file]: '-',
  [VersionType.directory]: 'd',
  [VersionType.symlink]: 'l',
  [VersionType.fifo]: 'p',
  [VersionType.socket]: 's',
  [VersionType.characterDevice]: 'c',
  [VersionType.blockDevice]: 'b',
};
const RIGHTS = ['---', '--x', '-w-', '-wx', 'r--', 'r-x', 'rw-', 'rwx'];
const SETUID = 0o4000;
const SETGID = 0o2000;
const STICKY = 0o1000;

/** `file`, `directory`, `symlink`, ... */
export function typeName({ type }: Pick<Version, 'type'>): string {
  return TYPE_NAMES[type];
}

/** As `ls -l` shows it: `drwxr-sr-t`. */
export function formatMode({ type, mode }: Pick<Version, 'type' | 'mode'>): string {
  const special = [SETUID, SETGID, STICKY];
  const triples = [6, 3, 0].map((shift, position) => {
    const rights = RIGHTS[(mode >> shift) & 7] ?? '';
    if ((mode & (special[position] ?? 0)) === 0) return rights;
    const letter = position === 2 ? 't' : 's';
    return rights.slice(0, 2) + (rights.endsWith('x') ? letter : letter.toUpperCase());
  });
  return TYPE_LETTERS[type] + triples.join('');
}

/** The line of `ls -l`, owners by name where they have one, the time to the second. */
export function formatLong(
  version: Version,
  attributes: AttributeSet | undefined,
  name: string,
): string {
  const { uid, gid, mtime, link } = version;
  const ownerName = (owner: ByteString | undefined, id: number): string =>
    (owner ? formatName(owner) : String(id)).padEnd(8);
  const owner = `${ownerName(attributes?.user, uid)} ${ownerName(attributes?.group, gid)}`;
  const time = formatLocalTime(mtime.seconds * 1000);
  const target = link === undefined ? '' : ` -> ${formatName(link)}`;
  return `${formatMode(version)} ${owner} ${formatSize(version).padStart(11)} ${time} ${name}${target}`;
}

/** Bytes; of a device its major and minor number. */
function formatSize({ type, sizeBytes, rdev }: Version): string {
  const isDevice = type === VersionType.characterDevice || type === VersionType.blockDevice;
  return isDevice ? `${Math.floor(rdev / 2 ** 20)}, ${rdev % 2 ** 20}` : String(sizeBytes);
}

/** The modification time for programs, all nine digits. */
export function formatMtime({ mtime }: Pick<Version, 'mtime'>): string {
  return formatFileTime(mtime);
}

/** The time of birth for programs; null where the file system keeps none. */
export function formatBtime({ btime }: Pick<Version, 'btime'>): string | null {
  return btime ? formatFileTime(btime) : null;
}

function formatFileTime({ seconds, nanoseconds }: Version['mtime']): string {
  return formatIsoTimeNs(BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds));
}

/** What a version has beside its columns, for programs: null where it is not known or there is none. */
export function jsonAttributes(attributes: AttributeSet | undefined): object {
  const { user = '', group = '', flags, xattrs } = attributes ?? {};
  const nameOf = (bytes: string): string | null =>
    bytes === '' ? null : jsonText(bytes as ByteString);
  return {
    user: nameOf(user),
    group: nameOf(group),
    flags: flags === undefined ? null : flagLetters(flags),
    xattrs: xattrs?.map(({ name }) => nameOf(name)) ?? null,
  };
}

/** Permission bits for programs: `0644`. */
export function octalMode({ mode }: Pick<Version, 'mode'>): string {
  return mode.toString(8).padStart(4, '0');
}
