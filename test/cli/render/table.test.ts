import fc from 'fast-check';
import { expect, test } from 'vitest';
import { renderTable, type Column } from '../../../src/cli/render/table.js';
import { displayWidth } from '../../../src/cli/render/width.js';

interface File {
  name: string;
  size: number;
}

const columns: Column<File>[] = [
  { head: 'Size', align: 'right', cell: ({ size }) => String(size) },
  { head: 'Name', cell: ({ name }) => name },
];

test('numbers are aligned right and text left', () => {
  const rows = [
    { name: 'short', size: 5 },
    { name: 'a much longer name', size: 123_456 },
  ];
  expect(renderTable(columns, rows)).toBe(
    ['  Size  Name', '     5  short', '123456  a much longer name', ''].join('\n'),
  );
});

test('a table without rows is its head', () => {
  expect(renderTable(columns, [])).toBe('Size  Name\n');
});

test('wide characters and colours do not shift the next column', () => {
  const reversed = [...columns].reverse();
  const rows = [
    { name: '漢字', size: 1 },
    { name: '\x1b[31mred\x1b[39m', size: 22 },
  ];
  expect(renderTable(reversed, rows)).toBe(
    ['Name  Size', '漢字     1', '\x1b[31mred\x1b[39m     22', ''].join('\n'),
  );
});

test('the right-aligned last column ends at the same place in every line', () => {
  const row = fc.record({
    name: fc.string({ unit: 'grapheme' }).filter((s) => /^\P{C}*$/u.test(s)),
    size: fc.nat(),
  });
  fc.assert(
    fc.property(fc.array(row), (rows) => {
      const lines = renderTable([...columns].reverse(), rows)
        .split('\n')
        .slice(0, -1);
      expect(new Set(lines.map(displayWidth)).size).toBe(1);
    }),
  );
});
