import { expect, test } from 'vitest';
import { fileSystemKind, tellsSize } from '../../../src/repo/tree/file-system-kind.js';

/** As linux/magic.h has them, and the sources of those that it lacks. */
const PSEUDO = {
  apparmorfs: 0x5a3c69f0,
  binder: 0x6c6f6f70,
  binfmt_misc: 0x42494e4d,
  bpf: 0xcafe4a11,
  cgroup: 0x27e0eb,
  cgroup2: 0x63677270,
  configfs: 0x62656570,
  debugfs: 0x64626720,
  devpts: 0x1cd1,
  efivarfs: 0xde5e81e4,
  fusectl: 0x65735543,
  hugetlbfs: 0x958458f6,
  mqueue: 0x19800202,
  nfsd: 0x6e667364,
  nsfs: 0x6e736673,
  proc: 0x9fa0,
  pstore: 0x6165676c,
  resctrl: 0x7655821,
  rpc_pipefs: 0x67596969,
  securityfs: 0x73636673,
  selinuxfs: 0xf97cff8c,
  smackfs: 0x43415d53,
  sysfs: 0x62656572,
  tracefs: 0x74726163,
  xenfs: 0xabba1974,
};

test.each(Object.entries(PSEUDO))('%s is made up by the kernel', (name, type) => {
  const kind = fileSystemKind(type);
  expect(kind).toEqual({ type: 'pseudo', name });
  expect([0, 1].map((sizeBytes) => tellsSize(kind, sizeBytes))).toEqual([false, false]);
});

test.each(Object.entries({ FUSE: 0x65735546, '9P': 0x01021997 }))(
  'a file of %s has any number of bytes where it says 0',
  (_, type) => {
    const kind = fileSystemKind(type);
    expect(kind).toEqual({ type: 'unsized' });
    expect([0, 1].map((sizeBytes) => tellsSize(kind, sizeBytes))).toEqual([false, true]);
  },
);

test.each(
  Object.entries({
    btrfs: 0x9123683e,
    ext4: 0xef53,
    nfs: 0x6969,
    tmpfs: 0x01021994,
    xfs: 0x58465342,
  }),
)('%s holds data, and tells the size of each file', (_, type) => {
  const kind = fileSystemKind(type);
  expect(kind).toEqual({ type: 'ordinary' });
  expect([0, 1].map((sizeBytes) => tellsSize(kind, sizeBytes))).toEqual([true, true]);
});
