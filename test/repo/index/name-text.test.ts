import { expect, test } from 'vitest';
import { nameFromText } from '../../../src/repo/index/name-text.js';
import type { ByteString } from '../../../src/platform/bytes.js';

const EXACT = '\xff' as ByteString;

test.each<[string, string, boolean]>([
  ['plain', 'plain', false],
  ['', '', false],
  [' ~', ' ~', false],
  ['a\nb\t\x7f', 'a\nb\t\x7f', false],
  ['café', 'caf\xc3\xa9', false],
  ['😀', '\xf0\x9f\x98\x80', false],
  ['a\ufffdb', EXACT, true],
  ['\ufffd', EXACT, true],
])('the text %j is the name %j; its bytes are asked for: %s', (text, name, isAsked) => {
  let asked = 0;
  expect(nameFromText(text, () => (asked++, EXACT))).toBe(name);
  expect(asked).toBe(Number(isAsked));
});
