import fc from 'fast-check';
import { expect, test } from 'vitest';
import { renderFacts, renderTable, type Column } from '../../../src/cli/render/table.js';
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

const wide: Column<File>[] = [
  { head: 'SIZE', align: 'right', cell: ({ size }) => String(size) },
  { head: 'DOUBLE', align: 'right', cell: ({ size }) => String(2 * size) },
  { head: 'NAME', cell: ({ name }) => name },
];

test('a text at the end of a row goes below it where it does not fit', () => {
  const rows = [
    { name: 'short', size: 5 },
    { name: 'a much longer name', size: 123_456 },
  ];
  expect(renderTable(wide, rows, 24)).toBe(
    [
      '  SIZE  DOUBLE  NAME',
      '     5      10  short',
      '123456  246912',
      '    a much longer name',
      '',
    ].join('\n'),
  );
});

test('a text at the end of a row stays beside it to the last column, and alone in its line', () => {
  const rows = [{ name: 'a much longer name', size: 123_456 }];
  const head = '  SIZE  DOUBLE  NAME';
  expect(renderTable(wide, rows, 34)).toBe(`${head}\n123456  246912  a much longer name\n`);
  expect(renderTable(wide, rows, 33)).toBe(`${head}\n123456  246912\n    a much longer name\n`);
  expect(renderTable(wide.slice(2), rows, 5)).toBe('NAME\na much longer name\n');
});

test('columns that do not fit go below the others, in the head as in the rows', () => {
  const rows = [{ name: 'a', size: 123_456 }];
  expect(renderTable(wide, rows, 13)).toBe(
    ['  SIZE', '    DOUBLE', '    NAME', '123456', '    246912', '    a', ''].join('\n'),
  );
  expect(renderTable(wide, rows, 14)).toBe(
    ['  SIZE  DOUBLE', '    NAME', '123456  246912', '    a', ''].join('\n'),
  );
});

test('at any width no cell is cut, and only one that is too wide by itself makes a line too wide', () => {
  const row = fc.record({ name: fc.stringMatching(/^[a-z/]{1,60}$/), size: fc.nat() });
  fc.assert(
    fc.property(fc.array(row), fc.integer({ min: 24, max: 200 }), (rows, width) => {
      const text = renderTable(wide, rows, width);
      const cells = rows.flatMap(({ name, size }) => [String(size), String(2 * size), name]);
      expect(text.split(/\s+/).filter(Boolean)).toEqual(['SIZE', 'DOUBLE', 'NAME', ...cells]);
      for (const line of text.split('\n')) {
        if (line.length > width) expect(line).toMatch(/^ {4}\S+$/);
      }
    }),
  );
});

test('a fact that is too long goes on below itself', () => {
  const facts = [
    ['paths', '3 with 4 versions'],
    ['on disk', '1 MiB'],
  ] as const;
  expect(renderFacts(facts, 9)).toBe('paths    3 with 4 versions\non disk  1 MiB\n');
  expect(renderFacts(facts, 9, 16)).toBe(
    'paths    3 with\n         4\n         versions\non disk  1 MiB\n',
  );
});

test('a column in which no row has anything is left out, and one with a single word is not', () => {
  const columns = [
    { head: 'A', cell: ({ a }: Pair) => a },
    { head: 'B', cell: ({ b }: Pair) => b },
  ];
  interface Pair {
    readonly a: string;
    readonly b: string;
  }
  expect(renderTable(columns, [{ a: 'x', b: '' }])).toBe('A\nx\n');
  expect(renderTable(columns, [{ a: 'x', b: '' }, { a: 'y', b: 'z' }])).toBe('A  B\nx\ny  z\n'); // prettier-ignore
});
