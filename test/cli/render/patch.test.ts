/** When a change is shown as lines, and what is said where it is not. */
import { describe, expect, test } from 'vitest';
import { patchOf } from '../../../src/cli/render/patch.js';
import { bytesFromText, type ByteString } from '../../../src/platform/bytes.js';
import type { Change, ChangedContents } from '../../../src/store.js';

type Side = ChangedContents['before'];

const ABSENT: Side = { type: 'absent' };
const TOO_LARGE: Side = { type: 'too-large' };
const UNREADABLE: Side = { type: 'unreadable', message: 'it is damaged' };
const text = (content: string): Side => ({
  type: 'bytes',
  bytes: Buffer.from(content, 'latin1'),
});
const at = (path: ByteString): Change => ({ path, change: 'modified' });
const FILE = at(bytesFromText('/d/file'));
const patch = (before: Side, after: Side, change = FILE) => patchOf(change, { before, after });
const opaque = (message: string) => ({ type: 'opaque', message });

/** Both ways to set two sides against each other. */
const eitherWay = (one: Side, other: Side) => [patch(one, other), patch(other, one)];

describe('a binary file is never shown as lines', () => {
  const binary = text('a\0b\n');

  test.each([
    ['text', text('a\n')],
    ['an empty file', text('')],
    ['no file', ABSENT],
    ['another binary file', text('a\0c\n')],
  ])('whichever side it is on; on the other one: %s', (_, other) => {
    const differ = opaque('Binary files differ');
    expect(eitherWay(binary, other)).toEqual([differ, differ]);
  });

  test('and is one by a NUL among its first 8000 bytes', () => {
    const nulAt = (position: number): Side => text(`${'x'.repeat(position)}\0`);
    for (const position of [0, 1, 7999]) {
      expect(patch(text('x'), nulAt(position))).toEqual(opaque('Binary files differ'));
    }
    expect(patch(text('x'), nulAt(8000))).toMatchObject({ type: 'text', added: 1, removed: 1 });
  });
});

describe('what is said instead of lines', () => {
  test('counts on either side, and what cannot be read before what is too large', () => {
    const unreadable = opaque('Unreadable: it is damaged');
    const large = opaque('Too large to show');
    for (const other of [text('a\n'), text('a\0'), ABSENT]) {
      expect(eitherWay(UNREADABLE, other)).toEqual([unreadable, unreadable]);
      expect(eitherWay(TOO_LARGE, other)).toEqual([large, large]);
    }
    expect(eitherWay(UNREADABLE, TOO_LARGE)).toEqual([unreadable, unreadable]);
    expect(patch(TOO_LARGE, TOO_LARGE)).toEqual(large);
  });

  test('is nothing where no bytes of a file changed', () => {
    for (const side of [ABSENT, text(''), text('a\n'), text('a\0')]) {
      expect(patch(side, side)).toEqual({ type: 'none' });
    }
    // An empty file that is new is a change all the same.
    for (const found of eitherWay(ABSENT, text(''))) {
      expect(found).toMatchObject({ type: 'text', added: 0, removed: 0 });
    }
  });
});

describe('the lines', () => {
  test('have what was before on the one side and what is now on the other', () => {
    expect(patch(text('one\ntwo\n'), text('one\nzwei\ndrei\n'))).toEqual({
      type: 'text',
      text: '--- a/d/file\n+++ b/d/file\n@@ -1,2 +1,3 @@\n one\n-two\n+zwei\n+drei\n',
      added: 2,
      removed: 1,
    });
  });

  test('lead from or to no file where there is none', () => {
    const [added, removed] = eitherWay(ABSENT, text('one\n'));
    expect(added).toEqual({
      type: 'text',
      text: '--- /dev/null\n+++ b/d/file\n@@ -0,0 +1,1 @@\n+one\n',
      added: 1,
      removed: 0,
    });
    expect(removed).toEqual({
      type: 'text',
      text: '--- a/d/file\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-one\n',
      added: 0,
      removed: 1,
    });
  });

  test('have three unchanged ones around them', () => {
    const lines = Array.from({ length: 20 }, (_, i) => `${i}\n`);
    const changed = lines.with(10, 'ten\n');
    const found = patch(text(lines.join('')), text(changed.join('')));
    expect(found).toHaveProperty(
      'text',
      expect.stringContaining(
        '\n@@ -8,7 +8,7 @@\n 7\n 8\n 9\n-10\n+ten\n 11\n 12\n 13\n',
      ) as string,
    );
  });

  test('keep every byte: of other encodings, of ends of lines, of none at the end', () => {
    expect(patch(text('caf\xe9\r\n'), text('caf\xe8'))).toHaveProperty(
      'text',
      expect.stringContaining('\n-caf\xe9\r\n+caf\xe8\n\\ No newline at end of file\n') as string,
    );
  });

  test.each([
    ['/plain', '/plain'],
    ['/with blank', '/with blank\t'],
    ['/quo"te', '"/quo\\"te"'],
    ['/back\\slash', '"/back\\\\slash"'],
    ['/tab\tand blank', '"/tab\\011and blank"'],
    ['/line\n+++ b/other', '"/line\\012+++ b/other"'],
    ['/\x7f', '"/\\177"'],
    ['/\x1b[31m', '"/\\033[31m"'],
    ['/caf\xe9', '/caf\xe9'],
  ])('are headed by the name as git writes it: %j', (name, shown) => {
    const side = (letter: string): string =>
      shown.startsWith('"') ? `"${letter}${shown.slice(1)}` : `${letter}${shown}`;
    const found = patch(text('a\n'), text('b\n'), at(name as ByteString));
    const head = `--- ${side('a')}\n+++ ${side('b')}\n@@ `;
    expect(found).toHaveProperty('text', expect.stringContaining(head) as string);
  });
});
