import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createOwnerResolver } from '../../../../src/repo/operations/restore/owners.js';
import type { ByteString } from '../../../../src/platform/bytes.js';
import { openPlatform, type Platform } from '../../../../src/platform/platform.js';
import { scratchDirectory } from '../../../support/directory.js';

const bytes = (text: string): ByteString => text as ByteString;

/** A machine with the users ann 1000 and ben 1001, and the group staff 50. */
const platform: Platform = {
  ...openPlatform(),
  users: {
    userName: () => undefined,
    groupName: () => undefined,
    userId: (name) => ({ ann: 1000, ben: 1001 })[name as string],
    groupId: (name) => ({ staff: 50 })[name as string],
  },
};

function mapFile(text: string): string {
  const path = join(scratchDirectory(), 'map');
  writeFileSync(path, text, 'latin1');
  return path;
}

describe('an owner', () => {
  test('is who has the name here, and the number where nobody has it', () => {
    const { uid, gid } = createOwnerResolver({}, platform);
    expect(uid(2000, bytes('ann'))).toBe(1000);
    expect(uid(2000, bytes('zoe'))).toBe(2000);
    expect(uid(2000, bytes(''))).toBe(2000);
    expect(gid(7, bytes('staff'))).toBe(50);
    expect(gid(7, bytes('ann'))).toBe(7);
  });

  test('of no name is its number, whoever has no name here', () => {
    const users = { ...platform.users, userId: () => 7, groupId: () => 7 };
    const { uid, gid } = createOwnerResolver({}, { ...platform, users });
    expect([uid(2000, bytes('')), gid(50, bytes(''))]).toEqual([2000, 50]);
    expect([uid(2000, bytes('x')), gid(50, bytes('x'))]).toEqual([7, 7]);
  });

  test('is the number when that is asked for', () => {
    const { uid, gid } = createOwnerResolver({ isNumericOwner: true }, platform);
    expect([uid(2000, bytes('ann')), gid(7, bytes('staff'))]).toEqual([2000, 7]);
  });

  test('is whom the map names, by name before number, by number or name', () => {
    const userMap = mapFile('ann:ben\n\n2000:4242\nzoe:0\n1500:ann\nm\xfcll:7');
    for (const isNumericOwner of [false, true]) {
      const { uid, gid } = createOwnerResolver({ userMap, isNumericOwner }, platform);
      expect(uid(2000, bytes('ann'))).toBe(1001);
      expect(uid(2000, bytes('other'))).toBe(4242);
      expect(uid(2000, bytes('zoe'))).toBe(0);
      expect(uid(1500, bytes(''))).toBe(1000);
      expect(uid(9, bytes('m\xfcll'))).toBe(7);
      expect(uid(9, bytes('ben'))).toBe(isNumericOwner ? 9 : 1001);
      expect(gid(2000, bytes(''))).toBe(2000);
    }
  });

  test.each([
    ['ann', "Line 1 of MAP is not of the form old:new: 'ann'."],
    ['1:2\nann:', "Line 2 of MAP is not of the form old:new: 'ann:'."],
    [':ann', "Line 1 of MAP is not of the form old:new: ':ann'."],
    ['a:b:c', "Line 1 of MAP is not of the form old:new: 'a:b:c'."],
    ['ann:zoe', "Line 1 of MAP maps to 'zoe', which does not exist on this machine."],
    ['ann:4294967295', "Line 1 of MAP maps to '4294967295', which does not exist on this machine."],
  ])('map of %j is refused', (text, message) => {
    const userMap = mapFile(text);
    expect(() => createOwnerResolver({ userMap }, platform)).toThrow(
      expect.objectContaining({
        code: 'OWNER_MAP_INVALID',
        message: message.replace('MAP', userMap),
      }),
    );
  });

  test('map that is not there is refused, for groups as well', () => {
    expect(() => createOwnerResolver({ groupMap: '/nowhere/map' }, platform)).toThrow(
      expect.objectContaining({
        code: 'OWNER_MAP_INVALID',
        message: '/nowhere/map cannot be read: it does not exist.',
      }),
    );
  });
});
