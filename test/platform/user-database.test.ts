import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { fileTable, openUserDatabase } from '../../src/platform/user-database.js';
import type { ByteString } from '../../src/platform/bytes.js';
import { scratchDirectory } from '../support/directory.js';

/** Names and numbers as getent(1) lists them; undefined where it is not installed. */
function getent(table: 'passwd' | 'group'): { name: ByteString; id: number }[] | undefined {
  const { status, stdout } = spawnSync('getent', [table], { encoding: 'latin1' });
  if (status !== 0) return undefined;
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name = '', , id = '']) => ({ name: name as ByteString, id: Number(id) }));
}

const [users, groups] = [getent('passwd'), getent('group')];
const NOBODY_HAS = 3_999_999_999;

describe.runIf(users && groups)('names of owners (asked of getent)', () => {
  test('are those of the system, in both directions', () => {
    const database = openUserDatabase();
    for (const { name, id } of users!) {
      expect(database.userId(name), name).toBe(id);
      expect(users!.filter((user) => user.id === id).map((user) => user.name)).toContain(
        database.userName(id),
      );
    }
    for (const { name, id } of groups!) expect(database.groupId(name), name).toBe(id);
    expect(database.groupName(groups![0]!.id)).toBe(groups![0]!.name);
  });

  test('are unknown where nobody has them', () => {
    const database = openUserDatabase();
    expect(database.userName(NOBODY_HAS)).toBeUndefined();
    expect(database.groupName(NOBODY_HAS)).toBeUndefined();
    expect(database.userId('nobody\xff here' as ByteString)).toBeUndefined();
    expect(database.groupId('nobody\xff here' as ByteString)).toBeUndefined();
  });
});

describe('a table in a file', () => {
  test('says what the system says', () => {
    const table = fileTable('/etc/group');
    const lines = fs.readFileSync('/etc/group', 'latin1').trimEnd().split('\n');
    for (const line of lines) {
      const [name, , id] = line.split(':');
      expect(table.id(name as ByteString)).toBe(Number(id));
    }
  });

  test('takes the first of several, bytes as they are, and steps over what is no entry', () => {
    const path = join(scratchDirectory(), 'passwd');
    const text = '# none\n+::\nm\xfcll:x:7:7::/:\nsecond:x:7:7::/:\nm\xfcll:x:8:8::/:\nshort\n';
    fs.writeFileSync(path, text, 'latin1');
    const table = fileTable(path);
    expect([table.name(7), table.name(8), table.name(0)]).toEqual([
      'm\xfcll',
      'm\xfcll',
      undefined,
    ]);
    expect([table.id('m\xfcll' as ByteString), table.id('+' as ByteString)]).toEqual([
      7,
      undefined,
    ]);
  });

  test('that is not there knows nobody', () => {
    const table = fileTable('/nowhere/passwd');
    expect([table.name(0), table.id('root' as ByteString)]).toEqual([undefined, undefined]);
  });
});

describe('the system', () => {
  const ERANGE = 34;

  /** A database over a libc that knows one name, and needs so much room for its entry. */
  async function overLibc(needs: number) {
    const calls: string[] = [];
    const known = 'somebody';
    let strings: Buffer = Buffer.alloc(0);
    const func = (declaration: string) => {
      const [, call = ''] = /int (\w+)\(/.exec(declaration) ?? [];
      return (key: number | Buffer, entry: Buffer, room: Buffer, size: number, found: Buffer) => {
        calls.push(call);
        if (size < needs) return ERANGE;
        const name = typeof key === 'number' ? known : key.toString('latin1', 0, key.indexOf(0));
        const isKnown = name === known && key !== 404;
        found.writeBigUInt64LE(isKnown ? 1n : 0n);
        // Behind something else, with its end.
        room.write(`x\0${known}\0`, 'latin1');
        entry.writeBigUInt64LE(1002n);
        entry.writeUInt32LE(call.includes('gr') ? 50 : 60, 16);
        strings = room;
        return 0;
      };
    };
    vi.resetModules();
    vi.doMock('../../src/platform/libc.js', async (original) => ({
      ...(await original<object>()),
      loadLibc: () => ({
        func,
        address: (memory: Buffer) => {
          expect(memory).toBe(strings);
          return 1000n;
        },
      }),
    }));
    onTestFinished(() => {
      vi.doUnmock('../../src/platform/libc.js');
      vi.resetModules();
    });
    const { openUserDatabase: open } = await import('../../src/platform/user-database.js');
    return { database: open(), calls: () => calls.splice(0) };
  }

  test('is asked once for each name and number, known or not', async () => {
    const { database, calls } = await overLibc(10);
    for (let turn = 0; turn < 2; turn += 1) {
      expect(database.userName(60)).toBe('somebody');
      expect(database.userName(404)).toBeUndefined();
      expect(database.userId('somebody' as ByteString)).toBe(60);
      expect(database.userId('nobody' as ByteString)).toBeUndefined();
      expect(database.groupName(50)).toBe('somebody');
      expect(database.groupId('somebody' as ByteString)).toBe(50);
      expect(calls()).toEqual(
        turn > 0
          ? []
          : [
              ...['getpwuid_r', 'getpwuid_r', 'getpwnam_r', 'getpwnam_r'],
              ...['getgrgid_r', 'getgrnam_r'],
            ],
      );
    }
  });

  test('is given as much room as it needs', async () => {
    const { database, calls } = await overLibc(4096 * 4);
    expect(database.userName(60)).toBe('somebody');
    expect(calls()).toHaveLength(3);
    expect(database.userId('somebody' as ByteString)).toBe(60);
    expect(calls()).toHaveLength(1);
  });

  test('without libc its tables are read from their own files', async () => {
    vi.resetModules();
    vi.doMock('../../src/platform/libc.js', async (original) => ({
      ...(await original<object>()),
      loadLibc: () => undefined,
    }));
    const read: string[] = [];
    vi.doMock('node:fs', () => ({
      ...fs,
      readFileSync: (path: string) => {
        read.push(path);
        return path === '/etc/group' ? 'g:x:5:\n' : 'u:x:5:5::/:\n';
      },
    }));
    onTestFinished(() => {
      vi.doUnmock('../../src/platform/libc.js');
      vi.doUnmock('node:fs');
      vi.resetModules();
    });
    const { openUserDatabase: open } = await import('../../src/platform/user-database.js');
    const database = open();
    expect(read).toEqual([]);
    expect([database.userName(5), database.groupName(5)]).toEqual(['u', 'g']);
    expect(read).toEqual(['/etc/passwd', '/etc/group']);
  });
});
