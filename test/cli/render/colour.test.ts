import { expect, test } from 'vitest';
import { paletteFor } from '../../../src/cli/render/colour.js';

test('a terminal gets colour', () => {
  const palette = paletteFor({ isTTY: true }, { TERM: 'xterm' });
  expect(palette.red('x')).toBe('\x1b[31mx\x1b[39m');
  expect(palette.bold('x')).toBe('\x1b[1mx\x1b[22m');
});

test('each mark ends what it began, and nothing else', () => {
  const { bold, dim, red, green, yellow } = paletteFor({ isTTY: true }, {});
  expect([bold, dim, red, green, yellow].map((mark) => mark('x'))).toEqual([
    '\x1b[1mx\x1b[22m',
    '\x1b[2mx\x1b[22m',
    '\x1b[31mx\x1b[39m',
    '\x1b[32mx\x1b[39m',
    '\x1b[33mx\x1b[39m',
  ]);
});

test('an empty NO_COLOR changes nothing', () => {
  expect(paletteFor({ isTTY: true }, { NO_COLOR: '' }).green('x')).toBe('\x1b[32mx\x1b[39m');
});

test.each([
  ['a pipe', {}, {}],
  ['a file', { isTTY: false }, {}],
  ['NO_COLOR', { isTTY: true }, { NO_COLOR: '1' }],
  ['NO_COLOR in words', { isTTY: true }, { NO_COLOR: 'true' }],
  ['NO_COLOR that says no', { isTTY: true }, { NO_COLOR: '0' }],
  ['a dumb terminal', { isTTY: true }, { TERM: 'dumb' }],
])('%s gets none', (_, stream, env) => {
  const { bold, dim, red, green, yellow } = paletteFor(stream, env);
  expect([bold, dim, red, green, yellow].map((mark) => mark('x'))).toEqual(Array(5).fill('x'));
});
