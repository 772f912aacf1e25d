/**
 * docs/commands.md: the help of every command, as the built program prints it. `npm run docs` writes the
 * page; with `-` it goes to standard output, for the test that compares.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

const help = (...args) =>
  execFileSync(process.execPath, [join(root, 'dist/cli/main.js'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, COLUMNS: '80' },
  });

const overview = help('--help');
const names = Array.from(
  sectionOf(overview, 'Commands:').matchAll(/^ {2}([a-z]+) /gm),
  ([, name]) => name,
).filter((name) => name !== 'help');

const GLOBAL = 'Global options:';
const times = /^TIME is one of\n[^]*$/m;
const [timeHelp] = times.exec(help('restore', '--help'));

/** The lines below a heading of a help text, up to the next blank line. */
function sectionOf(text, heading) {
  const [, section] = text.split(`\n${heading}\n`);
  return section.split('\n\n')[0];
}

/** A command's help, without what all commands share. */
function ownHelp(name) {
  const text = help(name, '--help');
  if (name === 'rdiff') return text;
  return text.replace(`${GLOBAL}\n${sectionOf(text, GLOBAL)}\n`, '').replace(times, '');
}

const block = (text) =>
  `\`\`\`text\n${text
    .trimEnd()
    .replace(/^\n+/, '')
    .replaceAll(/\n{3,}/g, '\n\n')}\n\`\`\`\n`;

const page = `# Commands

What \`varve help COMMAND\` prints. \`npm run docs\` writes this page from the program.

${names.map((name) => `- [${name}](#${name})`).join('\n')}

## Options of every command

They may stand before the command or after it.

${block(sectionOf(overview, GLOBAL))}
## TIME

${block(timeHelp)}
${names.map((name) => `## ${name}\n\n${block(ownHelp(name))}`).join('\n')}`;

if (process.argv[2] === '-') process.stdout.write(page);
else writeFileSync(join(root, 'docs/commands.md'), page);
