import * as fs from 'node:fs';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  flagLetters,
  LOCKING_FLAGS,
  NO_ATTRIBUTES,
  SETTABLE_FLAGS,
  type ExtendedAttribute,
  type NodeHandle,
} from '../../src/platform/attribute-calls.js';
import { bytesFromText, type ByteString } from '../../src/platform/bytes.js';
import { loadNativeAtCalls } from '../../src/platform/native-at-calls.js';
import { scratchDirectory } from '../support/directory.js';
import { needPrograms, runProgram } from '../support/machine.js';
import { runs } from '../support/seed.js';

const at = loadNativeAtCalls();
const calls = at?.attributes;

/** A file, open and by its name. */
function makeFile(): { path: string; root: number; handles: [NodeHandle, NodeHandle] } {
  const path = scratchDirectory();
  const root = at!.open(undefined, bytesFromText(path), 'read-directory');
  const name = '\xff odd\n' as ByteString;
  const descriptor = at!.open(root, name, 'create-file');
  onTestFinished(() => [root, descriptor].forEach((open) => fs.closeSync(open)));
  const handles: [NodeHandle, NodeHandle] = [
    { type: 'open', descriptor },
    { type: 'named', directory: root, name },
  ];
  return { path, root, handles };
}

const values = fc
  .uint8Array({ maxLength: 500 })
  .map((array) => Buffer.from(array).toString('latin1') as ByteString);
const attributes: fc.Arbitrary<ExtendedAttribute[]> = fc
  .dictionary(fc.string({ minLength: 1, maxLength: 20 }), values, { maxKeys: 5 })
  .map((map) =>
    Object.entries(map)
      .filter(([name]) => !name.includes('\0'))
      .map(([name, value]) => ({ name: bytesFromText(`user.${name}`), value }))
      .sort((left, right) => (left.name < right.name ? -1 : 1)),
  );

describe.runIf(calls)('attributes by libc', () => {
  test('are read as they were set, open or by name, in byte order', () => {
    const { handles } = makeFile();
    fc.assert(
      fc.property(attributes, fc.boolean(), (list, isOpen) => {
        const [set, read] = isOpen ? handles : [...handles].reverse();
        list.forEach((attribute) => calls!.set(set!, attribute));
        expect(calls!.read(read!).xattrs).toEqual(list);
        list.forEach(({ name }) => calls!.remove(read!, name));
        expect(calls!.read(set!)).toBe(NO_ATTRIBUTES);
      }),
      runs(100),
    );
  });

  test('are those that getfattr and lsattr show', () => {
    needPrograms('setfattr', 'chattr', 'lsattr');
    const { path, handles } = makeFile();
    const [open, named] = handles;
    const [name] = fs.readdirSync(path, { encoding: 'latin1' });
    const file = Buffer.from(`${bytesFromText(path)}/${name}`, 'latin1');
    fs.renameSync(file, `${path}/file`);
    runProgram('setfattr', ['-n', 'user.a', '-v', '0x00ff', `${path}/file`]);
    runProgram('chattr', ['+d', `${path}/file`]);
    expect(calls!.read(open)).toEqual({
      flags: 0x40,
      xattrs: [{ name: 'user.a', value: '\0\xff' }],
    });
    calls!.setFlags(open.type === 'open' ? open.descriptor : -1, 0);
    expect(runProgram('lsattr', [`${path}/file`])).not.toContain('d-');
    const gone = expect.objectContaining({ code: 'ENOENT' }) as Error;
    expect(() => calls!.read(named)).toThrow(gone);
  });

  test('of a link are its own', () => {
    const { root, handles } = makeFile();
    const [open, named] = handles;
    const target = named.type === 'named' ? named.name : ('' as ByteString);
    at!.makeSymlink(root, 'link' as ByteString, target);
    calls!.set(open, { name: 'user.a' as ByteString, value: '1' as ByteString });
    const link = { type: 'named', directory: root, name: 'link' as ByteString } as const;
    expect(calls!.read(link)).toBe(NO_ATTRIBUTES);
    const refused = expect.objectContaining({ code: 'EPERM' }) as Error;
    expect(() =>
      calls!.set(link, { name: 'user.b' as ByteString, value: '' as ByteString }),
    ).toThrow(refused);
  });

  test('are none where a file system has none, and setting one says so', () => {
    const descriptor = at!.open(undefined, '/proc/self/stat' as ByteString, 'read-file');
    onTestFinished(() => fs.closeSync(descriptor));
    const node = { type: 'open', descriptor } as const;
    expect(calls!.read(node)).toBe(NO_ATTRIBUTES);
    const name = 'user.a' as ByteString;
    const refused = expect.objectContaining({
      code: expect.stringMatching(/^E(NOTSUP|OPNOTSUPP|PERM|ACCES)$/) as string,
    }) as Error;
    expect(() => calls!.set(node, { name, value: '' as ByteString })).toThrow(refused);
    expect(() => calls!.setFlags(descriptor, 0x40)).toThrow(
      expect.objectContaining({ code: 'ENOTTY' }),
    );
  });
});

test('flags have the letters of lsattr', () => {
  expect(flagLetters(0)).toBe('');
  expect(flagLetters(LOCKING_FLAGS)).toBe('ia');
  expect(flagLetters(SETTABLE_FLAGS)).toBe('suSDiadAcjtTCxFPm');
});
