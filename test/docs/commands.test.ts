/** docs/commands.md and docs/session.svg show what the program prints, and no option is left out. */
import { spawnSync } from 'node:child_process';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/command-table.js';
import { addGlobalOptions } from '../../src/cli/global-options.js';
import { needPrograms } from '../support/machine.js';
import { readPage, root } from './pages.js';

const page = readPage('docs/commands.md');

/** What a script of `tools/` writes to its page. */
function generated(script: string): string {
  const { stdout, stderr } = spawnSync(process.execPath, [`${root}tools/${script}`, '-'], {
    encoding: 'utf8',
  });
  return stdout + stderr;
}

/** The part of the page below the heading `title`. */
function sectionOf(title: string): string {
  const [, section = ''] = page.split(`\n## ${title}\n`);
  return section.split('\n## ')[0] ?? '';
}

/** The options that a section lists, as commander writes them, defaults and descriptions aside. */
function optionsIn(section: string): string[] {
  return Array.from(section.matchAll(/^ {2}(-.*?)(?: {2,}.*)?$/gm), ([, flags = '']) => flags);
}

const flagsOf = (command: Command): string[] => command.options.map(({ flags }) => flags);

test('docs/commands.md is what `npm run docs` writes', () => {
  expect(generated('commands-page.js')).toBe(page);
});

test.each(Object.entries(COMMANDS))('every option of %s is in its section', async (name, entry) => {
  const command = new Command(name);
  (await entry.load()).define(command);
  expect(optionsIn(sectionOf(name)).sort()).toEqual([...flagsOf(command), '-h, --help'].sort());
});

test('the options of every command have a section of their own', () => {
  const command = new Command();
  addGlobalOptions(command);
  expect(optionsIn(sectionOf('Options of every command')).sort()).toEqual(flagsOf(command).sort());
});

test('every option of rdiff is in its section', () => {
  const source = readPage('src/cli/rdiff/arguments.ts');
  const names = Array.from(source.matchAll(/'(--?[?\w][\w-]*)'/g), ([, name = '']) => name);
  expect(names.length).toBeGreaterThan(20);
  const listed = sectionOf('rdiff').match(/--?[?\w][\w-]*/g);
  expect(names.filter((name) => !listed?.includes(name))).toEqual([]);
});

test('docs/session.svg shows what the commands print today, sizes and durations aside', () => {
  needPrograms('seq', 'sed', 'touch');
  const withoutFigures = (picture: string): string => picture.replaceAll(/\d[\d.:]*/g, '#');
  expect(withoutFigures(generated('session-svg.js'))).toBe(
    withoutFigures(readPage('docs/session.svg')),
  );
});
