/** The pages name source files where a reader shall look: those files are there. */
import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { listPages, readPage, root } from './pages.js';

/** A file that a page names in backticks, by its path or by the end of it. */
const NAMED = /`([\w./-]+\.(?:ts|js|py))`/g;

/** A release of TypeScript, which benchmarks make deltas of. */
const DATA = '/lib/typescript.js';

const files = [
  DATA,
  ...readdirSync(root).map((name) => `/${name}`),
  ...['src', 'test', 'tools', 'bench'].flatMap((folder) =>
    readdirSync(root + folder, { recursive: true, encoding: 'utf8' }).map(
      (name) => `/${folder}/${name}`,
    ),
  ),
];

/** Records of decisions tell what was so on their day. */
const current = listPages().filter((page) => !page.startsWith('docs/decisions/'));

test.each(current)('%s names files that are there', (page) => {
  const named = [...readPage(page).matchAll(NAMED)].map(([, name = '']) => name);
  const missing = named.filter((name) => !files.some((file) => file.endsWith(`/${name}`)));
  expect([...new Set(missing)]).toEqual([]);
});
