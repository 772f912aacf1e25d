/**
 * `varve-rdiff` beside librsync's `rdiff`: whole processes on one random file, pieces of 64 KiB of
 * it replaced.
 *
 *     node bench/rdiff.js DIRECTORY [--size MIB] [--runs N] [--only TEXT]
 *
 * DIRECTORY should be in memory and have room for six times the size; it is made, and removed.
 * Each row is the best of N runs (1), the programs in turn, so that noise of the machine hits all.
 * Processor time is given, too: it says more than the clock where others use the machine.
 */
import { spawnSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { closeSync, copyFileSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const PIECE = 64 * 1024;
const MIB = 1024 * 1024;
const OURS = fileURLToPath(new URL('../dist/cli/rdiff/main.js', import.meta.url));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string', default: '1024' },
    runs: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
  },
});
const [parent] = positionals;
if (parent === undefined) throw new Error('Name a directory: node bench/rdiff.js DIRECTORY');
const directory = join(parent, `varve-bench-rdiff-${process.pid}`);
const size = Number(values.size) * MIB;
const runs = Number(values.runs);
const file = (name) => join(directory, name);

/** Random bytes, at every `step`-th piece from the first. */
function overwrite(path, flags, step) {
  const handle = openSync(path, flags);
  const piece = Buffer.alloc(PIECE);
  for (let position = 0; position < size; position += PIECE * step) {
    writeSync(handle, randomFillSync(piece), 0, PIECE, position);
  }
  closeSync(handle);
}

function makeFiles() {
  mkdirSync(directory, { recursive: true });
  overwrite(file('base'), 'w', 1);
  for (const [name, step] of [
    ['one', 100],
    ['half', 2],
    ['all', 1],
  ]) {
    copyFileSync(file('base'), file(name));
    overwrite(file(name), 'r+', step);
  }
}

/** Wall clock and processor time of one run, in seconds. */
function run(command, args) {
  const script = 'TIMEFORMAT="%R %U %S"; time "$@" 2>&1 >/dev/null';
  const { status, stderr, stdout } = spawnSync('bash', ['-c', script, 'bash', command, ...args]);
  const times = String(stderr).trim().split(' ').map(Number);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${status} ${String(stdout)}`);
  const [wall, user, system] = times;
  return { wall, cpu: user + system };
}

const better = (a, b) => ({ wall: Math.min(a.wall, b.wall), cpu: Math.min(a.cpu, b.cpu) });

/** Best times of each variant, in turn. */
function measure(name, args, variants) {
  if (!name.includes(values.only)) return;
  let best = variants.map(() => ({ wall: Infinity, cpu: Infinity }));
  for (let round = 0; round < runs; round++) {
    best = variants.map(({ command, extra }, i) => {
      rmSync(args.at(-1), { force: true });
      return better(best[i], run(command, [...extra, ...args]));
    });
  }
  const [theirs] = best;
  const cells = best.map(({ wall, cpu }) => {
    const ratio = `${(theirs.wall / wall).toFixed(2)} x; CPU ${(theirs.cpu / cpu).toFixed(2)} x`;
    return `${wall.toFixed(2)} s (CPU ${cpu.toFixed(2)})${wall === theirs.wall ? '' : ` ${ratio}`}`;
  });
  console.log(`| ${name} | ${cells.join(' | ')} |`);
}

const rdiff = { command: 'rdiff', extra: [] };
const jobs = (count) => ({ command: process.execPath, extra: [OURS, '--jobs', String(count)] });
const programs = [rdiff, jobs(1), jobs(2)];

try {
  makeFiles();
  console.log(`| ${values.size} MiB | rdiff | one thread | two threads |\n|---|---|---|---|`);
  for (const [hash, weak] of [
    ['md4', 'rollsum'],
    ['md4', 'rabinkarp'],
    ['blake2', 'rabinkarp'],
  ]) {
    const args = ['-H', hash, '-R', weak, 'signature', file('base'), file('sig')];
    measure(`signature ${hash} ${weak}`, args, programs);
  }
  run('rdiff', ['-f', 'signature', file('base'), file('sig')]);
  for (const [name, what] of [
    ['base', 'nothing'],
    ['one', '1 %'],
    ['half', '50 %'],
    ['all', '100 %'],
  ]) {
    measure(`delta, ${what} changed`, ['delta', file('sig'), file(name), file('delta')], programs);
  }
  rmSync(file('delta'), { force: true });
  run('rdiff', ['delta', file('sig'), file('one'), file('delta')]);
  measure('patch, 1 % changed', ['patch', file('base'), file('delta'), file('new')], programs);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
