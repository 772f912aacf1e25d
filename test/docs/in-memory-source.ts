/**
 * A platform twin whose source tree is in memory, with inodes and times that never change from run to
 * run, so that a backup of it writes the same bytes everywhere. The repository itself is on the disk.
 */
import type { AtCalls, FileStat, FileType } from '../../src/platform/at-calls.js';
import { NO_ATTRIBUTES, type NodeAttributes } from '../../src/platform/attribute-calls.js';
import type { ByteString } from '../../src/platform/bytes.js';
import type { FileSystem } from '../../src/platform/files.js';
import { openPlatform, type Platform } from '../../src/platform/platform.js';

/** A node of the tree by its absolute path. */
export interface SourceNode {
  readonly type: Exclude<FileType, 'other'>;
  readonly inode: number;
  readonly mode: number;
  readonly mtime: readonly [seconds: number, nanoseconds: number];
  readonly ctime: readonly [seconds: number, nanoseconds: number];
  readonly bytes?: Uint8Array;
  readonly link?: string;
  readonly attributes?: NodeAttributes;
}

export type SourceTree = Readonly<Record<string, SourceNode>>;

/** Handles of the twin start here, far above the descriptors of the process. */
const FIRST_HANDLE = 1_000_000;

/** The platform of a machine whose clock stands at `nowMs` and whose source is `tree`. */
export function platformWithSource(tree: SourceTree, nowMs: number): Platform {
  const real = openPlatform();
  const open = new Map<number, string>();
  const nodeAt = (path: string): SourceNode => {
    const node = tree[path];
    if (!node) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
    return node;
  };
  const pathOf = (handle: number | undefined, name: string): string => {
    const directory = handle === undefined ? '' : (open.get(handle) ?? '');
    return directory === '/' ? `/${name}` : directory === '' ? name : `${directory}/${name}`;
  };
  const statOf = (path: string): FileStat => describe(nodeAt(path));

  const at: AtCalls = {
    ...real.files.at,
    attributes: {
      ...real.files.at.attributes!,
      read: (node) =>
        nodeAt(
          node.type === 'open'
            ? (open.get(node.descriptor) ?? '')
            : pathOf(node.directory, node.name),
        ).attributes ?? NO_ATTRIBUTES,
    },
    list: (directory) => namesIn(tree, open.get(directory) ?? '') as ByteString[],
    stat: (directory, name) => {
      const path = pathOf(directory, name);
      return path in tree ? statOf(path) : undefined;
    },
    statOpen: (descriptor) => statOf(open.get(descriptor) ?? ''),
    open(directory, name) {
      const handle = FIRST_HANDLE + open.size;
      // A root's parent is opened as `parent/.`, to follow what leads to it.
      open.set(handle, pathOf(directory, name.replace(/\/\.$/, '') || '/'));
      return handle;
    },
    readSymlink: (directory, name) => (nodeAt(pathOf(directory, name)).link ?? '') as ByteString,
  };
  const files: FileSystem = {
    ...real.files,
    at,
    close: (descriptor) => (open.has(descriptor) ? undefined : real.files.close(descriptor)),
    read(descriptor, into, position) {
      const path = open.get(descriptor);
      if (path === undefined) return real.files.read(descriptor, into, position);
      const part = (nodeAt(path).bytes ?? new Uint8Array(0)).subarray(
        position,
        position + into.length,
      );
      into.set(part);
      return part.length;
    },
    exists: (path) => path in tree || real.files.exists(path),
  };
  return {
    ...real,
    files,
    clock: { nowMs: () => nowMs },
    randomBytes: (count) => Buffer.from(Array.from({ length: count }, (_, index) => index)),
    hostName: 'lakeside',
    users: { ...real.users, userName: nameOf, groupName: nameOf },
    coreCount: 1,
  };
}

/** Whatever names the machine has. */
function nameOf(id: number): ByteString | undefined {
  return id === 1000 ? ('wader' as ByteString) : undefined;
}

function namesIn(tree: SourceTree, directory: string): string[] {
  const prefix = `${directory}/`;
  return Object.keys(tree)
    .filter((path) => path.startsWith(prefix) && !path.slice(prefix.length).includes('/'))
    .map((path) => path.slice(prefix.length));
}

function describe({ type, inode, mode, mtime, ctime, bytes }: SourceNode): FileStat {
  return {
    type,
    mode,
    uid: 1000,
    gid: 1000,
    sizeBytes: bytes?.length ?? 0,
    allocatedBytes: bytes?.length ?? 0,
    linkCount: 1,
    rdev: 0,
    inode,
    device: 1,
    mount: undefined,
    mtime: { seconds: mtime[0], nanoseconds: mtime[1] },
    ctime: { seconds: ctime[0], nanoseconds: ctime[1] },
    btime: { seconds: mtime[0] - inode, nanoseconds: (mtime[1] * 31) % 1_000_000_000 },
  };
}
