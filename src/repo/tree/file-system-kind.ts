/** What the type of a file system says of the files in it. */

/**
 * `pseudo`: the kernel makes its files up as they are read, and they are nobody's data. `unsized`: what
 * says that it has 0 bytes may have any number.
 */
export type FileSystemKind =
  { readonly type: 'ordinary' | 'unsized' } | { readonly type: 'pseudo'; readonly name: string };

/**
 * Numbers from linux/magic.h and the file systems' own sources. devtmpfs and tmpfs are not among
 * them: what they hold was put there by somebody.
 */
const PSEUDO: ReadonlyMap<number, string> = new Map([
  [0x9fa0, 'proc'],
  [0x62656572, 'sysfs'],
  [0x27e0eb, 'cgroup'],
  [0x63677270, 'cgroup2'],
  [0x74726163, 'tracefs'],
  [0x64626720, 'debugfs'],
  [0x73636673, 'securityfs'],
  [0x62656570, 'configfs'],
  [0x1cd1, 'devpts'],
  [0xcafe4a11, 'bpf'],
  [0x6165676c, 'pstore'],
  [0xde5e81e4, 'efivarfs'],
  [0x19800202, 'mqueue'],
  [0x958458f6, 'hugetlbfs'],
  [0x6e736673, 'nsfs'],
  [0x42494e4d, 'binfmt_misc'],
  [0x65735543, 'fusectl'],
  [0x67596969, 'rpc_pipefs'],
  [0x6e667364, 'nfsd'],
  [0xf97cff8c, 'selinuxfs'],
  [0x43415d53, 'smackfs'],
  [0x5a3c69f0, 'apparmorfs'],
  [0x7655821, 'resctrl'],
  [0xabba1974, 'xenfs'],
  [0x6c6f6f70, 'binder'],
]);

/** FUSE, and 9P, whose servers hand on what their files say. */
const UNSIZED: ReadonlySet<number> = new Set([0x65735546, 0x01021997]);

const ORDINARY: FileSystemKind = { type: 'ordinary' };

/** `type`: as statfs(2) gives it. */
export function fileSystemKind(type: number): FileSystemKind {
  const name = PSEUDO.get(type);
  if (name !== undefined) return { type: 'pseudo', name };
  return UNSIZED.has(type) ? { type: 'unsized' } : ORDINARY;
}

/** Whether the size of such a file is the number of its bytes. */
export function tellsSize({ type }: FileSystemKind, sizeBytes: number): boolean {
  return type === 'ordinary' || (type === 'unsized' && sizeBytes > 0);
}
