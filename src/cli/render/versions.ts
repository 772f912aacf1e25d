/** What a path was at a time: its type, mode and times, for people and for programs. */
import { VersionType, type Version } from '../../store.js';
import { bytesOf, formatName, type Medium } from './names.js';
import { formatIsoTimeNs, formatLocalTime } from './times.js';

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

/** The line of `ls -l`, numeric owners, the time to the second. */
export function formatLong(version: Version, name: string, medium: Medium): string {
  const { uid, gid, mtime, link } = version;
  const owner = `${String(uid).padStart(5)} ${String(gid).padStart(5)}`;
  const time = formatLocalTime(mtime.seconds * 1000);
  const target = link === undefined ? '' : ` -> ${formatName(bytesOf(link), medium)}`;
  return `${formatMode(version)} ${owner} ${formatSize(version).padStart(11)} ${time} ${name}${target}`;
}

/** Bytes; of a device its major and minor number. */
function formatSize({ type, sizeBytes, rdev }: Version): string {
  const isDevice = type === VersionType.characterDevice || type === VersionType.blockDevice;
  return isDevice ? `${Math.floor(rdev / 2 ** 20)}, ${rdev % 2 ** 20}` : String(sizeBytes);
}

/** The modification time for programs, all nine digits. */
export function formatMtime({ mtime }: Pick<Version, 'mtime'>): string {
  return formatIsoTimeNs(BigInt(mtime.seconds) * 1_000_000_000n + BigInt(mtime.nanoseconds));
}

/** Permission bits for programs: `0644`. */
export function octalMode({ mode }: Pick<Version, 'mode'>): string {
  return mode.toString(8).padStart(4, '0');
}
