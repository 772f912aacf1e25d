/** Two sets of attributes are equal when they have the same, in every part; and how they are read. */
import { expect, test } from 'vitest';
import type { AttributeCalls, NodeAttributes } from '../../../src/platform/attribute-calls.js';
import type { AtCalls } from '../../../src/platform/at-calls.js';
import { bytesFromText, type ByteString } from '../../../src/platform/bytes.js';
import { VersionType } from '../../../src/repo/model.js';
import { hasSameAttributes, readAttributesAt } from '../../../src/repo/tree/attributes.js';
import { systemError } from '../../support/faulty-files.js';

const attribute = (name: string, value: string) => ({
  name: bytesFromText(name),
  value: bytesFromText(value),
});
const A = attribute('user.a', '1');
const B = attribute('user.b', '2');
const SETS: Record<string, NodeAttributes> = {
  nothing: { flags: 0, xattrs: [] },
  'a flag': { flags: 16, xattrs: [] },
  one: { flags: 0, xattrs: [A] },
  'one with a flag': { flags: 16, xattrs: [A] },
  'another value': { flags: 0, xattrs: [attribute('user.a', '2')] },
  'another name': { flags: 0, xattrs: [attribute('user.c', '1')] },
  'one more': { flags: 0, xattrs: [A, B] },
  'another second': { flags: 0, xattrs: [A, attribute('user.b', '3')] },
};

test.each(Object.keys(SETS))('%s is the same as itself, and as nothing else', (name) => {
  for (const [other, set] of Object.entries(SETS)) {
    expect(hasSameAttributes(SETS[name]!, structuredClone(set)), other).toBe(name === other);
  }
});

/** What is called when the attributes of a node of `type` are read; to open it fails with `code`. */
function callsFor(type: VersionType, code?: string): string[] {
  const calls: string[] = [];
  const at = {
    open(_directory: number, name: ByteString, mode: string) {
      calls.push(`open ${name} ${mode}`);
      if (code !== undefined) throw systemError(code);
      return 7;
    },
    attributes: {
      read(node) {
        calls.push(`read ${JSON.stringify(node)}`);
        return SETS['one']!;
      },
    } as AttributeCalls,
  } as AtCalls;
  const close = (descriptor: number): void => void calls.push(`close ${descriptor}`);
  expect(readAttributesAt({ at, close }, 3, bytesFromText('n'), type)).toBe(SETS['one']);
  return calls;
}

const OPENED = 'read {"type":"open","descriptor":7}';
const NAMED = 'read {"type":"named","directory":3,"name":"n"}';

test.each<[keyof typeof VersionType, string[]]>([
  ['file', ['open n read-file', OPENED, 'close 7']],
  ['directory', ['open n read-directory', OPENED, 'close 7']],
  ['symlink', [NAMED]],
  ['fifo', [NAMED]],
  ['socket', [NAMED]],
  ['characterDevice', [NAMED]],
  ['blockDevice', [NAMED]],
])('a %s is opened only where that does nothing to it', (type, calls) => {
  expect(callsFor(VersionType[type])).toEqual(calls);
});

test('what may not be opened is read by its name, and any other failure is told', () => {
  expect(callsFor(VersionType.file, 'EACCES')).toEqual(['open n read-file', NAMED]);
  for (const code of ['EIO', 'ENOENT', 'EPERM']) {
    expect(() => callsFor(VersionType.file, code)).toThrow(code);
  }
});
