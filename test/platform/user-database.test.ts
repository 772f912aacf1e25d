import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
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
