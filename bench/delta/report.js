/** The results as Markdown: sizes and speeds, a table each for every group of pairs. */

/** Peers' times are those of whole processes; ours are given both ways. */
const NOTE = `Older from newer. Times are the least of five runs (of one if it takes over two seconds),
speed is megabytes of target a second. xdelta3, zstd and rdiff are whole processes: start, reading
both files, writing the delta. "varve, encode" is the function alone with both texts in memory and
hashes both, unless they are "known", as the store knows them; "whole process" starts Node, reads
and writes files as the others do. Varve's sizes are those of the standalone form with each stream
in a zstd frame of its own. xdelta3 has a source window as large as the basis.
`;

/** All results as one page. */
export function markdown(results) {
  const groups = groupsOf(results);
  const parts = [...groups].map(([group, rows]) => section(group, rows));
  return `# Deltas\n\n${NOTE}\n${parts.join('\n')}`;
}

function groupsOf(results) {
  const groups = new Map();
  for (const result of results) {
    groups.set(result.group, [...(groups.get(result.group) ?? []), result]);
  }
  return groups;
}

function section(group, rows) {
  const tools = Object.keys(rows[0].measured);
  const having = (figure) => tools.filter((tool) => rows[0].measured[tool][figure] !== undefined);
  return `## ${group}

Size, kB:

${table(rows, having('bytes'), (tool, row) => (row.measured[tool].bytes / 1000).toFixed(1), totalSize)}
Speed, MB/s:

${table(rows, having('seconds'), (tool, row) => speed(row.bytes, row.measured[tool].seconds), totalSpeed)}`;
}

function table(rows, tools, cell, total) {
  const head = ['', ...rows.map((row) => row.name), 'all'];
  const lines = [
    head,
    head.map((_, i) => (i === 0 ? '---' : '---:')),
    ...tools.map((tool) => [tool, ...rows.map((row) => cell(tool, row)), total(rows, tool)]),
  ];
  return `${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`;
}

function totalSize(rows, tool) {
  return (sum(rows, (row) => row.measured[tool].bytes) / 1000).toFixed(1);
}

function totalSpeed(rows, tool) {
  return speed(
    sum(rows, (row) => row.bytes),
    sum(rows, (row) => row.measured[tool].seconds),
  );
}

function speed(bytes, seconds) {
  return (bytes / seconds / 1e6).toFixed(0);
}

function sum(rows, value) {
  return rows.reduce((total, row) => total + value(row), 0);
}
