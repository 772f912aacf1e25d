/** Text that is pasted into a shell is one word there, and the same text. */
import { expect, test } from 'vitest';
import { shellWord } from '../../../../src/repo/operations/queries/shell-word.js';
import { runProgram } from '../../../support/machine.js';

const PLAIN = ['/a/b_c-d.e', 'a@b', 'x=1', '10%', 'a+b', 'a:b', 'a,b', 'Z9'];
const QUOTED = [
  ...['', ' ', 'a b', "it's", "''", '$HOME', '`x`', 'a"b', 'a\\b', '*', '?', '[a]', '~', '#'],
  ...['a;b', 'a&b', 'a|b', '(a)', '<a>', '!', '{a}', 'a\nb', 'a\n', 'é'],
];

test('what needs no quotes has none; all else is in single ones', () => {
  expect(PLAIN.map(shellWord)).toEqual(PLAIN);
  for (const text of QUOTED) expect(shellWord(text), text).toMatch(/^'[^]*'$/);
});

test('a shell reads each back', () => {
  const words = [...PLAIN, ...QUOTED];
  const script = `printf '%s\\0' ${words.map(shellWord).join(' ')}`;
  const read = runProgram('sh', ['-c', script]);
  expect(read.split('\0').slice(0, -1)).toEqual(words);
});
