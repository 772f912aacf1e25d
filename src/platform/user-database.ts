/**
 * Names of owners: the system's database of users and groups (NSS: files, LDAP, systemd, ...)
 * through libc, else /etc/passwd and /etc/group alone. Each answer is kept: a tree has few owners,
 * and a network may stand behind a question.
 */
import { readFileSync } from 'node:fs';
import { bytesFromBuffer, type ByteString } from './bytes.js';
import { loadLibc, NameBuffer, type Libc } from './libc.js';
import { once } from './once.js';

export interface UserDatabase {
  /** undefined for a number that has no name. */
  userName(uid: number): ByteString | undefined;
  groupName(gid: number): ByteString | undefined;
  /** undefined for a name that is not known here. */
  userId(name: ByteString): number | undefined;
  groupId(name: ByteString): number | undefined;
}

/** One of its two tables: users or groups. */
interface OwnerTable {
  name(id: number): ByteString | undefined;
  id(name: ByteString): number | undefined;
}

/** The database of this machine; nothing is loaded before the first question. */
export function openUserDatabase(): UserDatabase {
  const users = once(() => {
    const libc = loadLibc();
    return remembering(libc ? systemTable(libc, 'pw', 'uid') : fileTable('/etc/passwd'));
  });
  const groups = once(() => {
    const libc = loadLibc();
    return remembering(libc ? systemTable(libc, 'gr', 'gid') : fileTable('/etc/group'));
  });
  return {
    userName: (uid) => users().name(uid),
    groupName: (gid) => groups().name(gid),
    userId: (name) => users().id(name),
    groupId: (name) => groups().id(name),
  };
}

function remembering(table: OwnerTable): OwnerTable {
  const names = new Map<number, ByteString | undefined>();
  const ids = new Map<ByteString, number | undefined>();
  return {
    name(id) {
      if (!names.has(id)) names.set(id, table.name(id));
      return names.get(id);
    },
    id(name) {
      if (!ids.has(name)) ids.set(name, table.id(name));
      return ids.get(name);
    },
  };
}

const ERANGE = 34;
/** Offset of the number in struct passwd and in struct group: behind the pointers to name and password. */
const ID_OFFSET = 16;
const STRUCT_BYTES = 64;

/** getpwuid_r(3) and its like. A failing directory service counts as a number without a name. */
function systemTable(libc: Libc, table: 'pw' | 'gr', kind: 'uid' | 'gid'): OwnerTable {
  const byId = libc.func(`int get${table}${kind}_r(uint32_t, void *, void *, size_t, void *)`);
  const byName = libc.func(`int get${table}nam_r(const void *, void *, void *, size_t, void *)`);
  const name = new NameBuffer();
  const entry = Buffer.alloc(STRUCT_BYTES);
  const found = Buffer.alloc(8);
  let strings = Buffer.alloc(4096);

  const look = (call: typeof byId, key: number | Buffer): boolean => {
    while (call(key, entry, strings, strings.length, found) === ERANGE) {
      strings = Buffer.alloc(strings.length * 2);
    }
    return found.readBigUInt64LE(0) !== 0n;
  };
  return {
    name(id) {
      if (!look(byId, id)) return undefined;
      const start = Number(entry.readBigUInt64LE(0) - libc.address(strings));
      return bytesFromBuffer(strings.subarray(start, strings.indexOf(0, start)));
    },
    id: (wanted) => (look(byName, name.put(wanted)) ? entry.readUInt32LE(ID_OFFSET) : undefined),
  };
}

/** Lines of `name:password:number:...`; the first of a name or number counts. */
export function fileTable(path: string): OwnerTable {
  const rows = readLines(path).flatMap((line) => {
    const [name = '', , id = ''] = line.split(':');
    return name !== '' && /^\d+$/.test(id) ? [{ name: name as ByteString, id: Number(id) }] : [];
  });
  return {
    name: (id) => rows.find((row) => row.id === id)?.name,
    id: (name) => rows.find((row) => row.name === name)?.id,
  };
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'latin1').split('\n');
  } catch {
    return [];
  }
}
