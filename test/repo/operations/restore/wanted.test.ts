import { expect, test } from 'vitest';
import type { AttributeSet } from '../../../../src/repo/model.js';
import type { OwnerResolver } from '../../../../src/repo/operations/restore/owners.js';
import { createWanted } from '../../../../src/repo/operations/restore/wanted.js';
import type { ByteString } from '../../../../src/platform/bytes.js';
import { savedFile } from '../../../support/nodes.js';

/** Owners by number and name, so that each is seen to be asked for as what it is. */
const owners = {
  uid: (number: number, name: string) => `user ${number} ${name}`,
  gid: (number: number, name: string) => `group ${number} ${name}`,
} as unknown as OwnerResolver;

const { type, mode, mtime } = savedFile();

test('a node gets its metadata, with its owners as they are here', () => {
  const known: AttributeSet = {
    user: 'me' as ByteString,
    group: 'us' as ByteString,
    flags: 64,
    xattrs: [],
  };
  const wanted = createWanted(() => known, owners)(savedFile());
  expect(wanted).toEqual({ type, mode, mtime, uid: 'user 7 me', gid: 'group 8 us', known });
});

test('without names, owners go by their numbers', () => {
  const wanted = createWanted(() => undefined, owners)(savedFile());
  const expected = { type, mode, mtime, uid: 'user 7 ', gid: 'group 8 ', known: undefined };
  expect(wanted).toEqual(expected);
});
