/**
 * docs/session.svg: a session in a terminal. The commands are really run, by the built program in a scratch
 * directory, which is shown as the home; files get fixed times. `npm run docs` writes the picture; with `-`
 * it goes to standard output, for the test that compares.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** What is typed; the lines that begin with a blank are not shown. */
const SESSION = `
 mkdir thesis
 seq 100000 > thesis/measurements.csv
 seq -f 'It was a dark and stormy night %.0f.' 400 > thesis/chapter1.tex
 touch -d '2026-11-21 09:00:00' thesis/* thesis
varve backup ~/thesis
 sed -i 's/^4711$/4712/' thesis/measurements.csv
 mv thesis/chapter1.tex thesis/beginning.tex
 echo 'The end.' >> thesis/beginning.tex
 touch -d '2026-11-21 17:30:00' thesis/* thesis
varve backup ~/thesis
varve diff 1B latest
varve log ~/thesis/measurements.csv
varve find '*.tex'
varve restore ~/thesis/chapter1.tex --to ~/back --at 1
`;

/** The lines of the terminal, the typed ones with a prompt. */
function record() {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'varve-session-')));
  try {
    mkdirSync(join(home, 'bin'));
    const main = join(root, 'dist/cli/main.js');
    const program = `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`;
    writeFileSync(join(home, 'bin/varve'), program, { mode: 0o755 });
    const env = { HOME: home, PATH: `${home}/bin:${process.env.PATH}`, TZ: 'UTC', LC_ALL: 'C' };
    const typed = SESSION.split('\n').filter((line) => line !== '');
    return typed.flatMap((line) => {
      const written = run(line.trim(), home, env);
      const shown = written.trimEnd().replaceAll(home, '~').split('\n');
      return line.startsWith(' ') ? [] : [`$ ${line}`, ...shown, ''];
    });
  } finally {
    rmSync(home, { recursive: true });
  }
}

function run(command, home, env) {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', `(${command}) 2>&1`], {
    cwd: home,
    env,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${command}: ${stdout}${stderr}`);
  return stdout;
}

const LINE = 19;
const CHARACTER = 8.43;
const PADDING = 18;

function draw(lines) {
  const columns = Math.max(...lines.map(({ length }) => length));
  const width = Math.ceil(columns * CHARACTER + 2 * PADDING);
  const height = lines.length * LINE + 2 * PADDING;
  const texts = lines.flatMap((line, index) => {
    if (line === '') return [];
    const y = PADDING + (index + 0.75) * LINE;
    const style = line.startsWith('$ ') ? ' class="typed"' : '';
    return [`  <text x="${PADDING}" y="${y}"${style} xml:space="preserve">${escape(line)}</text>`];
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
  <title>A session with varve in a terminal</title>
  <style>
    rect { fill: #14202b }
    text { font: 14px ui-monospace, Menlo, 'DejaVu Sans Mono', monospace; fill: #b9c7d3; white-space: pre }
    .typed { fill: #ffd479; font-weight: bold }
  </style>
  <rect width="100%" height="100%" rx="8"/>
${texts.join('\n')}
</svg>
`;
}

function escape(line) {
  return line.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

const lines = record();
while (lines.at(-1) === '') lines.pop();
const picture = draw(lines);
if (process.argv[2] === '-') process.stdout.write(picture);
else writeFileSync(join(root, 'docs/session.svg'), picture);
