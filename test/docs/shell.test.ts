/**
 * Every block of shell commands in the documents is run: page by page, each page in a home of its own,
 * in the order in which a reader types it. What cannot be run here (servers that never end, installing
 * from the registry) is marked as `console`, or with a comment before the block, and counted.
 */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { executablePlace } from '../support/directory.js';
import { builtProgram } from '../support/installation.js';
import { needPrograms } from '../support/machine.js';
import { quote } from '../support/shell.js';
import { codeBlocks, listPages, readPage, type CodeBlock } from './pages.js';

/** Languages of blocks; only `sh` is run. */
const LANGUAGES = ['sh', 'console', 'text', 'ts', 'json', 'hex', 'mermaid'];

/** How many blocks a page leaves to the reader's belief. A new one is meant to be noticed here. */
const NOT_RUN: Readonly<Record<string, number>> = {
  'README.md': 3,
  'docs/benchmarks.md': 5,
  'docs/guide.md': 3,
};

/** The guide has some forty commands. */
const TIMEOUT_MS = 240_000;

const isRun = ({ language, notRun }: CodeBlock): boolean =>
  language === 'sh' && notRun === undefined;

const scripts = listPages()
  .map((page) => ({ page, blocks: codeBlocks(readPage(page)).filter(isRun) }))
  .filter(({ blocks }) => blocks.length > 0);

test.each(scripts)(
  'the commands of $page work as typed',
  { timeout: TIMEOUT_MS },
  ({ page, blocks }) => {
    needPrograms('find', 'seq');
    const home = makeHome();
    try {
      for (const { code, line } of blocks) {
        const { status, output } = runScript(code, home);
        expect(`${page}:${line}: exit code ${status}\n${status === 0 ? '' : output}`).toBe(
          `${page}:${line}: exit code 0\n`,
        );
      }
    } finally {
      fs.rmSync(home, { recursive: true });
    }
  },
);

test('the guide and the README are among the pages whose commands are run', () => {
  expect(scripts.map(({ page }) => page)).toEqual(
    expect.arrayContaining(['README.md', 'docs/guide.md']),
  );
});

test('commands that are not run are those that are counted here', () => {
  const counts = listPages().flatMap((page) => {
    const blocks = codeBlocks(readPage(page));
    const count = blocks.filter((b) => b.language === 'console' || b.notRun !== undefined).length;
    return count === 0 ? [] : [[page, count] as const];
  });
  expect(Object.fromEntries(counts)).toEqual(NOT_RUN);
});

test('every block has a language that says whether it is run', () => {
  const others = listPages().flatMap((page) => {
    const text = readPage(page);
    const strange = codeBlocks(text).filter(({ language }) => !LANGUAGES.includes(language));
    const hidden = Array.from(text.matchAll(/^ {4}\$ .*$/gm), ([typed]) => typed);
    return [...strange.map(({ line, language }) => `${line}: ${language}`), ...hidden].map(
      (what) => `${page}: ${what}`,
    );
  });
  expect(others).toEqual([]);
});

/** A home with the files that the pages take for granted, and `varve` in its path. */
function makeHome(): string {
  const home = fs.realpathSync(fs.mkdtempSync(join(executablePlace(), 'varve-docs-')));
  fs.mkdirSync(join(home, 'bin'));
  fs.mkdirSync(join(home, 'documents'));
  fs.writeFileSync(join(home, 'documents/notes.txt'), 'a note\n');
  const program = `#!/bin/sh\nexec ${quote(process.execPath)} ${quote(builtProgram)} "$@"\n`;
  fs.writeFileSync(join(home, 'bin/varve'), program, { mode: 0o700 });
  return home;
}

/** Runs a block as one script that ends at the first command that fails. */
function runScript(code: string, home: string): { status: number | null; output: string } {
  const { status, stdout } = spawnSync('sh', ['-euc', `exec 2>&1\n${code}`], {
    cwd: home,
    encoding: 'utf8',
    input: '',
    timeout: 50_000,
    env: { HOME: home, PATH: `${home}/bin:${process.env['PATH'] ?? ''}`, TZ: 'UTC', LC_ALL: 'C' },
  });
  return { status, output: stdout };
}
