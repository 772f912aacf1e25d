import { expect, test } from 'vitest';
import { paletteFor } from '../../../src/cli/render/colour.js';
import { formatMessage } from '../../../src/cli/render/message.js';

const coloured = paletteFor({ isTTY: true }, {});

test('a message names the program, and each line below it is one', () => {
  expect(formatMessage('It failed.')).toBe('varve: It failed.\n');
  expect(formatMessage('It failed.', ['Try again.', 'Or not.'])).toBe(
    'varve: It failed.\nTry again.\nOr not.\n',
  );
});

test('the name alone is red, and only where there is colour', () => {
  expect(formatMessage('varve: twice', ['hint'], coloured)).toBe(
    '\x1b[31mvarve:\x1b[39m varve: twice\nhint\n',
  );
});

test('what a terminal would act on is escaped in every line, and lines stay lines', () => {
  expect(formatMessage('a\x1b[2J\nb\x07', ['c\x7f'], coloured)).toBe(
    '\x1b[31mvarve:\x1b[39m a\\x1b[2J\nb\\x07\nc\\x7f\n',
  );
});

test('a terminal gets lines that it is wide enough for, colour taking no room', () => {
  const narrow = (columns: number): string =>
    formatMessage('one two three', ['  four five six'], coloured, columns);
  expect(narrow(20)).toBe('\x1b[31mvarve:\x1b[39m one two three\n  four five six\n');
  expect(narrow(19)).toBe('\x1b[31mvarve:\x1b[39m one two\nthree\n  four five six\n');
  expect(narrow(14)).toBe('\x1b[31mvarve:\x1b[39m one two\nthree\n  four five\n  six\n');
});
